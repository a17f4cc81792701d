"""The `ReviewService` port over CodeVF's HTTP API.

`CodeVF` implements the port, `transport` sends and retries requests, and `errors` translates error responses.
"""

from reviewbot.adapters.codevf.client import CodeVF
from reviewbot.adapters.codevf.transport import Access, OnRetry

__all__ = ["Access", "CodeVF", "OnRetry"]
