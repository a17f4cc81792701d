"""The `Forge` port over GitHub's REST and GraphQL APIs.

`forge` is the port, `client` sends and repeats requests, `errors` translates foreign errors; the other modules parse
responses and build payloads.
"""
