"""Decides what reviewbot remembers of a pull request and what it believes of it.

The ledger, its signed form in the summary comment, the short copy in a check run's `external_id`,
and how updates of concurrent runs are merged.
"""
