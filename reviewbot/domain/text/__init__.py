"""Escape and shorten text for the place where it is shown.

These modules escape untrusted text for Markdown, HTML, logs, terminals and workflow commands, and format numbers, sizes
and times.
"""
