"""Output at a terminal: progress, findings, tables. Untrusted text is escaped."""
