"""Write a run's output on the runner, and build the view model for the templates."""
