"""Implementations of the ports for GitHub, CodeVF, git, local reviews, the Actions runner and the clock.

Each adapter translates third-party errors in one place.
"""
