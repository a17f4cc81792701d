"""What is redacted in a text before it leaves the runner.

Detectors find credentials and private keys; the redactor replaces them without moving a line.
"""
