"""Decides how git is called: isolated, bare, and within limits.

Fetches a change into a temporary repository, reads a clone as it is,
and never runs anything of either.
"""
