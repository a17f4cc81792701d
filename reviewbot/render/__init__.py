"""Render view models as Markdown, HTML and plain text.

No other package imports jinja2. Every template escapes values by default, and texts are truncated until they fit.
"""
