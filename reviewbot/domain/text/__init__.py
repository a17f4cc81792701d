"""Decides how a text is written where it goes.

Untrusted text is escaped for Markdown, HTML, a log, a terminal or a workflow command;
numbers, sizes and times are formatted for people.
"""
