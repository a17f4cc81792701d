"""The ledger, which records the purchases, findings and waivers of a pull request.

The package signs the ledger in the summary comment and the copy in a check run's `external_id`. It also merges the
updates of concurrent runs.
"""
