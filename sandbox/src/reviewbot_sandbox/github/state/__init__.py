"""GitHub's state and its rules, without HTTP."""
