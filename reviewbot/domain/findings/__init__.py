"""Decides where each finding is shown and which of the earlier ones it continues.

Placement, markers and ids, tracking across pushes,
and what is new since the last review.
"""
