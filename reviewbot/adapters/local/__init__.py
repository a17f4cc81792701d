"""Implements the ports for a review at a terminal.

Reads a branch or the index of a clone as a pull request
and keeps the summary in a state file.
"""
