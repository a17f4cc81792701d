"""The use cases: reviews, `collect`, commands, questions, closed pull requests and merge groups.

`dispatch` selects the use case for an event. `run` asks the domain for each step, and `perform` executes the step.
"""
