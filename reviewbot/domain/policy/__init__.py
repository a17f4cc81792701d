"""Decide whether a review is due, which settings apply, what a purchase waits for, and how a run ends."""
