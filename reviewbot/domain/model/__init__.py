"""Define the values that all other packages use.

Contains severities, findings, tasks, questions, options of the settings, events of a runner, and the URLs and remotes
of repositories and services.
"""
