"""Decide parts of a transition: the outcome, the purchase, the rules, the copies, the late answers and the trust."""
