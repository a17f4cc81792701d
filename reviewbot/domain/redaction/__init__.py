"""Redact credentials and private keys before content leaves the runner."""
