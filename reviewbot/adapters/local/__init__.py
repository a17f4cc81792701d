"""The ports for a local review.

Reads a branch or the index of a clone as a pull request, and stores the summary in a state file.
"""
