"""The decisions: pure functions on frozen values.

Nothing here reads a clock, a file or the network. Each package may import only those below it; `pyproject.toml` lists
them from top to bottom, and import-linter enforces the order.
"""
