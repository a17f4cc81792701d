"""Decides what GitHub's objects mean to reviewbot, in GitHub's terms.

The pull request as it was read, the reviews, comments and check runs as they will be written,
and which pull request a check run belongs to.
"""
