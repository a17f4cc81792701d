"""The local reviewer, which runs static analyzers in isolation on copies of the files and rates the findings."""
