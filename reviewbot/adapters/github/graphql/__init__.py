"""Reads a repository over GitHub's GraphQL API.

`queries` has the documents, `answers` the types of what comes back,
and `parse` turns those into values of the domain.
"""
