"""Write the log, workflow commands, outputs, job summary and workspace files of a GitHub Actions runner."""
