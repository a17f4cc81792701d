"""The `ReviewService` port over CodeVF's HTTP API.

`CodeVF` is the port, `transport` sends and repeats requests, `errors` translates error responses.
"""

from reviewbot.adapters.codevf.client import CodeVF
from reviewbot.adapters.codevf.transport import Access, OnRetry

__all__ = ["Access", "CodeVF", "OnRetry"]
