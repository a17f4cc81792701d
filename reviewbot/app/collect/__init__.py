"""Publish the finished reviews of all pull requests. Buy reviews only for missed commands and deferred purchases."""
