"""Publish the finished reviews of all pull requests. Buy only deferred reviews, and reviews for missed commands."""
