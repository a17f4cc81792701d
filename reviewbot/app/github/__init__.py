"""Steps that read and write on GitHub: the change, the ledger, comments, the summary and check runs."""
