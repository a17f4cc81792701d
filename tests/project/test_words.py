"""Text that people read uses the words of GitHub, CodeVF and Python, and names who acts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

READ = (".py", ".md", ".j2", ".yml", ".json", ".toml", "Makefile", "Dockerfile")

LISTS = {Path(__file__).name, "test_messages.py"}
"""Files that list such words."""

# Each pattern with what to write instead.
INSTEAD = {
    r"(?:some|no)body|who(?:m)?ever": "the actor: a maintainer, a collaborator, the author, a run",
    r"mend(?:s|ed|ing)?": "fix",
    r"anew": "again",
    r"umlauts?": "non-ASCII characters",
    r"blanks": "whitespace",
    r"c(?:a|o)mes? to nothing": "fails",
    r"thereby|thereof|wherefore": "two sentences",
    r"(?:is|are|was|were) told": "is reported, shown or listed",
    r"(?:opens?|closes?|keeps?|shuts?) the gate": "blocks, does not block",
}


@pytest.mark.parametrize("word", INSTEAD)
def test_a_word_that_maintainers_do_not_write_is_not_used(files: list[Path], root: Path, word: str) -> None:
    pattern = re.compile(rf"\b(?:{word})\b", re.IGNORECASE)
    found = [
        f"{path.relative_to(root)}:{number}: {line.strip()}"
        for path in files
        if path.name.endswith(READ) and path.name not in LISTS
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, f"instead: {INSTEAD[word]}"
