"""What is sent to CodeVF, at what price, and how its answers are read.

Attachments, batches and size tiers, idempotency keys, budgets and polling intervals, the response schema, and the
parsers of findings in JSON and in prose.
"""
