"""Decide the next step of a run.

`phases` defines the phases of a run, `known` what they contain, and `steps` the requests and their results.
`decide` chooses the next step, and `learn` the next phase. `acquire` handles the phases until the task has finished,
and `finish` the later phases. `purchase`, `outcome` and `late_answers` contain the rules that these use.
"""
