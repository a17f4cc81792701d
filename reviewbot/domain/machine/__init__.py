"""Decides the next step of a run.

`state` has the phases, `steps` what a phase asks for; `decide` chooses the step, `learn` the next phase.
`acquire` and `finish` are the halves of `learn`: up to the review of the change, and from the outcome on.
"""
