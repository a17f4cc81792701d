"""Values for what reviewbot reads from GitHub and writes to GitHub, in GitHub's terms."""
