"""Decide the next step of a run.

`phases` defines the phases of a run. `steps` defines its requests and their results. `decide` chooses the next step,
and `learn` chooses the next phase. `acquire` handles the phases until the task is over, and `finish` handles the rest.
"""
