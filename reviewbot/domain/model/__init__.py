"""The values that every other package uses; decides only which values are valid.

Severities, findings, tasks, the options of the settings, the events of a runner,
and the URLs and remotes that a repository or a service has.
"""
