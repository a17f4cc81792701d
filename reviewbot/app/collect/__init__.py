"""Publish the finished reviews of all pull requests, and buy only for missed commands and deferred reviews."""
