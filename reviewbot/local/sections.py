"""Stand-in until `reviewbot.domain.packing.read_sections` is there."""

from __future__ import annotations

import json
import re


def read_sections(text: str) -> dict[str, str]:
    """Read numbered file sections back."""
    found: dict[str, str] = {}
    path = ""
    for line in text.split("\n"):
        if head := re.match(r'=== (".*") \(\d+ lines?\)$', line):
            path = str(json.loads(head[1]))
            found[path] = ""
        elif path and (numbered := re.match(r" *\d+\| ", line)):
            found[path] += line[numbered.end() :] + "\n"
        elif path and line.startswith("\\ No newline"):
            found[path] = found[path].removesuffix("\n")
    return found
