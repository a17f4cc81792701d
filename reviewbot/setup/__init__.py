"""The texts and findings of `init`, `doctor` and `config`. Pure: reads and sends nothing."""
