"""Decides what a template may know, and how much of it fits.

The view models of a review, of a command and of a replay, the size limits,
and truncation: worst findings first.
"""
