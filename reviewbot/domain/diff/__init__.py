"""What a change consists of.

Parses git's diff (the only importer of unidiff), indexes texts so that quoted code can be found, and finds the merge
base.
"""
