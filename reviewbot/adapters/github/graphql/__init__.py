"""Read a repository over GitHub's GraphQL API."""
