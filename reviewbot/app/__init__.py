"""The use cases: reviews, `collect`, commands, questions, closed pull requests and merge groups.

`dispatch` selects the use case for an event. `run` is the loop in which the domain decides on each step and `perform`
takes the step.
"""
