"""Decide the next step of a question to the reviewer: buy its answer, wait for it, and post it once.

Questions use the same loop as reviews. `machine` defines the phases, `decide` and `learn`; `steps` defines the requests
that reviews do not use. `context` builds what is sent with the question, and `answer` the text of the answer.
"""
