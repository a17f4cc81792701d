"""Decide what a run does for a comment, a closed pull request and a merge group, with the loop of a review.

`comments` chooses the commands of a run, and `command` executes one of them. `closed` and `merge_group` handle these
events. `steps` defines the steps and their results.
"""
