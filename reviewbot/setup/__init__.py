"""The files that `init` writes, and the checks of `doctor`. This package does no I/O."""
