"""Represent the content of a change: parse git's diff, and index texts to find quoted code."""
