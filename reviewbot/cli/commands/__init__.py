"""The commands, one module each: `run` gets the call and returns the exit status."""
