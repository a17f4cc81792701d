"""Decide which files are reviewed, and why each remaining file is not.

This uses path filters, `.gitattributes`, file names and contents. Some paths are never excluded by default.
"""
