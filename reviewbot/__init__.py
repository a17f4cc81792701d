"""Buys a code review of a pull request and posts it on the pull request."""

__version__ = "0.1.0"
