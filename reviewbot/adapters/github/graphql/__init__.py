"""Read a repository over GitHub's GraphQL API.

`queries` contains the documents, and `answers` the types of the responses. `parse` converts responses to domain values.
"""
