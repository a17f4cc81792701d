"""Write the log, workflow commands, outputs and the job summary of a GitHub Actions runner.

Files are written only inside the workspace, and never through a symlink.
"""
