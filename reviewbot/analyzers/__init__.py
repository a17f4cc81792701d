"""The local reviewer: static analyzers behind the interface of the review service.

Decides which analyzer reads which file, runs each one isolated on copies,
and rates what it reports.
"""
