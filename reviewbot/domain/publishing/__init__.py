"""Decides what has to change on GitHub.

Compares the desired comments and threads with the current ones, returns the operations that are left to do,
names the check run, and decides which late answers are announced.
"""
