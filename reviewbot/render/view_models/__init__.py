"""Decide which values a template gets, and how many of them fit.

Contains the view models of a review and of a command, the size limits, and truncation.
"""
