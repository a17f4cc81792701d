"""Whether a review is due, and how a run ends.

Eligibility: events, labels, drafts, bots and approvals of forks. Verdict: the conclusion of the check run, the exit
status and the reason.
"""
