"""Decide parts of a transition: the outcome, the purchase, the rules, the copies and the late answers."""
