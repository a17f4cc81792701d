"""What a run writes on the runner, and the view model for the templates."""
