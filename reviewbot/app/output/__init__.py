"""What a run leaves on the runner, and the view of it that the templates show."""
