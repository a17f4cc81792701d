"""The `Forge` port over GitHub's REST and GraphQL APIs.

`forge` implements the port, `client` sends and retries requests, and `errors` translates third-party errors. The other
modules parse responses and build payloads.
"""
