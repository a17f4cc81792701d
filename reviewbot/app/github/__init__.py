"""GitHub steps for the change, the ledger, comments, the summary and check runs."""
