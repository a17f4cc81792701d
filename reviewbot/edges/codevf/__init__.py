"""CodeVF, over HTTP."""
