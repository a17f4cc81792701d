"""Values for GitHub's objects, in GitHub's terms.

They represent the pull request and the project's context as read from GitHub, and the reviews, comments and check runs
to write. The tag of a check run identifies its pull request.
"""
