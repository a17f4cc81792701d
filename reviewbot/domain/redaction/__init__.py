"""Redact secrets in texts before they leave the runner.

Detectors find credentials and private keys. The redactor replaces them without moving a line.
"""
