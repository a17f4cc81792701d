"""Steps at the reviewer: tasks and their results."""
