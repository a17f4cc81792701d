"""Make decisions with pure functions on frozen values.

Nothing here reads a clock, a file or the network. Each package may import only packages below it. `pyproject.toml`
lists the packages from top to bottom, and import-linter enforces the order.
"""
