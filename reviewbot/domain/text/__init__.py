"""Escape and shorten untrusted strings, parse JSON, and format numbers, sizes and times."""
