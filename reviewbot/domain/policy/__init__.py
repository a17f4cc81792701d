"""Whether a review is due and which one, what it waits for, and how a run or a collection ends.

Eligibility: events, labels, drafts, bots and approvals of forks. Routes and sizes: mode, credits and expertise.
Verdict: the conclusion of the check run, the exit status and the reason.
"""
