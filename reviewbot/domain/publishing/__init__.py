"""Decides what has to change on GitHub.

Compares the desired comments, announcements and threads with the current ones, returns the operations that are left to
do, and names the check run.
"""
