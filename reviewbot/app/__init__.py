"""Runs the use cases: one review, a collection, a command, a closed pull request, a merge group.

`dispatch` selects the use case by the event, and `run` is the loop: the domain decides each step, `perform` takes it.
"""
