"""GitHub's objects as values, in GitHub's terms.

The pull request as it was read; reviews, comments and check runs as they are written; and which pull request a check
run belongs to.
"""
