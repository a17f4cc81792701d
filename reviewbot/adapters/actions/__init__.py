"""The GitHub Actions runner.

Writes the log, workflow commands, outputs and the job summary. Writes files only inside the workspace, never through a
symlink.
"""
