"""The values that every other package uses.

Severities, findings, tasks, questions, the options of the settings, the events of a runner, and the URLs and remotes of
repositories and services.
"""
