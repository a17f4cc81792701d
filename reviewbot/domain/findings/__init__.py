"""Decide where each finding is shown, and track findings across pushes.

Also prepares the context for the next reviewer: the lines that are new since the last review, and the conversation.
"""
