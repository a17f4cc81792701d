"""Render view models as Markdown, HTML and plain text. No other package imports jinja2."""
