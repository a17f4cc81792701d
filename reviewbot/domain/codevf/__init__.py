"""Decide what to send to CodeVF and at what price, and read its answers.

Contains attachments, batches and size tiers, idempotency keys, budgets, polling intervals, the response schema, and the
parsers for findings in JSON and in prose.
"""
