"""Decide whether a review is due, which review it is, what it waits for, and how a run or a collection ends.

Eligibility covers events, labels, drafts, bots and approvals of forks. Routes and sizes set the mode, credits and
expertise. The verdict sets the check run's conclusion, the exit status and the reason.
"""
