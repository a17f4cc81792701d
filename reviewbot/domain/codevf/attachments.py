"""Attachments: the diff first, then file texts with numbered lines, at most five and within a budget of bytes.

Each text is an attachment of its own while there are enough of them. More texts go into bundles: an index, then the
files, grouped by folder, the riskiest first.

Nothing is cut in the middle: a file's diff goes whole or not at all (and then the review is partial), a file's text
goes whole or not at all (and then the reviewer has its diff alone).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from posixpath import dirname
from types import MappingProxyType

from reviewbot.domain.codevf.attachment_names import own_names
from reviewbot.domain.model.review import Attachment
from reviewbot.domain.text.formatting import counted, number, size

MAX_ATTACHMENTS = 5
LARGEST_ATTACHMENT = 1_048_576
"""Bytes of a text above which CodeVF's own client refuses it (codevf-sdk 0.1.1 on PyPI)."""

NO_NEWLINE = "\\ No newline at end of file"

_HEADER = re.compile(r'^=== ("(?:[^"\\]|\\.)*") \((\d+) lines?\)$')


@dataclass(frozen=True, slots=True)
class SizeTier:
    """The budget of a request, in bytes of UTF-8 JSON.

    Attributes:
        attachment: the most of one attachment.
        request: the most of all attachments together.
        attachments: how many there may be.
    """

    attachment: int
    request: int
    attachments: int = MAX_ATTACHMENTS


def size_tiers(attachment_bytes: int) -> tuple[SizeTier, ...]:
    """What to try, largest first: the next tier when the service answers 413 (its sources name several limits)."""
    return tuple(
        SizeTier(min(attachment_bytes, request), request) for request in (4_000_000, 1_000_000, 140_000, 70_000)
    )


BESIDE = 5
"""One part in so many of a request is kept for what goes beside the files: the new part, and findings to confirm."""


def split_for_context(limits: SizeTier) -> tuple[SizeTier, SizeTier]:
    """The limits of the files, and of one more attachment that goes beside them."""
    room = min(limits.attachment, limits.request // BESIDE)
    return SizeTier(limits.attachment, limits.request - room, limits.attachments - 1), SizeTier(room, room, 1)


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
        attachment: the name of the attachment with the text, empty without one.
    """

    path: str
    bytes: int
    sha256: str
    whole: bool
    redactions: int
    attachment: str = ""


@dataclass(frozen=True, slots=True)
class Packing:
    """What one task carries, or several that are bought together.

    Attributes:
        attachments: at most five a task, diffs first.
        sent: the manifest.
        omitted: selected files that are not in it at all.
        limits: which limit kept a file's diff or text out, in words, by its path.
    """

    attachments: tuple[Attachment, ...]
    sent: tuple[Sent, ...]
    omitted: tuple[str, ...]
    limits: Mapping[str, str] = field(default_factory=dict)


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
    return f"=== {_title(path, text)}{number_lines(text)}"


def _title(path: str, text: str) -> str:
    count = len(text.removesuffix("\n").split("\n")) if text else 0
    return f"{json.dumps(path)} ({count} {'line' if count == 1 else 'lines'})\n"


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


def pack(files: Sequence[Sendable], limits: SizeTier) -> Packing:
    """Fill the attachments, the riskiest files first.

    Args:
        files: selected and redacted.
        limits: the size tier.
    """
    ordered = in_order(files)
    bins = _Bins(limits)
    with_diff = [file for file in ordered if bins.add(_DIFF, file, file.diff_size)]
    _add_texts(bins, [file for file in with_diff if file.text is not None])
    filled = list(bins.attachments())
    where = {file.path: attachment.file_name for attachment, files in filled[bins.diffs :] for file in files}
    sent_paths = {file.path for file in with_diff}
    return Packing(
        attachments=tuple(attachment for attachment, _ in filled),
        sent=tuple(_manifest_line(file, where.get(file.path, "")) for file in files if file.path in sent_paths),
        omitted=tuple(file.path for file in files if file.path not in sent_paths),
        limits=bins.limits_hit,
    )


def _add_texts(bins: _Bins, files: Sequence[Sendable]) -> None:
    """Give each text an attachment of its own if there are enough of them, else put them into bundles."""
    sizes = {file.path: _size(_section(file)) for file in files}
    fitting = [file for file in files if bins.may_take(file, sizes[file.path])]
    if len(fitting) <= bins.left:
        for file in fitting:
            bins.add(file.path, file, sizes[file.path])
        return
    bundled = {file.path: sizes[file.path] + _size(_indexed(file)) for file in fitting}
    arranged = [file for folder in by_folder(fitting) for file in folder]
    # If they do not all fit, the riskiest ones go, wherever they are.
    for file in arranged if bins.have_room(bundled[file.path] for file in arranged) else fitting:
        bins.add(_BUNDLE, file, bundled[file.path])


def in_order(files: Iterable[Sendable]) -> list[Sendable]:
    """The files, the riskiest first."""
    return sorted(files, key=lambda file: (-file.risk, file.path))


def by_folder(files: Iterable[Sendable]) -> list[list[Sendable]]:
    """Group files by folder, the folder with the riskiest file first, and in it the riskiest file."""
    ordered = sorted(files, key=lambda file: (dirname(file.path), -file.risk, file.path))
    folders = [list(folder) for _, folder in groupby(ordered, key=lambda file: dirname(file.path))]
    return sorted(folders, key=lambda folder: -folder[0].risk)


def together(packings: Sequence[Packing], handed_in: int) -> Packing:
    """What several tasks carry; of those after the first so many nothing was handed in."""
    sent = packings[:handed_in]
    left = [one.path for packing in packings[handed_in:] for one in packing.sent]
    return Packing(
        attachments=tuple(one for packing in sent for one in packing.attachments),
        sent=tuple(one for packing in sent for one in packing.sent),
        omitted=(*(one for packing in packings for one in packing.omitted), *left),
        limits={
            **{path: why for packing in packings for path, why in packing.limits.items()},
            **dict.fromkeys(left, "its part of the review was not handed in"),
        },
    )


def _diff(file: Sendable) -> str:
    """A section of the diff with a line end, since another section may follow it."""
    return file.diff if file.diff.endswith("\n") or not file.diff else f"{file.diff}\n"


def _section(file: Sendable) -> str:
    return file_section(file.path, file.text or "")


def _manifest_line(file: Sendable, attachment: str) -> Sent:
    content = (_diff(file) + (_section(file) if attachment else "")).encode("utf-8", "replace")
    digest = hashlib.sha256(content).hexdigest()
    return Sent(file.path, len(content), digest, bool(attachment), file.redactions, attachment)


def _size(text: str) -> int:
    """Bytes in the JSON of a request."""
    return len(json.dumps(text).encode()) - 2


class FreeSpace:
    """What is left of a request: the first attachment of a kind with room takes a piece, kinds never mix.

    Args:
        limits: of the request.
        opening: bytes that the first piece of an attachment takes besides its own, by kind.
    """

    def __init__(self, limits: SizeTier, opening: Mapping[str, int] = MappingProxyType({})) -> None:
        self._limits = limits
        self._opening = opening
        self._taken: list[tuple[str, int]] = []

    def copy(self) -> FreeSpace:
        """Return a copy to try something out in."""
        other = FreeSpace(self._limits, self._opening)
        other._taken = [*self._taken]
        return other

    def takes(self, kind: str, bytes_: int) -> bool:
        """Whether there was room for a piece of so many bytes."""
        return self.place(kind, bytes_) is not None

    @property
    def _left(self) -> int:
        return self._limits.request - sum(taken for _, taken in self._taken)

    def limit(self, bytes_: int) -> str:
        """The limit that a piece of so many bytes hits, in words."""
        limits = self._limits
        if bytes_ > limits.request:
            return f"does not fit into a request of {size(limits.request)}"
        if bytes_ > limits.attachment:
            return f"does not fit into an attachment; `attachment-bytes` is {number(limits.attachment)}"
        if bytes_ > self._left:
            return f"does not fit beside the others into a request of {size(limits.request)}"
        return f"does not fit beside the others into {counted(limits.attachments, 'attachment')} of a request"

    def place(self, kind: str, bytes_: int) -> int | None:
        """The number of the attachment that takes a piece, from 0; None when there is no room."""
        left = self._left
        for index, (kind_, taken) in enumerate(self._taken):
            if kind_ == kind and bytes_ <= min(left, self._limits.attachment - taken):
                self._taken[index] = (kind, taken + bytes_)
                return index
        bytes_ += self._opening.get(kind, 0)
        if len(self._taken) == self._limits.attachments or bytes_ > min(left, self._limits.attachment):
            return None
        self._taken.append((kind, bytes_))
        return len(self._taken) - 1


_DIFF, _BUNDLE = "", "/"
"""Kinds of attachments that are no path; the kind of a file's own attachment is its path."""

_INDEX_TITLE = "INDEX of the files below, by folder, the riskiest first\n"


def _indexed(file: Sendable) -> str:
    return f"- {_title(file.path, file.text or '')}"


def _bundle(files: Sequence[Sendable]) -> str:
    return "".join((_INDEX_TITLE, *map(_indexed, files), "\n", *map(_section, files)))


class _Bins:
    """Attachments being filled."""

    def __init__(self, limits: SizeTier) -> None:
        self.limits = limits
        self._room = FreeSpace(limits, {_BUNDLE: _size(f"{_INDEX_TITLE}\n")})
        self._bins: list[tuple[str, list[Sendable]]] = []
        self.limits_hit: dict[str, str] = {}

    @property
    def diffs(self) -> int:
        """How many attachments hold the diff."""
        return sum(kind == _DIFF for kind, _ in self._bins)

    @property
    def left(self) -> int:
        """How many attachments there may be besides those that are begun."""
        return self.limits.attachments - len(self._bins)

    def add(self, kind: str, file: Sendable, bytes_: int) -> bool:
        """Add a file to the first attachment of a kind with room; False when there is none."""
        index = self._room.place(kind, bytes_)
        if index is None:
            self._refuse("diff" if kind == _DIFF else "text", file, bytes_)
            return False
        if index == len(self._bins):
            self._bins.append((kind, []))
        self._bins[index][1].append(file)
        return True

    def may_take(self, file: Sendable, bytes_: int) -> bool:
        """Whether an empty attachment has room for a file's text."""
        if bytes_ <= self.limits.attachment:
            return True
        self._refuse("text", file, bytes_)
        return False

    def _refuse(self, part: str, file: Sendable, bytes_: int) -> None:
        """Remember which limit keeps a part of a file out."""
        self.limits_hit[file.path] = f"its {part} of {size(bytes_)} {self._room.limit(bytes_)}"

    def have_room(self, sizes: Iterable[int]) -> bool:
        """Whether bundles take pieces of these sizes, in this order."""
        trial = self._room.copy()
        return all(trial.takes(_BUNDLE, one) for one in sizes)

    def attachments(self) -> Iterator[tuple[Attachment, Sequence[Sendable]]]:
        """Each attachment with its files."""
        names = own_names([kind for kind, _ in self._bins if kind not in {_DIFF, _BUNDLE}])
        counts = {_DIFF: 0, _BUNDLE: 0}
        for kind, files in self._bins:
            if kind in names:
                yield Attachment(names[kind], _section(files[0]), path=kind), files
                continue
            counts[kind] += 1
            number = counts[kind]
            if kind == _DIFF:
                name = "change.diff" if number == 1 else f"change-{number}.diff"
                yield Attachment(name, "".join(map(_diff, files))), files
            else:
                arranged = [file for folder in by_folder(files) for file in folder]
                yield Attachment(f"files-{number}.txt", _bundle(arranged)), arranged
