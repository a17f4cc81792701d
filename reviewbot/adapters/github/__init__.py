"""Implement the `Forge` port with GitHub's REST and GraphQL APIs."""
