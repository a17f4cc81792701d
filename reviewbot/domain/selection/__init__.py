"""Decide which files are reviewed, based on path filters, `.gitattributes`, file names and contents."""
