"""The commands, one module each. `run` receives the call and returns the exit status."""
