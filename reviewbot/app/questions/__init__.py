"""Questions to the reviewer: each is bought once, and answered once, in its thread or in the conversation.

`ask` has the entry points and the steps of a question; the other modules take its steps: `record` in the ledger,
`create` at CodeVF, `post` on the pull request.
"""
