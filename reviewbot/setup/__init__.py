"""The texts and findings of `init` and `doctor`. `plan` uses it to interpret workflows. It does no I/O."""
