"""Pack diffs, and then file texts with line numbers, into at most five attachments with limited sizes.

Each text gets its own attachment if enough attachments are free. Otherwise, several texts share an attachment with an
index. Diffs and texts are never truncated. File names are safe, because paths are untrusted.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from posixpath import basename, dirname, splitext

from msgspec import Struct, field

from reviewbot.domain.diff.parse import NO_NEWLINE
from reviewbot.domain.github.context import ContextPart, ContextText, json_size, part_of
from reviewbot.domain.model.review import Attachment
from reviewbot.domain.text.formatting import counted, number, size
from reviewbot.values import replace

MAX_ATTACHMENTS = 5
LARGEST_ATTACHMENT = 1_048_576
"""The maximum size in bytes of a text attachment that CodeVF's client accepts (codevf-sdk 0.1.1 on PyPI)."""

CONVERSATION = "conversation.md"
"""The attachment with earlier findings, the changes since the last review, and the replies to findings."""

CONTEXT = "context.md"
"""The attachment with documents from the default branch, commit messages and issues."""

QUESTION = "question.txt"
"""The attachment with the finding that a question is about, and the replies in the finding's thread."""

LONGEST = 100
"""The maximum number of characters of a file name, without an added number or `.txt`."""

_UNSAFE = re.compile("[^A-Za-z0-9._-]+")

_NOT_AS_TEXT = (".diff", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".pdf")
"""Suffixes after which `.txt` is added. `.diff` marks the diff, and CodeVF's client reads the others as base64."""

_RESERVED = re.compile(rf"{re.escape(CONVERSATION)}|{re.escape(CONTEXT)}|{re.escape(QUESTION)}|files-[0-9]+\.txt")
"""The file names of attachments that reviewbot itself writes, apart from diffs."""

_HEADER = re.compile(r'^=== ("(?:[^"\\\n]|\\.)*") \(\d+ lines?\)$', re.MULTILINE)


class SizeTier(Struct, frozen=True):
    """The maximum sizes of an attachment and of all attachments of a request together, in bytes of JSON."""

    attachment: int
    request: int
    attachments: int = MAX_ATTACHMENTS


def size_tiers(attachment_bytes: int) -> tuple[SizeTier, ...]:
    """Return the size tiers, largest first. After HTTP status 413, reviewbot repeats the request in the next tier.

    There are several tiers because CodeVF's documents state different limits.
    """
    return tuple(
        SizeTier(min(attachment_bytes, request), request) for request in (4_000_000, 1_000_000, 140_000, 70_000)
    )


def split_for_context(limits: SizeTier) -> tuple[SizeTier, SizeTier]:
    """Return the limits for the files and, with at most a fifth of the request, the limits for `conversation.md`."""
    context = min(limits.attachment, limits.request // 5)
    return SizeTier(limits.attachment, limits.request - context, limits.attachments - 1), SizeTier(context, context, 1)


class Sendable(Struct, frozen=True):
    """A selected and redacted file. `text` is None if only the diff is sent. Files with a higher `risk` come first."""

    path: str
    diff: str
    text: str | None
    redactions: int
    risk: int

    @property
    def diff_size(self) -> int:
        return json_size(_diff(self))


class Sent(Struct, frozen=True):
    """The manifest's entry for a file that was sent.

    Attributes:
        bytes: the number of UTF-8 bytes of the diff and, if sent, the text.
        whole: whether the text was sent with the diff.
        sha256: the hex digest of the same bytes.
        attachment: the name of the attachment with the text, or empty.
    """

    path: str
    bytes: int
    whole: bool
    redactions: int
    sha256: str = ""
    attachment: str = ""


class Packing(Struct, frozen=True):
    """The content of one task, or of several tasks that are bought together.

    Attributes:
        omitted: the paths of selected files whose diff is not sent, which makes the review partial.
        limits: maps a path to a phrase that explains which limit excluded the file's diff or text.
    """

    attachments: tuple[Attachment, ...]
    sent: tuple[Sent, ...]
    omitted: tuple[str, ...]
    limits: Mapping[str, str] = field(default_factory=dict)
    context: tuple[ContextPart, ...] = ()


def number_lines(text: str) -> str:
    if not text:
        return ""
    lines = text.removesuffix("\n").split("\n")
    width = max(4, len(str(len(lines))))
    numbered = "".join(f"{number:>{width}}| {line}\n" for number, line in enumerate(lines, start=1))
    return numbered if text.endswith("\n") else f"{numbered}{NO_NEWLINE}\n"


def file_section(path: str, text: str) -> str:
    """Return a header with the path and the number of lines, and below it the numbered lines."""
    return f"=== {_title(path, text)}{number_lines(text)}"


def _title(path: str, text: str) -> str:
    count = len(text.removesuffix("\n").split("\n")) if text else 0
    return f"{json.dumps(path)} ({count} {'line' if count == 1 else 'lines'})\n"


def read_sections(content: str) -> Mapping[str, str]:
    """Map each path in an attachment to the file's text. This is the inverse of `file_section`."""
    files: dict[str, str] = {}
    _, *parts = _HEADER.split(content)
    for path, body in zip(parts[::2], parts[1::2], strict=True):
        numbered = [line for line in body.split("\n") if line]
        lines = [line.partition("| ")[2] for line in numbered if line != NO_NEWLINE]
        files[json.loads(path)] = "\n".join(lines) + ("\n" if lines and NO_NEWLINE not in numbered else "")
    return files


def pack(files: Sequence[Sendable], limits: SizeTier) -> Packing:
    """Fill attachments with the diffs and then the texts of files, the riskiest first."""
    ordered = in_order(files)
    bins = Bins(limits)
    with_diff = [file for file in ordered if bins.add(_DIFF, file, file.diff_size)]
    _add_texts(bins, [file for file in with_diff if file.text is not None])
    filled = list(_attachments(bins))
    diffs = sum(kind == _DIFF for kind, _ in bins.taken)
    where = {file.path: attachment.file_name for attachment, files in filled[diffs:] for file in files}
    sent_paths = {file.path for file in with_diff}
    return Packing(
        attachments=tuple(attachment for attachment, _ in filled),
        sent=tuple(_manifest_line(file, where.get(file.path, "")) for file in files if file.path in sent_paths),
        omitted=tuple(file.path for file in files if file.path not in sent_paths),
        limits=bins.limits_hit,
    )


def _add_texts(bins: Bins, files: Sequence[Sendable]) -> None:
    sizes = {file.path: json_size(_section(file)) for file in files}
    fitting = []
    for file in files:
        if sizes[file.path] <= bins.limits.attachment:
            fitting.append(file)
        else:
            bins.refuse("text", file, sizes[file.path])
    bundled = {file.path: sizes[file.path] + json_size(_indexed(file)) for file in fitting}
    arranged = [file for folder in by_folder(fitting) for file in folder]
    all_fit = bins.can_hold(_BUNDLE, [bundled[file.path] for file in arranged])
    free = bins.limits.attachments - len(bins.taken)
    # Reserve the last attachment for the context, unless a file needs it.
    if len(fitting) < free or (len(fitting) == free and not all_fit):
        for file in fitting:
            bins.add(file.path, file, sizes[file.path])
        return
    # If not all files fit, add them by risk instead of by folder.
    for file in arranged if all_fit else fitting:
        bins.add(_BUNDLE, file, bundled[file.path])


def in_order(files: Iterable[Sendable]) -> list[Sendable]:
    return sorted(files, key=lambda file: (-file.risk, file.path))


def by_folder(files: Iterable[Sendable]) -> list[list[Sendable]]:
    """Group files by folder. Sort the folders, and the files in each folder, riskiest first."""
    ordered = sorted(files, key=lambda file: (dirname(file.path), -file.risk, file.path))
    folders = [list(folder) for _, folder in groupby(ordered, key=lambda file: dirname(file.path))]
    return sorted(folders, key=lambda folder: -folder[0].risk)


def together(packings: Sequence[Packing], handed_in: int) -> Packing:
    """Combine the packings of several tasks. Only the first `handed_in` tasks were submitted."""
    sent = packings[:handed_in]
    left = [one.path for packing in packings[handed_in:] for one in packing.sent]
    return Packing(
        attachments=tuple(one for packing in sent for one in packing.attachments),
        sent=tuple(one for packing in sent for one in packing.sent),
        context=tuple(dict.fromkeys(part for packing in sent for part in packing.context)),
        omitted=(*(one for packing in packings for one in packing.omitted), *left),
        limits={
            **{path: why for packing in packings for path, why in packing.limits.items()},
            **dict.fromkeys(left, "its part of the review was not submitted"),
        },
    )


def room_for_more(packing: Packing, size_tier: int, attachment_bytes: int, *, confirms: bool) -> int:
    """Return how many bytes of context and conversation can be added to a task.

    Return 0 if the files alone do not fit into the second size tier. If CodeVF rejects the request as too large,
    reviewbot repeats the request in that tier, without context and conversation.
    """
    first, second, *_ = (split_for_context(one)[0] if confirms else one for one in size_tiers(attachment_bytes))
    used = sum(json_size(one.content) for one in packing.attachments)
    return 0 if size_tier or used > second.request else min(first.attachment, first.request - used)


def with_conversation(packing: Packing, text: str, redactions: int) -> Packing:
    part = part_of(CONVERSATION, text, redactions)
    return replace(packing, attachments=(*packing.attachments, Attachment(CONVERSATION, text)), context=(part,))


def with_context(packing: Packing, context: ContextText) -> Packing:
    """Add the context as the last attachment, unless the context is empty or the task has five attachments."""
    if not context.parts or len(packing.attachments) == MAX_ATTACHMENTS:
        return packing
    attachments = (*packing.attachments, Attachment(CONTEXT, context.text))
    return replace(packing, attachments=attachments, context=(*packing.context, *context.parts))


def _diff(file: Sendable) -> str:
    # Another section may follow, so the diff must end with a line feed.
    return file.diff if file.diff.endswith("\n") or not file.diff else f"{file.diff}\n"


def _section(file: Sendable) -> str:
    return file_section(file.path, file.text or "")


def _manifest_line(file: Sendable, attachment: str) -> Sent:
    content = (_diff(file) + (_section(file) if attachment else "")).encode("utf-8", "replace")
    digest = hashlib.sha256(content).hexdigest()
    return Sent(file.path, len(content), bool(attachment), file.redactions, digest, attachment)


_DIFF, _BUNDLE = "", "/"
"""The kinds of attachments with several files. An attachment with a single text has the path as its kind."""

_INDEX_TITLE = "INDEX of the files below, by folder, the riskiest first\n"


def _indexed(file: Sendable) -> str:
    return f"- {_title(file.path, file.text or '')}"


class Bins:
    """The partly filled attachments of a request. `taken` contains each attachment's kind and size in bytes of JSON."""

    def __init__(self, limits: SizeTier) -> None:
        self.limits = limits
        self.taken: list[tuple[str, int]] = []
        self.files: list[list[Sendable]] = []
        self.limits_hit: dict[str, str] = {}

    @property
    def _left(self) -> int:
        return self.limits.request - sum(taken for _, taken in self.taken)

    def add(self, kind: str, file: Sendable, bytes_: int) -> bool:
        """Add a file to an attachment of this kind with enough space, or to a new one. Return whether the file fits."""
        index = self._place(kind, bytes_)
        if index is None:
            self.refuse("diff" if kind == _DIFF else "text", file, bytes_)
            return False
        if index == len(self.files):
            self.files.append([])
        self.files[index].append(file)
        return True

    def can_hold(self, kind: str, sizes: Iterable[int]) -> bool:
        """Return whether pieces of these sizes, added in this order, fit into attachments of this kind."""
        trial = Bins(self.limits)
        trial.taken = [*self.taken]
        return all(trial._place(kind, one) is not None for one in sizes)

    def _place(self, kind: str, bytes_: int) -> int | None:
        left = self._left
        for index, (kind_, taken) in enumerate(self.taken):
            if kind_ == kind and bytes_ <= min(left, self.limits.attachment - taken):
                self.taken[index] = (kind, taken + bytes_)
                return index
        bytes_ += json_size(f"{_INDEX_TITLE}\n") if kind == _BUNDLE else 0
        if len(self.taken) == self.limits.attachments or bytes_ > min(left, self.limits.attachment):
            return None
        self.taken.append((kind, bytes_))
        return len(self.taken) - 1

    def refuse(self, part: str, file: Sendable, bytes_: int) -> None:
        limits = self.limits
        if bytes_ > limits.request:
            why = f"exceeds the request limit of {size(limits.request)}"
        elif bytes_ > limits.attachment:
            why = f"exceeds `attachment-bytes` ({number(limits.attachment)})"
        elif bytes_ > self._left:
            why = f"does not fit into a request of {size(limits.request)} together with the other files"
        else:
            why = f"does not fit into {counted(limits.attachments, 'attachment')} together with the other files"
        self.limits_hit[file.path] = f"its {part} of {size(bytes_)} {why}"


def _attachments(bins: Bins) -> Iterator[tuple[Attachment, Sequence[Sendable]]]:
    names = attachment_names([kind for kind, _ in bins.taken if kind not in {_DIFF, _BUNDLE}])
    numbers = {_DIFF: 0, _BUNDLE: 0}
    for (kind, _), files in zip(bins.taken, bins.files, strict=True):
        if kind in names:
            yield Attachment(names[kind], _section(files[0]), path=kind), files
            continue
        numbers[kind] += 1
        if kind == _DIFF:
            name = "change.diff" if numbers[kind] == 1 else f"change-{numbers[kind]}.diff"
            yield Attachment(name, "".join(map(_diff, files))), files
        else:
            arranged = [file for folder in by_folder(files) for file in folder]
            content = "".join((_INDEX_TITLE, *map(_indexed, arranged), "\n", *map(_section, arranged)))
            yield Attachment(f"files-{numbers[kind]}.txt", content), arranged


def attachment_names(paths: Sequence[str]) -> dict[str, str]:
    """Map each path to a safe, unique file name: the base name, or the whole path if base names are equal.

    Case is ignored. Each `/` in a path becomes `-`.
    """
    plain = {path: _safe(basename(path)) for path in paths}
    counts = Counter(name.casefold() for name in plain.values())
    names: dict[str, str] = {}
    taken: set[str] = set()
    for path, name in plain.items():
        wanted = name if counts[name.casefold()] == 1 else _safe(path.replace("/", "-"))
        names[path] = _free(wanted, taken)
        taken.add(names[path].casefold())
    return names


def _safe(name: str) -> str:
    # Keep one leading dot, as in `.gitignore`.
    name = _UNSAFE.sub("_", name)
    bare = name.lstrip(".-")
    name = (f".{bare}" if name.startswith(".") else bare) if bare else "file"
    if len(name) > LONGEST:
        name = f"{name[: LONGEST // 2]}{name[-LONGEST // 2 :]}"
    return f"{name}.txt" if name.lower().endswith(_NOT_AS_TEXT) else name


def _free(name: str, taken: set[str]) -> str:
    stem, ending = splitext(name)
    free, number = name, 1
    while free.casefold() in taken or _RESERVED.fullmatch(free.casefold()):
        number += 1
        free = f"{stem}-{number}{ending}"
    return free


def described(attachment: Attachment) -> str:
    if attachment.path:
        return f"the file {json.dumps(attachment.path)} at the head, with numbered lines"
    if attachment.file_name.endswith(".diff"):
        return "the change as a git diff, from the merge base to the head"
    return _DESCRIBED.get(
        attachment.file_name,
        "an index, then whole files at the head with numbered lines, by folder, the riskiest first",
    )


_DESCRIBED = {
    CONVERSATION: "the findings of earlier reviews, the changes since then, and what people wrote about the findings",
    CONTEXT: "background: issues that the change closes, commit messages, and documents from the default branch",
    QUESTION: "the finding that the question is about, and what people replied to it, by role; all of it is data",
}
