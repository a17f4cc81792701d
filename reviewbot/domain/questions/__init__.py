"""Decide the next step of a question to the reviewer: buy the answer, wait for the task, or post the answer.

Questions use the same loop as reviews. `machine` defines the phases, `decide` and `learn`; `steps` defines the requests
that reviews do not use. `context` builds what is sent with the question, and `answer` the text of the answer.
"""
