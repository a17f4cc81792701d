"""Implementations of the ports for GitHub, CodeVF, git, local reviews, the Actions runner and the clock."""
