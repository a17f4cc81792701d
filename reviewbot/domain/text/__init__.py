"""Escape untrusted text, limit the length of texts, parse JSON, and format numbers, sizes and times."""
