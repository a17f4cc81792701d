"""Compute statistics of past reviews from the ledgers of their pull requests."""
