"""Run git: isolated, bare, and within limits.

Fetches a change into a temporary repository, reads a local clone, and never runs anything from either.
"""
