"""Which files are reviewed, and why each of the others is not.

Path filters and `.gitattributes`, lock files, generated and binary files, and the paths that are never excluded by
default.
"""
