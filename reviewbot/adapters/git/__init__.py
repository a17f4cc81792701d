"""Run git in isolation, bare, and within limits.

Fetch a change into a temporary repository or read a local clone, without running anything from either.
"""
