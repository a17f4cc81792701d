"""The GitHub Actions runner.

The log, workflow commands, outputs and the job summary; files are written inside the workspace, never through a link.
"""
