"""Compare the desired comments and threads with those on GitHub, name the check run, and announce late answers."""
