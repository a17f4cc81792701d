"""Compute statistics of past reviews from the ledgers of their pull requests.

The figures are percentiles, the outcomes of findings, and sums by severity, mode and expertise.
"""
