"""The values that templates receive: view models and code excerpts, truncated until the text fits."""
