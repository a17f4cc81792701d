"""Parse git diffs, and find quoted code in changed files."""
