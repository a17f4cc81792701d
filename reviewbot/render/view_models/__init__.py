"""Decide which values a template gets, and how many of them fit.

Contains the view models of a review, a command, a plan and the statistics, the code excerpts, and truncation.
"""
