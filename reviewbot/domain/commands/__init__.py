"""`/reviewbot` commands: parse the first line of a comment, and check the writer's current permission."""
