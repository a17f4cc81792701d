"""Execute each command in comments once, with one answer and one reaction."""
