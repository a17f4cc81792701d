"""Decide the next step of a question to the reviewer: buy the answer, wait for the task, or post the answer.

`phases` defines the phases and the steps, `machine` the transitions. `record` decides how a question is recorded.
`context` builds the attachment with the finding and the thread, and the string to post.
"""
