"""The world, thin: everything that reads, waits or sends."""
