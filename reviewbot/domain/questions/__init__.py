"""Decide the next step of a question to the reviewer: buy its answer, wait for it, post it once.

The same loop as for a review: `machine` has the phases, `decide` and `learn`; `steps` the requests that a review does
not have. `context` has what is sent with it, `answer` the text that comes back.
"""
