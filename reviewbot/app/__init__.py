"""Runs the use cases: one review, a collection, a command, a closed pull request, a merge group.

`dispatch` selects the use case by the event. The modules read and write through the ports
and leave every decision to the domain.
"""
