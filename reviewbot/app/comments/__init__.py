"""Commands in comments: carried out once each, with one answer and one reaction."""
