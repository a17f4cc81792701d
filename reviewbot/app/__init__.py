"""The use cases: a review, `collect`, a command, a question, a closed pull request, a merge group.

`dispatch` selects the use case by the event. `run` is the loop: the domain decides each step, `perform` takes it.
"""
