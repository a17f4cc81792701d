"""Decide where each finding is shown, and give each finding an id.

Quoted code is compared with the redacted text that was sent. The findings of a review of another head are placed by
their code on the current head.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar
from urllib import parse

from msgspec import Struct

from reviewbot.domain.diff.parse import unquote
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.diff.text_index import Block, line_feeds, quoted_lines, split_lines, strip_gutter
from reviewbot.domain.findings.markers import finding_id
from reviewbot.domain.findings.tracked_finding import MAX_TITLE, TrackedFinding
from reviewbot.domain.github.drafts import LineTarget
from reviewbot.domain.model.review import Finding, Severity, Side
from reviewbot.domain.redaction.redactor import has_redaction
from reviewbot.domain.selection.file_kinds import is_protected
from reviewbot.domain.text.escaping import code_text
from reviewbot.domain.text.strict_json import Whole
from reviewbot.values import replace

MAX_FINGERPRINT_LINES = 30
"""The maximum number of lines of code that identify a finding."""


class Why(StrEnum):
    """How a finding's lines were found, or why there is no comment on lines. `why.md.j2` contains the texts."""

    CITED = "cited"
    QUOTED = "quoted"
    OTHER_SIDE = "other-side"
    SHRUNK = "shrunk"
    NO_LINE = "no-line"
    LINE_NOT_IN_DIFF = "line-not-in-diff"
    QUOTE_NOT_FOUND = "quote-not-found"
    FILE_NOT_IN_CHANGE = "file-not-in-change"
    FILE_NOT_SENT = "file-not-sent"
    NO_FILE = "no-file"
    BELOW_THRESHOLD = "below-threshold"
    OVER_LIMIT = "over-limit"
    REFUSED = "refused"
    HEAD_MOVED = "head-moved"
    CLOSED = "closed"


UNVERIFIED = frozenset({Why.FILE_NOT_IN_CHANGE, Why.FILE_NOT_SENT, Why.NO_FILE})
"""Reasons why the cited lines cannot be compared with the text that was sent."""


class SuggestionState(StrEnum):
    """Whether a suggestion can be committed."""

    NONE = "none"
    COMMITTABLE = "committable"
    SHOWN = "shown"


class OnLines(Struct, frozen=True):
    """A comment on lines of the diff. GitHub rejects comments on other lines."""

    target: LineTarget
    why: Why


class OnFile(Struct, frozen=True):
    """A comment on the whole file. `line` is the position of the code at the head, if known."""

    path: str
    why: Why
    line: int | None = None


class InSummary(Struct, frozen=True):
    """An entry in the summary. `at` is the placement that the comment would have had."""

    why: Why
    at: OnLines | OnFile | None = None


class DuplicateOf(Struct, frozen=True):
    id: str


Placement = OnLines | OnFile | InSummary | DuplicateOf


class Placed(Struct, frozen=True):
    """A finding with its placement and its id.

    Attributes:
        side: the side where the code was found, or else the side that the reviewer cited.
        block: the digest of the code as sent, or None if the code is unknown.
        in_file: the path of the changed file that contains the finding, or None.
        root: the id derived from the file, category and code, which several findings can share.
    """

    id: str
    finding: Finding
    placement: Placement
    suggestion: SuggestionState
    side: Side = Side.RIGHT
    block: Block | None = None
    in_file: str | None = None
    root: str = ""


class PlacementRules(Struct, frozen=True):
    """The settings that limit comments. `comment_from` is the lowest severity with a comment.

    An unrated finding counts as the highest severity, because it may be critical.
    """

    comment_from: Severity = Severity.LOW
    max_comments: Whole = 30


class _Found(Struct, frozen=True):
    """The lines of a finding. The first `count` lines are the finding's code."""

    side: Side
    first: int
    last: int
    count: int
    why: Why


def place(
    findings: Sequence[Finding], views: Sequence[FileView], rules: PlacementRules, instance: str = ""
) -> tuple[Placed, ...]:
    """Place every finding, in the given order.

    Of two equal findings, the more severe one is kept, so that a duplicate never hides a blocking finding. Ids differ
    between instances, so that a `waive` command applies to only one instance.
    """
    by_path = {view.old_path: view for view in views} | {view.path: view for view in views}
    # Compare the code itself, because anyone can create two pieces of code with the same id.
    originals: dict[tuple[tuple[str, ...], str], str] = {}
    more: defaultdict[int, list[str]] = defaultdict(list)
    placed: dict[int, Placed] = {}
    for index in sorted(range(len(findings)), key=lambda index: findings[index].severity.rank):
        finding = findings[index]
        view = _file_of(finding, by_path)
        found = _locate(finding, view) if view else None
        material = _fingerprint(finding, view, found)
        original = originals.get((material, finding.title))
        if original is not None:
            placed[index] = Placed(original, finding, DuplicateOf(original), SuggestionState.NONE)
            more[int(original)].append(finding.explanation)
            continue
        identifier = originals[material, finding.title] = str(index)
        placed[index] = _original(identifier, finding, view, found, finding_id(*material, *filter(None, (instance,))))
    placed |= {index: _with_texts(placed[index], texts) for index, texts in more.items()}
    return assign_ids(_limited([placed[index] for index in range(len(findings))], rules), {})


def _with_texts(item: Placed, more: Sequence[str]) -> Placed:
    texts = dict.fromkeys((item.finding.explanation, *more))
    return replace(item, finding=replace(item.finding, explanation="\n\n".join(filter(str.strip, texts))))


_Entry = TypeVar("_Entry")


def find_by_path(path: str, by_path: Mapping[str, _Entry]) -> _Entry | None:
    """Return the entry for a path, or None. The path may be quoted or have a prefix such as `a/`."""
    return next((by_path[name] for name in _spellings(path) if name in by_path), None)


def _spellings(path: str) -> Iterator[str]:
    return (name.removeprefix(prefix) for name in (path, unquote(path)) for prefix in ("", "./", "/", "a/", "b/"))


def _file_of(finding: Finding, views: Mapping[str, FileView]) -> FileView | None:
    """Return the file of a finding, or None. If several names match, only one file may contain the quoted code.

    The author of the change chooses the file names. For example, `b/src/a.py` can be a file name, or `src/a.py` with
    git's prefix. Prose may contain only the last word of the file name `x src/a.py`.
    """
    names = dict.fromkeys((*_spellings(finding.path), *(one for one in views if _reads_as(one, finding.path))))
    found = {views[name].path: views[name] for name in names if name in views}
    if len(found) > 1:
        quote = quoted_lines(finding.code)
        found = {path: view for path, view in found.items() if quote and _has(view, quote)}
    return next(iter(found.values())) if len(found) == 1 else None


def _reads_as(name: str, path: str) -> bool:
    """Return whether `path` can be what remains of the file name `name` after parsing prose."""
    found = [one for one in _written_as(name) if path and path in one]
    return bool(found) and any(re.search(rf"(?<![\w./-]){re.escape(path)}(?![\w/-]|\.\w)", one) for one in found)


def _written_as(name: str) -> Iterator[str]:
    """Yield spellings of a name in prose: with `/` for each backslash, with `%` decoded, and quoted as in a diff."""
    yield name.replace("\\", "/")
    if "%" in name:
        yield parse.unquote(name)
    if not name.isascii():
        yield re.sub(
            r"[^\x00-\x7f]", lambda one: "".join(f"/{byte:o}" for byte in one[0].encode("utf-8", "replace")), name
        )


def _has(view: FileView, quote: Sequence[str]) -> bool:
    return any(True for side in Side for _ in view.index[side].nearest(quote, 1))


def _original(identifier: str, finding: Finding, view: FileView | None, found: _Found | None, root: str) -> Placed:
    placement = _placement(finding, view, found)
    code = _code_of(view, found) if view and found else ()
    return Placed(
        identifier,
        finding,
        placement,
        _suggestion_state(finding, view, placement),
        found.side if found else finding.side,
        Block.of(code) if any(code) else None,  # blank lines are everywhere
        view.path if view else None,
        root,
    )


def _fingerprint(finding: Finding, view: FileView | None, found: _Found | None) -> tuple[str, ...]:
    """Return what identifies a finding. The line number is excluded, so that moved code gets no second comment."""
    category = finding.category.value if finding.category else ""
    path = view.old_path if view else finding.path
    if view and found:
        code = _code_of(view, found)
        ordinal = view.index[found.side].ordinal(found.first, len(code))
        # A moved line is on both sides. A finding about the deletion differs from a finding about the new position.
        where = str(ordinal) if found.side is Side.RIGHT else f"{found.side.value} {ordinal}"
        return (path, category, "\n".join(code), where)
    quote = "\n".join(quoted_lines(finding.code))
    return (path, category, quote or finding.title, "")


def _code_of(view: FileView, found: _Found) -> tuple[str, ...]:
    return view.index[found.side].block(found.first, min(found.count, MAX_FINGERPRINT_LINES))


def _locate(finding: Finding, view: FileView) -> _Found | None:
    quote, cited, index = quoted_lines(finding.code), finding.line, view.index[finding.side]
    if cited is not None and (index.starts_with(quote, cited) if quote else cited in index.folded):
        # Reviewers cite lines past the end of a file.
        last = max(cited, min(max(finding.end_line or cited, cited + len(quote) - 1), index.last))
        return _Found(finding.side, cited, last, len(quote) or last - cited + 1, Why.CITED)
    for side, why in ((finding.side, Why.QUOTED), (finding.side.other, Why.OTHER_SIDE)) if quote else ():
        matches = list(view.index[side].nearest(quote, cited or 1))
        in_diff = [first for first in matches if view.part_in_one_hunk(side, first, first + len(quote) - 1)]
        for first in (in_diff or matches)[:1]:
            return _Found(side, first, first + len(quote) - 1, len(quote), why)
    return None


def _placement(finding: Finding, view: FileView | None, found: _Found | None) -> OnLines | OnFile | InSummary:
    if view is None:
        return InSummary(Why.FILE_NOT_IN_CHANGE if finding.path else Why.NO_FILE)
    if found is None:
        unquoted = Why.NO_LINE if finding.line is None else Why.LINE_NOT_IN_DIFF
        return OnFile(view.path, Why.QUOTE_NOT_FOUND if quoted_lines(finding.code) else unquoted)
    part = view.part_in_one_hunk(found.side, found.first, found.last)
    if part is None:
        line = found.first if found.side is Side.RIGHT else None
        return OnFile(view.path, Why.LINE_NOT_IN_DIFF, line)
    first, last = part
    why = found.why if (first, last) == (found.first, found.last) else Why.SHRUNK
    start = first if first < last else None
    return OnLines(LineTarget(path=view.path, side=found.side, line=last, start_line=start), why)


def _suggestion_state(finding: Finding, view: FileView | None, placement: Placement) -> SuggestionState:
    """A committable suggestion must replace exactly the code that the reviewer quotes."""
    if finding.suggestion is None:
        return SuggestionState.NONE
    if not isinstance(placement, OnLines) or view is None or finding.existing_code is None or is_protected(view.path):
        return SuggestionState.SHOWN
    target = placement.target
    if placement.why is Why.SHRUNK or target.side is Side.LEFT or not _is_code(finding.suggestion):
        return SuggestionState.SHOWN
    numbers = range(target.start_line or target.line, target.line + 1)
    if not view.redacted.isdisjoint(numbers):
        return SuggestionState.SHOWN
    there = [view.exact[number].removesuffix("\r") for number in numbers]
    return SuggestionState.COMMITTABLE if _same_code(finding.existing_code, there) else SuggestionState.SHOWN


_UNSEEN = re.compile("[\ufe0e\ufe0f]")
"""Variation selectors, which can change a name invisibly."""


def _is_code(suggestion: str) -> bool:
    """Return whether a suggestion contains no invisible text, no redaction and no line numbers."""
    hidden = code_text(suggestion) != suggestion
    lines = split_lines(suggestion)
    return not (hidden or _UNSEEN.search(suggestion) or has_redaction(suggestion) or strip_gutter(lines) != lines)


def _same_code(existing: str, there: Sequence[str]) -> bool:
    lines = split_lines(existing)
    return list(lines) == list(there) or list(strip_gutter(lines)) == list(there)


def in_summary(item: Placed, why: Why) -> Placed:
    """Move a finding to the summary, unless it is a duplicate."""
    if isinstance(item.placement, OnLines | OnFile):
        return replace(item, placement=InSummary(why, item.placement))
    return item


def _limited(placed: Sequence[Placed], rules: PlacementRules) -> Iterator[Placed]:
    wanted = [
        index
        for index, item in enumerate(placed)
        if isinstance(item.placement, OnLines | OnFile) and item.finding.severity.at_least(rules.comment_from)
    ]
    kept = set(sorted(wanted, key=lambda index: placed[index].finding.severity.rank)[: rules.max_comments])
    for index, item in enumerate(placed):
        why = Why.OVER_LIMIT if item.finding.severity.at_least(rules.comment_from) else Why.BELOW_THRESHOLD
        yield item if index in kept else in_summary(item, why)


Words = tuple[str, Block | None]
"""The title, as the ledger stores it, and the digest of the code. They distinguish findings with the same id."""


def remembered(records: Iterable[TrackedFinding]) -> dict[str, Words]:
    """Return the titles and code of the findings in the ledger, by id."""
    return {record.id: (_written(record.title), record.block) for record in records}


def said(placed: Iterable[Placed]) -> dict[str, Words]:
    """Return the titles and code of the findings of an answer, by id."""
    return {item.id: _words(item) for item in placed if not isinstance(item.placement, DuplicateOf)}


def assign_ids(placed: Iterable[Placed], known: Mapping[str, Words]) -> tuple[Placed, ...]:
    """Give each finding its earlier id, or else an unused one. This is idempotent.

    A different finding on the same code must not get the same id, or it would inherit the first finding's waiver.
    """
    placed = tuple(placed)
    ids: dict[str, str] = {}
    taken: set[str] = set()
    originals = (item for item in placed if not isinstance(item.placement, DuplicateOf))
    for item in sorted(originals, key=lambda one: one.finding.severity.rank):
        words, identifier = _words(item), item.root or item.id
        while identifier in taken or known.get(identifier, words) != words:
            identifier = finding_id(identifier, item.finding.title)
        ids[item.id] = identifier
        taken.add(identifier)
    return tuple(_under(item, ids.get(item.id, item.id)) for item in placed)


def _words(item: Placed) -> Words:
    return _written(item.finding.title), item.block


def _written(title: str) -> str:
    """Return a title as the ledger stores it: truncated, and without lone surrogates."""
    return title[:MAX_TITLE].encode("utf-8", "replace").decode()


def _under(item: Placed, identifier: str) -> Placed:
    if isinstance(item.placement, DuplicateOf):
        return replace(item, id=identifier, placement=DuplicateOf(identifier))
    return replace(item, id=identifier)


def without_quote(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the paths of files whose lines a finding cites without quoting the code."""
    cited = (one.path for one in findings if _is_only_cited(one) and one.side is Side.RIGHT)
    return tuple(dict.fromkeys(path for path in cited if path))


def _is_only_cited(finding: Finding) -> bool:
    return finding.line is not None and not quoted_lines(finding.code)


def quoted(finding: Finding, texts: Mapping[str, str]) -> Finding:
    """Add the cited code to a finding about another head.

    `texts` contains the files at that head by path. If the file is missing, the finding loses its line number.
    """
    if finding.line is None or not _is_only_cited(finding):
        return replace(finding, end_line=finding.line)
    lines = split_lines(texts.get(finding.path, "")) if finding.side is Side.RIGHT else ()
    code = line_feeds("\n".join(lines[finding.line - 1 : finding.end_line or finding.line]))
    cited = finding.line if quoted_lines(code) else None
    return replace(finding, code=code, line=cited, end_line=cited)


def relocated(item: Placed) -> Placed:
    """Move a finding to the summary if its code was not found on the current head.

    Such a finding gets the digest of the quote, because a later push can restore the code.
    """
    quote = quoted_lines(item.finding.code)[:MAX_FINGERPRINT_LINES]
    if quote and item.block is None:
        item = replace(item, block=Block.of(quote))
    if isinstance(item.placement, OnFile) and item.placement.why is not Why.LINE_NOT_IN_DIFF:
        return in_summary(item, Why.HEAD_MOVED)
    return item
