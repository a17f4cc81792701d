"""The ledger: what reviewbot remembers of a pull request, and which of it is trusted.

Its signed form in the summary comment, the copy in a check run's `external_id`, and how updates of concurrent
runs are merged.
"""
