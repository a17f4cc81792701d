"""Commands in comments: each is executed once, with one answer and one reaction."""
