"""The statistics of past reviews: which ledgers count, what became of each finding, and the figures.

Percentiles, the outcomes of findings and the sums by severity, mode and expertise.
"""
