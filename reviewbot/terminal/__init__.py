"""What people see at a terminal: progress, findings, tables. Their texts are from outside, and none takes effect."""
