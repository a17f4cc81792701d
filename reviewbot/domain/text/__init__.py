"""How a text is written for its destination.

Untrusted text is escaped for Markdown, HTML, a log, a terminal or a workflow command; numbers, sizes and times are
formatted.
"""
