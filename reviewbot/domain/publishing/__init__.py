"""Decides what has to change on GitHub.

Compares the desired comments and threads with the current ones
and returns the operations that are left to do.
"""
