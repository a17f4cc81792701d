"""A review at a terminal: each finding with its code and its fix, then what it came to, what was sent and the cost."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import chop_cells
from rich.console import Console
from rich.text import Text

from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.diff.text_index import split_lines
from reviewbot.domain.findings.placement import UNVERIFIED, SuggestionState, Why
from reviewbot.domain.findings.tracked_finding import FindingState
from reviewbot.domain.model.review import Leftover, Severity, Side
from reviewbot.domain.policy.verdict import Reason
from reviewbot.domain.selection.selection import HeldBecause, held_sentence
from reviewbot.domain.text.formatting import counted, number, size
from reviewbot.render.view_models.excerpts import Excerpt, Excerpts
from reviewbot.render.view_models.review import FindingView, HeldView, SentView, SummaryView
from reviewbot.render.view_models.truncation import every_finding
from reviewbot.terminal.console import code, say, say_command, shown
from reviewbot.terminal.words import Mood, saying

STYLES = {
    Severity.UNRATED: "bold magenta",
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "bold yellow",
    Severity.LOW: "bold blue",
    Severity.INFO: "bold cyan",
}
MOODS = {Mood.GOOD: "bold green", Mood.BAD: "bold red", Mood.OPEN: "bold yellow"}

UNTITLED = "(without a title)"

_INDENT = 2
_MOST_HELD = 20
_MOST_SENT = 200


def show_review(console: Console, view: SummaryView, files: Sequence[FileView], *, quiet: bool = False) -> None:
    """Print a review.

    Args:
        console: where.
        view: the whole story.
        files: as they were sent, for the code around the findings.
        quiet: without what was sent and what it cost; nothing at all when there is nothing to say.
    """
    excerpts, findings = Excerpts(files), every_finding(view.files)
    if view.sum is None:
        _show_remembered(console, findings)
    else:
        for finding in findings:
            show_finding(console, finding, excerpts.of(finding))
    for leftover in view.leftovers:
        _show_leftover(console, leftover)
    if quiet and not findings and view.outcome.exit_status == 0:
        return
    _show_verdict(console, view)
    if not quiet:
        _show_past(console, view)
        _show_manifest(console, view)
        _show_cost(console, view)


def _show_remembered(console: Console, findings: Sequence[FindingView]) -> None:
    """The open findings of earlier reviews, in short: this one has no answer, and that is what matters."""
    if findings:
        console.print()
        say(console, "Open, from the reviews before:")
    for finding in findings:
        line = Text.assemble(shown(place(finding)), "  ", (finding.severity.value, STYLES[finding.severity]), "  ")
        say(console, line + shown(finding.title.strip() or UNTITLED), indent=_INDENT, hang=_INDENT)


def show_finding(console: Console, finding: FindingView, excerpt: Excerpt) -> None:
    """A finding: where, how bad, what, the code, why, and what to do about it."""
    console.print()
    _show_place(console, finding)
    say(console, shown(finding.title.strip() or UNTITLED, "bold"), indent=_INDENT)
    _show_code(console, excerpt)
    if excerpt.lines and (finding.explanation.strip() or finding.note.strip()):
        console.print()
    if finding.explanation.strip():
        say(console, finding.explanation.strip(), indent=_INDENT)
    if finding.note.strip():
        say(console, f"The reviewer: {finding.note.strip()}", indent=_INDENT, hang=_INDENT)
    _show_fix(console, finding, excerpt)
    for reference in finding.references:
        _show_reference(console, reference)


def _show_place(console: Console, finding: FindingView) -> None:
    """Path and line first, as compilers do it, so that terminals and editors find the place."""
    line = Text.assemble(
        shown(place(finding), "underline"),
        "  ",
        (finding.severity.value, STYLES[finding.severity]),
        f" {finding.category.value}" if finding.category else "",
        ("  carried" if finding.carried else "", "italic"),
        (", its code has changed" if finding.standing is FindingState.CHANGED else "", "italic"),
        ("  closes the gate" if finding.blocks else "", "red"),
        (f"  {finding.id}", "dim"),
    )
    say(console, line, hang=_INDENT)


def place(finding: FindingView) -> str:
    """The finding's file and line, as far as they are known."""
    if not finding.path:
        return "(no file named)"
    first = finding.line if finding.start_line is None else finding.start_line
    where = finding.path if first is None else f"{finding.path}:{first}"
    if finding.side is Side.LEFT and first is not None:
        return f"{where} (before the change)"
    if finding.why is Why.FILE_NOT_SENT:
        return f"{where} (not sent{f': {finding.held.reason}' if finding.held else ''})"
    then = " when it was found" if finding.carried else ""
    return f"{where} (not in the change{then})" if finding.why in UNVERIFIED else where


def _show_code(console: Console, excerpt: Excerpt) -> None:
    width = max((len(str(line.number)) for line in excerpt.lines if line.number), default=0)
    for line in excerpt.lines:
        gutter = f"  {'>' if line.cited else ' '} {line.number:>{width}} | " if line.number else " " * 4
        whole = line.cited or line.number is None
        _show_line(console, gutter, line.text, "" if whole else "dim", whole=whole)
    if excerpt.more:
        say(console, f"… {counted(excerpt.more, 'more line')}", "dim", indent=_INDENT * 2)


def _show_line(console: Console, gutter: str, text: str, style: str, *, whole: bool = True) -> None:
    """A line of code beside its gutter: one that matters goes on below where it is too long, another is cut."""
    line, room = code(text).rstrip(), max(10, console.width - len(gutter))
    pieces = chop_cells(line, room) if whole else [line]
    for at, piece in enumerate(pieces or [""]):
        shown_line = Text(f"{' ' * len(gutter) if at else gutter}{piece}".rstrip(), style=style)
        shown_line.truncate(console.width, overflow="ellipsis")
        console.print(shown_line)


def _show_fix(console: Console, finding: FindingView, excerpt: Excerpt) -> None:
    if finding.suggestion is None:
        return
    fits = finding.suggestion_state is SuggestionState.COMMITTABLE
    say(console, "Fix:" if fits else "Suggestion (it does not fit as it is):", "bold", indent=_INDENT)
    for line in excerpt.lines if fits else ():
        if line.cited:
            _show_line(console, "    - ", line.text, "red")
    lines = split_lines(finding.suggestion)
    for text in lines:
        _show_line(console, "    + " if fits else " " * 4, text, "green")
    if not lines and not fits:
        say(console, "(nothing: delete the lines)", "dim", indent=_INDENT * 2)


def _show_reference(console: Console, reference: str) -> None:
    """An address stays in one piece, however narrow the terminal: broken, it could be neither clicked nor copied."""
    line = shown(reference, "dim")
    if " " in line.plain:
        say(console, line, indent=_INDENT, hang=_INDENT)
    else:
        console.print(Text(" " * _INDENT) + line, soft_wrap=True)


def _show_leftover(console: Console, leftover: Leftover) -> None:
    console.print()
    say(console, shown(f"Could not be read: {leftover.where}: {leftover.why}", "bold magenta"), hang=_INDENT)
    say(console, leftover.text, indent=_INDENT)


def _show_verdict(console: Console, view: SummaryView) -> None:
    told = saying(view)
    console.print()
    say(console, shown(told.title, MOODS[told.mood]))
    counts = [(severity, count) for severity, count in (view.counts or {}).items() if count]
    if counts:
        words = [Text.assemble(f"{number(count)} ", (severity.value, STYLES[severity])) for severity, count in counts]
        say(console, Text(", ").join(words), indent=_INDENT)
    for line in told.more.split("\n"):
        if line.startswith("  "):
            say_command(console, line.strip())
        elif line:
            say(console, line, indent=_INDENT)
    for text in view.degraded:
        if text.strip():
            say(console, text, indent=_INDENT)


def _show_past(console: Console, view: SummaryView) -> None:
    if view.reviewer_summary.strip():
        say(console, f"The reviewer: {view.reviewer_summary.strip()}", "dim", indent=_INDENT)
    if view.progress and view.progress.beyond:
        told = counted(view.progress.beyond, "more open finding")
        say(console, f"{told} of earlier reviews, of which only the severity is remembered.", indent=_INDENT)
    for finding in view.closed:
        say(console, f"{finding.standing.value.capitalize()}: {place(finding)}: {finding.title}", indent=_INDENT)
    for finding in view.waived:
        say(console, f"Waived by {finding.waived_by}: {place(finding)}: {finding.title}", indent=_INDENT)
    for one in view.duplicates:
        say(console, f"Said already, by {one.original}: {one.title}", "dim", indent=_INDENT)
    for notice in view.notices:
        say(console, f"Notice: {notice}", "yellow", indent=_INDENT)


def _show_manifest(console: Console, view: SummaryView) -> None:
    """What left the building, or would, and what was held back and why."""
    names_all = view.outcome.reason is Reason.DRY_RUN
    if view.sent:
        say(console, f"{_sent(view)}.", "dim")
    if read_in_part := [one for one in view.missed if one not in view.held_back]:
        say(console, f"Not fully reviewed: {counted(len(read_in_part), 'file')}.")
        _list(console, [(one.path, why_held(one), "") for one in read_in_part], _MOST_HELD)
    if names_all:
        _list(console, [(one.path, _amount(one), "") for one in view.sent], _MOST_SENT)
    held = view.held_back
    told = [one for one in held if names_all or one.reason != HeldBecause.PATHS]
    if held:
        left_out = len(held) - len(told)
        by_paths = f", {number(left_out)} of them by `paths`" if left_out and told else ", by `paths`" * bool(left_out)
        say(console, f"Held back: {counted(len(held), 'file')}{by_paths}.", "dim")
    rows = [(one.path, f"{why_held(one)}{' NOT REVIEWED.' if one.missed else ''}") for one in told]
    _list(console, [(*row, "" if one.missed else "dim") for row, one in zip(rows, told, strict=True)], _MOST_HELD)


def _list(console: Console, rows: Sequence[tuple[str, str, str]], most: int) -> None:
    """Files, and a word on each: path, word, style."""
    for path, word, style in rows[:most]:
        say(console, shown(f"{path}: {word}", style), indent=_INDENT, hang=_INDENT)
    if len(rows) > most:
        say(console, f"and {counted(len(rows) - most, 'more file')}", "dim", indent=_INDENT)


def _amount(sent: SentView) -> str:
    """How much of a file would be sent."""
    redacted = f", {counted(sent.redactions, 'secret')} redacted" if sent.redactions else ""
    return f"{size(sent.bytes)}{'' if sent.whole else ', the diff alone'}{redacted}"


def _sent(view: SummaryView) -> str:
    verb = "sent" if view.reviewer == "codevf" else "selected"
    verb = f"Would be {verb}" if view.outcome.reason is Reason.DRY_RUN else verb.capitalize()
    redactions = sum(one.redactions for one in view.sent)
    redacted = f", {counted(redactions, 'secret')} redacted" if redactions else ""
    return f"{verb}: {counted(len(view.sent), 'file')}, {size(sum(one.bytes for one in view.sent))}{redacted}"


def why_held(held: HeldView) -> str:
    """Why a file was held back, in words; whether the review is short of it."""
    detail = f" ({held.detail})" if held.detail else ""
    sentence = held_sentence(held.reason).removesuffix(".")
    return f"{sentence}{detail}."


def _show_cost(console: Console, view: SummaryView) -> None:
    if view.cost is None:
        return
    held = counted(view.cost.hold, "credit")
    if view.outcome.reason is Reason.DRY_RUN:
        by_expertise = ", times what the expertise multiplies it by" if view.cost.expertise else ""
        say(console, f"It would hold {held}{by_expertise}.", "dim")
        return
    used = "used: not told yet" if view.cost.used is None else f"{number(view.cost.used)} used"
    took = f" The answer took {counted(view.minutes, 'minute')}." if view.minutes else ""
    say(console, f"Cost: {held} held, {used}.{took}", "dim")
