"""The reviewer of the simulation: reports every line that calls `EVIL…()` or `NOTE…()` of what it is shown.

One with `guards` also reports each deleted guard line, wherever the diff adds it again: a finding on a deletion is
another one than a finding on the new place.

It cites a finding on the right, a wrong, or no line, and quotes it correctly or not, depending on a mind that the
history's seed selects. A mind may also violate the schema, or report open findings as fixed.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zlib import crc32

from reviewbot.domain.model.review import Submission

TOKEN = re.compile(r"\b(?:EVIL|NOTE)\d+\b")
SAID = re.compile(r"\b(?:EVIL|NOTE|MESS|GUARD)\d+\b")
"""An answer with one item that violates the schema: `MESS1`."""

TALK = re.compile(r"\bTALK\d+\b")
"""A reply to an earlier finding, different for each task and finding."""

EVIL = re.compile(r"\bEVIL\d+\b")
FLAW = re.compile(r"\b(?:EVIL|GUARD)\d+\b")
"""The title of a critical finding."""

TITLE = re.compile(r"\b(?:EVIL|NOTE|GUARD)\d+\b")
"""The title of any finding on a line."""

GUARDS = {
    "value_7 = 7": "GUARD7",
    "value_14 = 14": "GUARD14",
    "value_21 = 21": "GUARD21",
    "def helper_2():": "GUARD2",
    "def helper_5():": "GUARD5",
    "same = True": "GUARD1",
    "old()": "GUARD4",
}
"""The guard lines and their tokens: `same` is in two files, and `old` four times in a file that `main` may get."""

CONVERSATION = "conversation.md"
NOTHING, WORRY = "Nothing needs fixing.", "I am worried about MESS2."


@dataclass(frozen=True, slots=True)
class Mind:
    """How the reviewer answers.

    Attributes:
        sloppiness: chooses line and quote of each finding; 0 is always exact.
        is_messy: whether parts of the answer violate the schema.
        is_mute: whether the answer cannot be read at all.
        lies: whether it reports every earlier finding as fixed.
        as_text: whether the result is text with JSON in it, as when the service falls back.
        is_prose: whether it lists its findings in words.
        is_worried: whether it adds a sentence that is not a finding, to data in the summary.
        is_brief: whether a follow-up review reports only what is new since the last one.
        is_vague: whether only its answers to follow-up reviews can be read.
        is_literal: whether it does not report an added line again that an open finding is about and that has moved to
            another file.
        is_terse: whether it says nothing of an earlier finding that is still open.
        recalls: whether it calls a closed finding open, in place of a new finding with the same title; on deleted lines
            only of the same file.
        guards: whether it also reports each guard line that the diff deletes, whatever the diff adds.
    """

    sloppiness: int = 0
    is_messy: bool = False
    is_mute: bool = False
    lies: bool = False
    as_text: bool = False
    is_prose: bool = False
    is_worried: bool = False
    is_brief: bool = False
    is_vague: bool = False
    is_literal: bool = False
    recalls: bool = False
    is_terse: bool = False
    guards: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """An added or deleted line that a submission shows. A deleted one has its number in the old file."""

    path: str
    line: int
    text: str
    is_deleted: bool = False

    @property
    def tokens(self) -> list[str]:
        """What a reviewer reports about the line."""
        return guards_in(self.text) if self.is_deleted else TOKEN.findall(self.text)


def guards_in(line: str) -> list[str]:
    """Return the token of a guard line; nothing of another line."""
    return [GUARDS[line]] if line in GUARDS else []


@lru_cache(maxsize=5_000)
def shown(diff: str) -> tuple[Shown, ...]:
    """Return the added lines of a diff."""
    return tuple(line for line in _shown(diff) if not line.is_deleted)


@lru_cache(maxsize=5_000)
def deleted(diff: str) -> tuple[Shown, ...]:
    """Return the deleted lines of a diff."""
    return tuple(line for line in _shown(diff) if line.is_deleted)


_HUNK = re.compile(r"@@ -(\d+)\S* \+(\d+)")


def _shown(diff: str) -> Iterator[Shown]:
    path, old, new, in_hunk = "", 0, 0, False
    for line in diff.split("\n"):
        if line.startswith("diff --git "):
            path, in_hunk = line.rpartition(" b/")[2], False
        elif found := _HUNK.match(line):
            old, new, in_hunk = int(found[1]), int(found[2]), True
        elif in_hunk and line.startswith("+"):
            yield Shown(path, new, line[1:])
            new += 1
        elif in_hunk and line.startswith("-"):
            yield Shown(path, old, line[1:], is_deleted=True)
            old += 1
        elif in_hunk and line.startswith(" "):
            old, new = old + 1, new + 1


def diffs_in(submission: Submission) -> tuple[str, ...]:
    """Return the parts of the diff that a submission shows."""
    return tuple(one.content for one in submission.attachments if one.file_name.endswith(".diff"))


@lru_cache(maxsize=5_000)
def headers(diff: str) -> frozenset[str]:
    """Return the diff's headers of each file: names, type and mode, without blobs."""
    found, current = set(), list[str]()
    for line in [*diff.split("\n"), "diff --git "]:
        if line.startswith("diff --git "):
            found.add("\n".join(current))
            current = [line]
        elif line.startswith(("new file", "deleted", "old mode", "new mode", "rename ", "similarity")):
            current.append(line)
    return frozenset(found - {""})


def shown_in(submission: Submission) -> tuple[Shown, ...]:
    """Return the added lines that a submission shows."""
    return tuple(line for diff in diffs_in(submission) for line in shown(diff))


def deleted_in(submission: Submission) -> tuple[Shown, ...]:
    """Return the deleted lines that a submission shows."""
    return tuple(line for diff in diffs_in(submission) for line in deleted(diff))


def earlier(submission: Submission) -> list[dict[str, object]]:
    """Return the earlier findings in a submission."""
    texts = [one.content for one in submission.attachments if one.file_name == CONVERSATION]
    lines = "".join(texts).partition("NEW SINCE")[0].splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


_STRING = r'("(?:[^"\\]|\\.)*")'
_CLOSED = re.compile(rf"^([0-9a-f]{{10}}), [a-z]+: {_STRING} in {_STRING}", re.MULTILINE)


def closed_in(submission: Submission) -> dict[tuple[str, str], str]:
    """Return the ids of the closed findings in a submission by title and path."""
    texts = "".join(one.content for one in submission.attachments if one.file_name == CONVERSATION)
    found = _CLOSED.findall(texts.partition("CLOSED FINDINGS")[2])
    return {(json.loads(title), json.loads(path)): key for key, title, path in found}


_NEW = re.compile(r'^("(?:[^"\\]|\\.)*"): (.*)$', re.MULTILINE)
_LINES = re.compile(r"\blines? (\d+)(?: to (\d+))?")
_DELETED = (0, 0)
"""Stands for the new deleted lines of a file."""


def new_in(submission: Submission) -> dict[str, list[tuple[int, int]]] | None:
    """Return the new lines by file that a follow-up review is asked about; None for a review of the whole change."""
    texts = "".join(one.content for one in submission.attachments if one.file_name == CONVERSATION)
    _, found, new = texts.partition("NEW SINCE")
    if not found:
        return None
    return {json.loads(path): _ranges(said) for path, said in _NEW.findall(new.partition("\n\n")[0])}


def _ranges(said: str) -> list[tuple[int, int]]:
    added = [(int(first), int(last or first)) for first, last in _LINES.findall(said)]
    return [*added, *([_DELETED] if "deleted" in said else [])]


def is_read(result: object, *, in_words: bool) -> bool:
    """Return whether an answer is complete data, or prose without a sentence that is left over.

    A sentence beside data without findings is left over, too, as the data may be a quotation.

    That nothing needs fixing is believed only of a reviewer who was asked for words.
    """
    message = result.get("message") if isinstance(result, dict) else None
    if not isinstance(message, str) or "```json" in message:
        return "MESS1" not in str(result) and not (WORRY in str(message) and '"files": []' in str(message))
    return bool(TITLE.search(message) or (in_words and NOTHING in message)) and WORRY not in message


def _is_in(new: dict[str, list[tuple[int, int]]], line: Shown) -> bool:
    ranges = new.get(line.path)
    number = 0 if line.is_deleted else line.line
    return ranges is not None and (not ranges or any(first <= number <= last for first, last in ranges))


def _took(counts: Counter[Any], *key: object) -> bool:
    """Take one of what is counted under a key; return whether there was one."""
    name = key if len(key) > 1 else key[0]
    counts[name] -= 1
    return counts[name] >= 0


@dataclass(frozen=True, slots=True)
class Oracle:
    """Answers submissions according to a mind."""

    mind: Mind

    def __call__(self, submission: Submission) -> object:
        """Return the decoded JSON of the result; a question is answered in prose."""
        if "question" in submission.metadata:
            return {"message": f"I see {len(shown_in(submission))} lines. @all", "deliverables": []}
        if self.mind.is_mute or (self.mind.is_vague and new_in(submission) is None):
            return {"message": "I have read it.", "deliverables": []}
        answer = self._answer(submission)
        if self.mind.is_prose:
            return {"message": "\n\n".join(self._paragraphs(answer)), "deliverables": []}
        if self.mind.as_text:
            worry = f"\n{WORRY}" if self.mind.is_worried else ""
            return {"message": f"Here it is:\n```json\n{json.dumps(answer)}\n```{worry}", "deliverables": []}
        return answer

    def _answer(self, submission: Submission) -> dict[str, object]:
        lines = (*shown_in(submission), *(deleted_in(submission) if self.mind.guards else ()))
        new = new_in(submission) if self.mind.is_brief else None
        known = Counter((str(one.get("title", "")), one.get("path")) for one in earlier(submission))
        fresh = [one for one in lines if new is None or _is_in(new, one)]
        tokens = [(line, token) for line in fresh for token in line.tokens]
        left = [(line, token) for line, token in tokens if not _took(known, token, line.path)]
        if self.mind.is_literal:
            there = Counter((token, line.path) for line in lines for token in line.tokens)
            moved = Counter((str(one["title"]), str(one["path"])) for one in earlier(submission)) - there
            elsewhere = Counter(token for token, _ in moved.elements())
            left = [(line, token) for line, token in left if line.is_deleted or not _took(elsewhere, token)]
        closed = closed_in(submission) if self.mind.recalls else {}
        anywhere = {title: key for (title, _), key in closed.items()}
        recalled = [closed.get((token, line.path)) if line.is_deleted else anywhere.get(token) for line, token in left]
        files: dict[str, list[dict[str, object]]] = {}
        for line, token in (one for one, key in zip(left, recalled, strict=True) if key is None):
            files.setdefault(line.path, []).append(self._finding(line, token))
        listed: list[object] = [{"path": path, "findings": findings} for path, findings in files.items()]
        if self.mind.is_messy and listed:
            listed.append({"path": 7, "findings": [{"severity": ["?"], "title": "MESS1 has no place"}]})
        is_beside = self.mind.is_worried and not (self.mind.as_text or self.mind.is_prose)
        answer: dict[str, Any] = {"summary": f"Read. {WORRY}" if is_beside else "Read.", "files": listed}
        if asked := earlier(submission):
            words = [self._word(one, lines, submission.idempotency_key) for one in asked]
            answer["previous"] = [one for one in words if not self.mind.is_terse or one["state"] == "fixed"]
        back = dict.fromkeys(key for key in recalled if key is not None)
        if back:
            answer["previous"] = [
                *answer.get("previous", []),
                *({"id": one, "state": "open", "note": "It is back."} for one in back),
            ]
        return answer

    def _paragraphs(self, answer: dict[str, Any]) -> Iterator[str]:
        for one in answer.get("previous", ()):
            yield f"{one['id']}: {one['state']}"
        findings = [(file["path"], one) for file in answer["files"] for one in file["findings"]]
        for path, one in findings:
            label = "critical: " if one["severity"] == "critical" else ""
            yield f"{path}:{one['line'] or 1}: {label}{one['title']}"
        if not findings:
            yield NOTHING
        if self.mind.is_worried:
            yield WORRY

    def _finding(self, line: Shown, token: str) -> dict[str, object]:
        choice = self._choice(token)
        number: int | None = (line.line, line.line, line.line + 3, 1, None)[choice % 5]
        code = (line.text, "", line.text, line.text.strip(), "", "no such line")[choice // 5 % 6]
        return {
            "severity": "critical" if FLAW.match(token) else "low",
            "category": "security",
            "title": token,
            "explanation": f"{token} was read.",
            "side": "LEFT" if line.is_deleted else "RIGHT",
            "line": number,
            "end_line": number,
            "code": code,
        }

    def _choice(self, token: str) -> int:
        return crc32(f"{self.mind.sloppiness} {token}".encode()) if self.mind.sloppiness else 0

    def _word(self, asked: dict[str, object], lines: Sequence[Shown], key: str) -> dict[str, object]:
        token = next(iter(TITLE.findall(str(asked.get("title", "")))), "")
        is_there = any(token in line.tokens for line in lines)
        state = "open" if is_there and not self.mind.lies else "fixed"
        number = crc32(f"{key} {asked['id']}".encode())
        reply = {"reply": f"TALK{number} is the answer."} if number % 2 else {}
        note = "" if self.mind.guards and number % 3 == 0 else "Looked at."
        return {"id": asked["id"], "state": state, "note": note, **reply}
