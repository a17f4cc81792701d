"""The texts and findings of `init` and `doctor`; `plan` reads workflows with it. Pure: reads and sends nothing."""
