"""Data types that all other packages use, such as findings, tasks, questions, options and events."""
