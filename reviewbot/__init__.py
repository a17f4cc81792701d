"""Buy a code review of a pull request and post it on the pull request."""

__version__ = "0.1.0"
