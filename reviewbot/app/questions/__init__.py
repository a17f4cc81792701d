"""Buy the answer to each question once, and post one reply in the question's thread or in the conversation.

`ask` contains the entry points. `record`, `create` and `post` write to the ledger, CodeVF and the pull request.
"""
