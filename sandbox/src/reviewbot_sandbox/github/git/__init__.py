"""Real git repositories on disk: commits, diffs and their hunks."""
