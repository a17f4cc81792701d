"""The local reviewer: runs static analyzers isolated on copies of the files, and rates what they report."""
