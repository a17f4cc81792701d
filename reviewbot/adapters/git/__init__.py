"""Read a change with git, from a temporary repository or a local clone, without running any code from either."""
