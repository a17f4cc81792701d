"""Attachments: the diff first, then file texts with numbered lines, at most five and within a budget of bytes.

Nothing is cut in the middle: a file's diff goes whole or not at all (and then the review is partial), a file's text
goes whole or not at all (and then the reviewer has its diff alone).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reviewbot.domain.model import Attachment

MAX_ATTACHMENTS = 5
NO_NEWLINE = "\\ No newline at end of file"

_HEADER = re.compile(r'^=== ("(?:[^"\\]|\\.)*") \((\d+) lines?\)$')


@dataclass(frozen=True, slots=True)
class Limits:
    """The budget of a request, in bytes of UTF-8 JSON.

    Attributes:
        attachment: the most of one attachment.
        request: the most of all attachments together.
        attachments: how many there may be.
    """

    attachment: int
    request: int
    attachments: int = MAX_ATTACHMENTS


def ladder(attachment_bytes: int) -> tuple[Limits, ...]:
    """What to try, largest first: the next rung when the service answers 413 (its sources name several limits)."""
    return tuple(Limits(min(attachment_bytes, request), request) for request in (4_000_000, 1_000_000, 140_000, 70_000))


BESIDE = 5
"""One part in so many of a request is kept for what goes beside the files: the new part, and findings to confirm."""


def beside(limits: Limits) -> tuple[Limits, Limits]:
    """The limits of the files, and of one more attachment that goes beside them."""
    room = min(limits.attachment, limits.request // BESIDE)
    return Limits(limits.attachment, limits.request - room, limits.attachments - 1), Limits(room, room, 1)


@dataclass(frozen=True, slots=True)
class Sendable:
    """A selected file, ready to be sent.

    Attributes:
        diff: its section of the diff, redacted.
        text: its whole text at the head, redacted; None when there is none to send.
        redactions: how many secrets were replaced in either.
        risk: higher goes first.
    """

    path: str
    diff: str
    text: str | None
    redactions: int
    risk: int

    @property
    def diff_size(self) -> int:
        """Bytes that its diff takes in a request."""
        return _size(_diff(self))


@dataclass(frozen=True, slots=True)
class Sent:
    """A line of the manifest: what left the building.

    Attributes:
        bytes: of diff and text as sent, in UTF-8.
        sha256: hex digest of diff and text as sent, one after the other.
        whole: whether the text went along with the diff.
    """

    path: str
    bytes: int
    sha256: str
    whole: bool
    redactions: int


@dataclass(frozen=True, slots=True)
class Packing:
    """What one task carries, or several that are bought together.

    Attributes:
        attachments: at most five a task, diffs first.
        sent: the manifest.
        omitted: selected files that are not in it at all.
    """

    attachments: tuple[Attachment, ...]
    sent: tuple[Sent, ...]
    omitted: tuple[str, ...]


def number_lines(text: str) -> str:
    """The lines with a gutter, so that a reviewer can cite them."""
    if not text:
        return ""
    lines = text.removesuffix("\n").split("\n")
    width = max(4, len(str(len(lines))))
    numbered = "".join(f"{number:>{width}}| {line}\n" for number, line in enumerate(lines, start=1))
    return numbered if text.endswith("\n") else f"{numbered}{NO_NEWLINE}\n"


def file_section(path: str, text: str) -> str:
    """A file as it stands in an attachment: a header line, then its numbered lines."""
    count = len(text.removesuffix("\n").split("\n")) if text else 0
    return f"=== {json.dumps(path)} ({count} {'line' if count == 1 else 'lines'})\n{number_lines(text)}"


def read_sections(content: str) -> Mapping[str, str]:
    """The files of an attachment by path: the inverse of `file_section`, for those who receive it."""
    files: dict[str, str] = {}
    path: str | None = None
    lines: list[str] = []
    newline = True
    for line in content.removesuffix("\n").split("\n"):
        if header := _HEADER.match(line):
            if path is not None:
                files[path] = _joined(lines, newline=newline)
            path, lines, newline = json.loads(header[1]), [], True
        elif line == NO_NEWLINE:
            newline = False
        elif path is not None:
            lines.append(line.partition("| ")[2])
    if path is not None:
        files[path] = _joined(lines, newline=newline)
    return files


def _joined(lines: Sequence[str], *, newline: bool) -> str:
    return "\n".join(lines) + ("\n" if lines and newline else "")


def pack(files: Sequence[Sendable], limits: Limits) -> Packing:
    """Fill the attachments, the riskiest files first.

    Args:
        files: selected and redacted.
        limits: the rung of the ladder.
    """
    ordered = in_order(files)
    bins = _Bins(limits)
    with_diff = [file for file in ordered if bins.add("diff", _diff(file))]
    whole = {file.path for file in with_diff if file.text is not None and bins.add("text", _section(file))}
    sent_paths = {file.path for file in with_diff}
    return Packing(
        attachments=tuple(bins.attachments()),
        sent=tuple(_manifest_line(file, whole=file.path in whole) for file in files if file.path in sent_paths),
        omitted=tuple(file.path for file in files if file.path not in sent_paths),
    )


def in_order(files: Iterable[Sendable]) -> list[Sendable]:
    """The files, the riskiest first."""
    return sorted(files, key=lambda file: (-file.risk, file.path))


def together(packings: Sequence[Packing], handed_in: int) -> Packing:
    """What several tasks carry; of those after the first so many nothing was handed in."""
    sent = packings[:handed_in]
    left = [one.path for packing in packings[handed_in:] for one in packing.sent]
    return Packing(
        attachments=tuple(one for packing in sent for one in packing.attachments),
        sent=tuple(one for packing in sent for one in packing.sent),
        omitted=(*(one for packing in packings for one in packing.omitted), *left),
    )


def _diff(file: Sendable) -> str:
    """A section of the diff with a line end, since another section may follow it."""
    return file.diff if file.diff.endswith("\n") or not file.diff else f"{file.diff}\n"


def _section(file: Sendable) -> str:
    return file_section(file.path, file.text or "")


def _manifest_line(file: Sendable, *, whole: bool) -> Sent:
    content = (_diff(file) + (_section(file) if whole else "")).encode("utf-8", "replace")
    return Sent(file.path, len(content), hashlib.sha256(content).hexdigest(), whole, file.redactions)


def _size(text: str) -> int:
    """Bytes in the JSON of a request."""
    return len(json.dumps(text).encode()) - 2


class Room:
    """What is left of a request: the first attachment of a kind with room takes a piece, kinds never mix."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._taken: list[tuple[str, int]] = []

    def takes(self, kind: str, size: int) -> bool:
        """Whether there was room for a piece of so many bytes."""
        return self.place(kind, size) is not None

    def place(self, kind: str, size: int) -> int | None:
        """The number of the attachment that takes a piece, from 0; None when there is no room."""
        if size > self._limits.attachment or sum(taken for _, taken in self._taken) + size > self._limits.request:
            return None
        for index, (kind_, taken) in enumerate(self._taken):
            if kind_ == kind and taken + size <= self._limits.attachment:
                self._taken[index] = (kind, taken + size)
                return index
        if len(self._taken) == self._limits.attachments:
            return None
        self._taken.append((kind, size))
        return len(self._taken) - 1


class _Bins:
    """Attachments being filled."""

    def __init__(self, limits: Limits) -> None:
        self._room = Room(limits)
        self._bins: list[tuple[str, list[str]]] = []

    def add(self, kind: str, piece: str) -> bool:
        index = self._room.place(kind, _size(piece))
        if index is None:
            return False
        if index == len(self._bins):
            self._bins.append((kind, []))
        self._bins[index][1].append(piece)
        return True

    def attachments(self) -> Iterator[Attachment]:
        counts = {"diff": 0, "text": 0}
        for kind, pieces in self._bins:
            counts[kind] += 1
            number = counts[kind]
            name = (
                ("change" if number == 1 else f"change-{number}") + ".diff" if kind == "diff" else f"files-{number}.txt"
            )
            yield Attachment(name, "".join(pieces))
