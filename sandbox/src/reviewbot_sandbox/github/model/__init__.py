"""Records, request bodies, addresses and errors of GitHub, as plain values."""
