"""Publishes finished reviews of all pull requests, and buys only for missed commands and deferred reviews."""
