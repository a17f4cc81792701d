"""Buy the answer to each question once, and post one reply in the question's thread or in the conversation.

`ask` contains the entry points and the steps of a question. The other modules take these steps: `record` in the ledger,
`create` at CodeVF, and `post` on the pull request.
"""
