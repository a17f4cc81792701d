"""Read a repository over GitHub's GraphQL API.

`queries` has the documents, `answers` the types of the responses, and `parse` converts those to values of the domain.
"""
