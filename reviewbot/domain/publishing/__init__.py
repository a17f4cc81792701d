"""Compares the desired comments and threads with those on GitHub, names the check run, and announces late answers."""
