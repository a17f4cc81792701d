"""The ledger: what reviewbot remembers about a pull request, and how much of it is trusted.

The package handles its signed form in the summary comment, the copy in a check run's `external_id`, and the merging of
concurrent runs' updates.
"""
