"""The command that replays a single case."""

from __future__ import annotations


def replay(target: str, name: str) -> str:
    """Return the command to paste, without words that need quoting, so that it may select more cases."""
    words = " ".join(word for word in name.split() if "'" not in word)
    return f"Replay: make {target} WORD='{words}'"
