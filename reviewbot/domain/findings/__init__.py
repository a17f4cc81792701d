"""Decide where each finding is shown, and which earlier finding it continues.

Contains placement, markers and ids, and tracking across pushes. Also prepares what the next reviewer gets: the part of
a change that is new since the last review, and the conversation.
"""
