"""Decide the next step of a run.

`phases` defines the phases of a run, and `steps` its requests and their results. `decide` chooses the next step, and
`learn` the next phase. `learn` uses `acquire` up to the review of the change, and `finish` from the outcome on.
"""
