"""Buys a code review of a pull request and puts the answer where developers look."""

__version__ = "0.1.0"
