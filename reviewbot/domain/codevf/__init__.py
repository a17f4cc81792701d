"""Decide what to send to CodeVF, when and at what price, and parse CodeVF's answers."""
