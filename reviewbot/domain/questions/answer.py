"""Convert the answer to a question to a string, which is never parsed for findings."""

from __future__ import annotations

from collections.abc import Mapping

from reviewbot.domain.codevf.finding_parser import shown

_BESIDE = frozenset({"message", "deliverables"})


def answer_text(result: object, files: Mapping[str, str]) -> str:
    """Return the result and its deliverables as one string, which may be empty."""
    if isinstance(result, dict):
        said = [result.get("message"), {key: one for key, one in result.items() if key not in _BESIDE}]
    else:
        said = [result]
    texts = [one if isinstance(one, str) else shown(one) for one in said if one]
    texts += [f"{name}:\n\n{text}" for name, text in files.items()]
    return "\n\n".join(text.strip() for text in texts if text.strip())
