"""GitHub's objects as values, in GitHub's terms.

The pull request and the context of the project as they were read; reviews, comments and check runs as they are written;
and which pull request a check run belongs to.
"""
