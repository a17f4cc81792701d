"""The ports for a local review.

The ports read a branch or the index of a clone as a pull request, and store the summary in a state file.
"""
