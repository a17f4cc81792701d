"""Decide the next step of a question to the reviewer: buy the answer, wait for the task, or post the answer.

`machine` defines the phases, the transitions, and the steps that reviews do not use. `context` builds the attachment
with the finding and the thread, and the string to post.
"""
