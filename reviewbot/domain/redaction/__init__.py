"""Redact credentials and private keys in texts before the texts leave the runner."""
