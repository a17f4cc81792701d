"""What `init`, `doctor` and `config` say and write: values in, texts and findings out. Reads and sends nothing."""
