"""The implementations of the ports; the only packages that read, wait or send.

GitHub, CodeVF, git, local reviews, the GitHub Actions runner and the clock. Each adapter translates foreign errors in
one place.
"""
