"""Build the contexts of the HTML report's templates."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources

from msgspec import Struct

from reviewbot.domain.diff.parse import DiffLine, Hunk, LineKind
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.diff.text_index import split_lines
from reviewbot.domain.findings.tracked_finding import FindingState
from reviewbot.domain.model.review import Category, Severity, Side
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.domain.text.escaping import visible
from reviewbot.domain.text.size_limits import REPORT, REPORT_DETAILS, Detail
from reviewbot.render import html_escaping
from reviewbot.render.contexts import of_summary
from reviewbot.render.dialects import Html
from reviewbot.render.html_escaping import data
from reviewbot.render.view_models.excerpts import Excerpt, Excerpts
from reviewbot.render.view_models.review import FindingView, SummaryView
from reviewbot.render.view_models.truncation import truncate_finding, worst_first
from reviewbot.values import replace

MAX_CODE_BYTES = 3_000_000
"""The maximum size of the code on the page in bytes, half of the page's maximum size."""

_TEXT_LIMIT = 8000
"""The maximum number of characters of a file that is colored as a whole, so that tokens can span several lines."""

_WIDTH = 1000
"""The maximum number of characters of a line."""

Runs = Sequence[tuple[str, str]]
"""The pieces of a line, each with its color."""

Paint = Callable[[str, Sequence[str]], Sequence[Runs]]
"""A function that colors the lines of the file at a path."""


class Heading(Struct, frozen=True):
    """The heading of a changed file. `entry` is the index of its code in the page's data, or None if it is left out."""

    old_path: str
    added: int
    deleted: int
    entry: int | None

    @property
    def is_left_out(self) -> bool:
        """Whether the file has code that is not on the page."""
        return self.entry is None and bool(self.added or self.deleted)


def anchor(path: str) -> str:
    """Return the HTML id of a file's section, which is the same in every report."""
    return f"file-{hashlib.sha256(path.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def written(files: Iterable[FileView], paint: Paint, room: int = MAX_CODE_BYTES) -> tuple[Mapping[str, Heading], str]:
    """Return the headings by path, and a JSON list with the code of the files that fit into `room` bytes."""
    headings: dict[str, Heading] = {}
    entries: list[str] = []
    for file in files:
        least = sum(len(line.text) for hunk in file.hunks for line in hunk.lines)
        text = data(list(_painted(file, paint))) if file.hunks and least <= room else ""
        size = len(text.encode())
        entry = len(entries) if text and size <= room else None
        kinds = Counter(line.kind for hunk in file.hunks for line in hunk.lines)
        old_path = file.old_path if file.old_path != file.path else ""
        headings[file.path] = Heading(old_path, kinds[LineKind.ADDED], kinds[LineKind.DELETED], entry)
        if entry is not None:
            entries.append(text)
            room -= size
    return headings, f"[{','.join(entries)}]"


def shown(text: str) -> str:
    """Truncate a line of code and make invisible characters visible."""
    return shorten_line(visible(text).replace("\n", " "), _WIDTH)


def _code(text: str) -> str:
    return shown(text.removesuffix("\r"))


def _painted(file: FileView, paint: Paint) -> Iterator[object]:
    """Yield each hunk as `[first old number, first new number, rows]`, with colored rows."""
    whole: Sequence[Runs] = ()
    if file.text is not None and len(file.text) <= _TEXT_LIMIT:
        whole = paint(file.path, [_code(line) for line in split_lines(file.text)])
    for hunk in file.hunks:
        left = _side(file.old_path, hunk, Side.LEFT, paint)
        right = dict(enumerate(whole, start=1)) or _side(file.path, hunk, Side.RIGHT, paint)
        starts = (hunk.numbers(side).start for side in (Side.LEFT, Side.RIGHT))
        yield [*starts, [_row(line, _runs(line, left, right)) for line in hunk.lines]]


def _side(path: str, hunk: Hunk, side: Side, paint: Paint) -> Mapping[int, Runs]:
    if side is Side.LEFT and all(line.kind is not LineKind.DELETED for line in hunk.lines):
        return {}
    known = {number: _code(line.text) for line in hunk.lines if (number := line.number(side)) is not None}
    return dict(zip(known, paint(path, list(known.values())), strict=True))


def _runs(line: DiffLine, left: Mapping[int, Runs], right: Mapping[int, Runs]) -> Runs:
    """Return the colored pieces of a line, or the plain line if the colored file has a different text there."""
    number, side = (line.old, left) if line.new is None else (line.new, right)
    runs, text = side.get(number or 0, ()), _code(line.text)
    return runs if "".join(part for part, _ in runs) == text else ((text, " "),)


def _row(line: DiffLine, runs: Runs) -> object:
    """Return a line with its diff sign, or `[line, "3k1 2s"]` with a color code after each length.

    The lengths are in UTF-16 units, as in JavaScript.
    """
    text = line.kind.value + "".join(part for part, _ in runs)
    if all(colour == " " for _, colour in runs):
        return text
    return [text, "".join(f"{len(part.encode('utf-16-le', 'replace')) // 2}{colour}" for part, colour in runs)]


_UNSAFE = re.compile("[^0-9A-Za-z_-]+")


class Card(Struct, frozen=True):
    """A finding on the page. `state` is `new`, `carried` or `changed`, and `anchor` is the finding's unique HTML id."""

    finding: FindingView
    anchor: str
    state: str
    excerpt: Excerpt


class Section(Struct, frozen=True):
    """A file on the page. `path` is empty for findings without a file, `heading` is None if the change lacks it."""

    path: str
    anchor: str
    cards: tuple[Card, ...]
    heading: Heading | None

    @property
    def worst(self) -> str:
        """The severity of the file's worst finding, or an empty string if the file has no findings."""
        return self.cards[0].finding.severity.value if self.cards else ""


def contexts_of(
    view: SummaryView, files: Sequence[FileView], paint: Paint, markdown: Callable[[FindingView], str]
) -> Iterator[dict[str, object]]:
    """Yield contexts for pages of decreasing size, and skip pages that cannot fit.

    Pass a view from `linked`. `markdown` returns the text for a finding's copy button.
    """
    findings = worst_first(view.findings)
    order = {finding.path: at for at, finding in reversed(list(enumerate(findings)))}
    files = sorted(files, key=lambda file: order.get(file.path, len(order) + len(findings)))
    headings, code = written(files, paint)
    fixed = {
        "script": Html(script()),
        "script_seal": Html(html_escaping.seal(script())),
        "is_quoted": not files,
    }
    excerpts = Excerpts(files)
    markdown = cache(markdown)  # most findings are the same in the next tier
    for detail in REPORT_DETAILS:
        if detail is REPORT_DETAILS[-1] or len(code) + _weight(findings, detail) <= REPORT.limit:
            cards = list(_cards(findings[: detail.full], excerpts, paint, detail))
            shown_files = _of_files(zip(findings, cards, strict=False), headings, detail)
            copied = {card.anchor: markdown(card.finding) for card in cards}
            rest = {
                "data": Html(f'{{"files":{code},"findings":{html_escaping.data(copied)}}}'),
                "left_out": max(0, len(findings) - detail.full),
            }
            yield of_summary(view, detail) | _filters(view, cards) | shown_files | fixed | rest


@cache
def script() -> str:
    """Return the page's script, which a repository cannot override."""
    folder = resources.files("reviewbot.render")
    return "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in ("report-code.js", "report.js"))


def _weight(findings: Sequence[FindingView], detail: Detail) -> int:
    """Return the minimum number of characters of the findings on the page, which contains each finding twice."""
    texts = (text for one in findings[: detail.full] for text in (one.explanation, one.suggestion or ""))
    return 2 * sum(min(len(text), detail.text) for text in texts)


def _filters(view: SummaryView, cards: Sequence[Card]) -> dict[str, object]:
    found = [(card.finding, card.state) for card in cards]
    found += [(one, "waived") for one in view.waived]
    found += [(one, one.state.value) for one in view.closed]
    return {
        "severities": tuple(one for one in Severity if any(finding.severity is one for finding, _ in found)),
        "categories": tuple(one.value for one in Category if any(finding.category is one for finding, _ in found)),
        "states": tuple(one for one in _STATES if any(state == one for _, state in found)),
    }


_STATES = ("new", "carried", "changed", "waived", "fixed", "gone")


def _cards(findings: Iterable[FindingView], excerpts: Excerpts, paint: Paint, detail: Detail) -> Iterator[Card]:
    taken: dict[str, int] = {}
    for finding in findings:
        excerpt = excerpts.of(finding)
        painted = paint(finding.path, [shown(line.text) for line in excerpt.lines])
        lines = tuple(replace(line, text=_html(runs)) for line, runs in zip(excerpt.lines, painted, strict=True))
        small, name = truncate_finding(finding, detail), f"finding-{_anchor(finding.id, taken)}"
        state = "changed" if finding.state is FindingState.CHANGED else "carried" if finding.carried else "new"
        yield Card(small, name, state, replace(excerpt, lines=lines))


def _anchor(text: str, taken: dict[str, int]) -> str:
    name = _UNSAFE.sub("-", text)[:60] or "x"
    taken[name] = taken.get(name, 0) + 1
    return name if taken[name] == 1 else _anchor(f"{name[:50]}-{taken[name]}", taken)


def _of_files(
    cards: Iterable[tuple[FindingView, Card]], headings: Mapping[str, Heading], detail: Detail
) -> dict[str, object]:
    """Return the sections of files with findings, worst first, and the sections of other files by name."""
    by_path: dict[str, list[Card]] = {}
    for finding, card in cards:
        by_path.setdefault(finding.path, []).append(card)
    others = sorted(headings.keys() - by_path)
    kept = sorted(sorted(others, key=lambda path: headings[path].entry is None)[: detail.rows])

    def section(path: str) -> Section:
        heading = headings.get(path)
        small = heading and replace(heading, old_path=shorten_line(heading.old_path, detail.line))
        return Section(shorten_line(path, detail.line), anchor(path), tuple(by_path.get(path, ())), small)

    return {
        "sections": tuple(map(section, by_path)),
        "others": tuple(map(section, kept)),
        "others_count": len(others),
        "others_unnamed": len(others) - len(kept),
        "others_left_out": sum(headings[path].is_left_out for path in kept),
    }


def _html(runs: Runs) -> Html:
    pieces = ((html_escaping.escaped(text), colour) for text, colour in runs)
    return Html("".join(text if colour == " " else f'<span class="{colour}">{text}</span>' for text, colour in pieces))
