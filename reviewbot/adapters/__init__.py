"""The adapters: the ports' implementations for GitHub, CodeVF, git, local reviews, the Actions runner and the clock.

Each adapter translates foreign errors in one place.
"""
