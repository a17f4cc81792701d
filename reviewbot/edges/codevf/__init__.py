"""CodeVF over HTTP: the paid reviewers. `CodeVF` is the port, the rest of the room is its parts."""

from reviewbot.edges.codevf.client import CodeVF
from reviewbot.edges.codevf.transport import Access

__all__ = ["Access", "CodeVF"]
