"""`/reviewbot` commands: parses the first line of a comment, and checks the writer's current permission."""
