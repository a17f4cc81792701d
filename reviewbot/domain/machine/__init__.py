"""Decide the next step of a run.

`phases` has the phases, `steps` the requests and results; `decide` chooses the step, `learn` the next phase. `acquire`
and `finish` are the halves of `learn`: up to the review of the change, and from the outcome on.
"""
