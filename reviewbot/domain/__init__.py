"""Make decisions with pure functions, without a clock, files or the network.

import-linter enforces that each package imports only packages below it in the list in `pyproject.toml`.
"""
