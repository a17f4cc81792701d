"""GitHub and CodeVF on loopback, and the demo."""

__version__ = "0.1.0"
