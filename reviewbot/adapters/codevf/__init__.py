"""Implement the `ReviewService` port with CodeVF's HTTP API."""

from reviewbot.adapters.codevf.client import CodeVF
from reviewbot.adapters.codevf.transport import Access, OnRetry

__all__ = ["Access", "CodeVF", "OnRetry"]
