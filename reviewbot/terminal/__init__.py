"""Output at a terminal: progress, findings and tables. Untrusted text is escaped."""
