"""Performs the steps of a run: each with a few requests, through the ports."""
