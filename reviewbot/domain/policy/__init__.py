"""Decide whether a review is due, which settings apply, what a purchase waits for, and how a run or collection ends.

`eligibility` covers events, labels, drafts, bots and approvals of forks. `routes` and `size` set the mode, credits and
expertise. `verdict` sets the conclusion of the check run, the exit status and the reason.
"""
