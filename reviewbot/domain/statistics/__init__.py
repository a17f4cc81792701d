"""The statistics of past reviews: which ledgers count, what became of each finding, and the figures.

The figures are percentiles, the outcomes of findings, and the sums by severity, mode and expertise.
"""
