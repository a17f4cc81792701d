"""Represent the content of a change.

This package parses git's diff and indexes texts to find quoted code. No other package imports unidiff.
"""
