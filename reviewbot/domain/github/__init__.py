"""Data types for the objects that reviewbot reads from GitHub and writes to GitHub."""
