"""Run git in isolation and within limits.

Read a change from a temporary repository or from a local clone, without running any code from either.
"""
