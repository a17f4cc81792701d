"""The local reviewer: runs static analyzers in isolation on copies of the files, and rates their findings."""
