"""Decide how a review reads: view models in, Markdown, HTML and plain text out.

The only importer of jinja2. Escaping is the default in every template;
texts are truncated until they fit where they go.
"""
