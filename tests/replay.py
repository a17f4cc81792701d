"""The command that plays one of many cases again."""

from __future__ import annotations


def replay(target: str, name: str) -> str:
    """Return the line to paste: a word that a shell would read otherwise is left out, which selects a little more."""
    words = " ".join(word for word in name.split() if "'" not in word)
    return f"Replay: make {target} WORD='{words}'"
