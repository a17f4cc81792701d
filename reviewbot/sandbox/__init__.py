"""Both services on loopback, and the demo."""
