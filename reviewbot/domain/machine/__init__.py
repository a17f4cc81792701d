"""Decide the next step of a run.

`phases` defines the phases of a run, `known` what they contain, and `steps` the requests and their results.
`decide` chooses the next step, and `learn` the next phase: with `due` (is a review due?), `acquire` (is there a review,
or may one be bought now?), `buy` (from the price to the end of the task) and `finish` (from the answer to the end).
`decisions` contains what these decide.
"""
