"""Compare the desired comments and threads with the state on GitHub, name the check run, and announce late answers."""
