"""What a change consists of.

Parses git's diff (the only importer of unidiff), and indexes texts so that quoted code can be found.
"""
