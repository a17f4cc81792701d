"""Which files are reviewed, and why each of the others is not.

Path filters and `.gitattributes`, generated and binary files, and the paths that are never excluded by default.
"""
