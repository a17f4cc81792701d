"""Write texts for their destination.

These modules escape untrusted text for Markdown, HTML, logs, terminals and workflow commands, and format numbers, sizes
and times.
"""
