"""Collecting: publishes the finished reviews of all pull requests. It buys only deferred reviews."""
