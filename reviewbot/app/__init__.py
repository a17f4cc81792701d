"""The use cases: reviews, `collect`, commands, questions, closed pull requests and merge groups.

`dispatch` selects the use case for an event. `run` is the loop in which the domain decides each step and `perform`
takes it.
"""
