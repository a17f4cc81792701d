"""Implements the ports: the only packages that read, wait or send.

GitHub, CodeVF, git, files of a review at a terminal, the GitHub Actions runner and the clock.
Each adapter translates foreign errors in one place.
"""
