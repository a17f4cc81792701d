"""GitHub, over REST and GraphQL."""
