"""A review at a terminal: each finding with its code and fix, then the verdict, the files and the cost."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from rich.cells import chop_cells
from rich.console import Console
from rich.text import Text

from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.diff.text_index import split_lines
from reviewbot.domain.findings.placement import UNVERIFIED, SuggestionState, Why
from reviewbot.domain.findings.tracked_finding import FindingState
from reviewbot.domain.model.review import Severity, Side
from reviewbot.domain.policy.verdict import Outcome, Reason, Status, Verdict
from reviewbot.domain.selection.selection import WHY_HELD, Held, HeldBecause
from reviewbot.domain.text.bounds import first_lines
from reviewbot.domain.text.formatting import counted, duration, moment, number, size
from reviewbot.render.renderer import Renderer
from reviewbot.render.view_models.excerpts import Excerpt, Excerpts
from reviewbot.render.view_models.exclusions import exclusions
from reviewbot.render.view_models.review import FindingView, SummaryView
from reviewbot.render.view_models.truncation import NAMED, worst_first
from reviewbot.terminal.console import code, say, say_hint, shown
from reviewbot.values import replace

STYLES = {
    Severity.UNRATED: "bold magenta",
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "bold yellow",
    Severity.LOW: "bold blue",
    Severity.INFO: "bold cyan",
}

_INDENT = 2
_MOST_BLOCKING = 20
_MOST_HELD = 20
_MOST_SENT = 200


def show_review(console: Console, view: SummaryView, files: Sequence[FileView], *, quiet: bool = False) -> None:
    """Print a review. With `quiet`, print only the findings and the verdict.

    If there are no findings and the exit status is 0, `quiet` also omits the verdict.
    """
    excerpts, findings = Excerpts(files), worst_first(view.findings)
    if view.sum is None:
        _show_remembered(console, findings)
    else:
        for finding in findings:
            _show_finding(console, finding, excerpts.of(finding))
    for leftover in view.leftovers:
        console.print()
        say(console, shown(f"Could not read {leftover.where}: {leftover.why}", "bold magenta"), hang=_INDENT)
        say(console, leftover.text, indent=_INDENT)
    if quiet and not findings and view.outcome.exit_status == 0:
        return
    _show_verdict(console, view)
    if not quiet:
        _show_past(console, view)
        _show_manifest(console, view)
        _show_cost(console, view)


def show_short(console: Console, view: SummaryView) -> None:
    """Print a line `path:line: severity: title [id]` for each finding, and a line for each unreadable item."""
    lines = [_short_line(finding) for finding in worst_first(view.findings)]
    lines += [shown(f"(answer): unrated: could not read {one.where}: {one.why}") for one in view.leftovers]
    for line in lines:
        console.print(line, soft_wrap=True)


def show_missed(console: Console, view: SummaryView) -> None:
    """Print a line `path: reason` for each file if no file could be reviewed. Other verdicts already list the files."""
    missed = view.missed if view.outcome.reason is Reason.PARTIAL and view.outcome.message else ()
    for one in missed[:_MOST_HELD]:
        console.print(shown(f"{one.path}: {_why_held(one)}"), soft_wrap=True)
    if len(missed) > _MOST_HELD:
        say(console, f"and {counted(len(missed) - _MOST_HELD, 'more file')}")


def _short_line(finding: FindingView) -> Text:
    where = (finding.path or "(no file)") + (f":{finding.first_line}" if finding.first_line is not None else "")
    deleted = " (before the change)" if finding.side is Side.LEFT and finding.first_line is not None else ""
    return shown(f"{where}: {finding.severity.value}: {_title(finding).plain}{deleted} [{finding.id}]")


def _show_remembered(console: Console, findings: Sequence[FindingView]) -> None:
    """List the open findings from earlier reviews while this review has no answer."""
    if findings:
        console.print()
        say(console, "Open findings from earlier reviews:")
    for finding in findings:
        line = Text.assemble(shown(_place(finding)), "  ", (finding.severity.value, STYLES[finding.severity]), "  ")
        say(console, line + _title(finding), indent=_INDENT, hang=_INDENT)


def _title(finding: FindingView, style: str = "") -> Text:
    return shown(finding.title.strip() or "(without a title)", style)


def _show_finding(console: Console, finding: FindingView, excerpt: Excerpt) -> None:
    console.print()
    # Path and line come first, as in compiler output, so that terminals and editors can open the location.
    line = Text.assemble(
        shown(_place(finding), "underline"),
        "  ",
        (finding.severity.value, STYLES[finding.severity]),
        f" {finding.category.value}" if finding.category else "",
        ("  carried" if finding.carried else "", "italic"),
        (", its code has changed" if finding.state is FindingState.CHANGED else "", "italic"),
        ("  blocks" if finding.blocks else "", "red"),
        (f"  {finding.id}", "dim"),
    )
    say(console, line, hang=_INDENT)
    say(console, _title(finding, "bold"), indent=_INDENT)
    _show_code(console, excerpt)
    explanation, note = finding.explanation.strip(), finding.note.strip()
    if excerpt.lines and (explanation or note):
        console.print()
    if explanation:
        say(console, explanation, indent=_INDENT)
    if note:
        say(console, f"The reviewer: {note}", indent=_INDENT, hang=_INDENT)
    _show_fix(console, finding, excerpt)
    for reference in (shown(one, "dim") for one in finding.references):
        if " " in reference.plain:
            say(console, reference, indent=_INDENT, hang=_INDENT)
        else:  # a URL is not wrapped, so that it can be clicked and copied
            console.print(Text(" " * _INDENT) + reference, soft_wrap=True)


def _place(finding: FindingView) -> str:
    if not finding.path:
        return "(no file)"
    first = finding.first_line
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
    if redacted := ", ".join(str(line.number) for line in excerpt.lines if line.redacted):
        say(console, f"(lines with redacted secrets: {redacted})", "dim", indent=_INDENT * 2)
    if excerpt.more:
        say(console, f"… {counted(excerpt.more, 'more line')}", "dim", indent=_INDENT * 2)


def _show_line(console: Console, gutter: str, text: str, style: str, *, whole: bool = True) -> None:
    """Print a line of code next to its gutter. If `whole`, a long line is wrapped; otherwise, it is truncated."""
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
    say(console, "Fix:" if fits else "Suggestion (to apply by hand):", "bold", indent=_INDENT)
    for line in excerpt.lines if fits else ():
        if line.cited:
            _show_line(console, "    - ", line.text, "red")
    lines = split_lines(finding.suggestion)
    for text in lines:
        _show_line(console, "    + " if fits else " " * 4, text, "green")
    if not lines and not fits:
        say(console, "(delete the lines)", "dim", indent=_INDENT * 2)


def _show_verdict(console: Console, view: SummaryView) -> None:
    title, hint = words_of(view)
    console.print()
    say(console, shown(title, _style(view.outcome)))
    counts = [(severity, count) for severity, count in (view.counts or {}).items() if count]
    if counts:
        words = [Text.assemble(f"{number(count)} ", (severity.value, STYLES[severity])) for severity, count in counts]
        say(console, Text(", ").join(words), indent=_INDENT)
    _show_blocking(console, view)
    say_hint(console, hint, indent=_INDENT)
    if view.wait:
        when = f"{moment(view.wait.submitted_at)}, {duration(view.wait.elapsed_seconds)} ago"
        say(console, f"Submitted {when}. State: {view.wait.state}.", indent=_INDENT)
    for text in filter(str.strip, view.degraded):
        say(console, text, indent=_INDENT)


def _show_blocking(console: Console, view: SummaryView) -> None:
    """List the blocking findings again next to the verdict, because the findings themselves may have scrolled away."""
    blocking = [one for one in worst_first(view.findings) if one.blocks]
    if view.sum is None or len(view.findings) == 1:
        return
    for finding in blocking[:_MOST_BLOCKING]:
        say(console, _short_line(finding), indent=_INDENT, hang=_INDENT)
    if len(blocking) > _MOST_BLOCKING:
        more = counted(len(blocking) - _MOST_BLOCKING, "more finding")
        say(console, f"Also blocking: {more}.", indent=_INDENT)


def words_of(view: SummaryView) -> tuple[str, str]:
    """Return the outcome's title and explanation, worded for a terminal."""
    return Renderer().words(replace(view, pull_number=0))


def _style(outcome: Outcome) -> str:
    if outcome.status is Status.PENDING or outcome.reason is Reason.DRY_RUN:
        return "bold yellow"
    return "bold green" if outcome.verdict is Verdict.PASS or outcome.status is Status.SKIPPED else "bold red"


def _show_past(console: Console, view: SummaryView) -> None:
    if summary := view.reviewer_summary.strip():
        say(console, summary if view.reviewer == "local" else f"The reviewer: {summary}", "dim", indent=_INDENT)
    if view.progress and view.progress.beyond:
        more = counted(view.progress.beyond, "more open finding")
        say(console, f"{more} from earlier reviews. Only their severity is known.", indent=_INDENT)
    lines = [(f"{one.state.value.capitalize()}: {_place(one)}: {one.title}", "") for one in view.closed]
    lines += [(f"Waived by {one.waived_by}: {_place(one)}: {one.title}", "") for one in view.waived]
    lines += [(f"Duplicate of {one.original}: {one.title}", "dim") for one in view.duplicates]
    lines += [(f"Notice: {notice}", "yellow") for notice in view.notices]
    for line, style in lines:
        say(console, line, style, indent=_INDENT)


def _show_manifest(console: Console, view: SummaryView) -> None:
    names_all = view.outcome.reason is Reason.DRY_RUN
    if view.sent:
        sent = "sent" if view.reviewer == "codevf" else "selected"
        sent = f"Would be {sent}" if names_all else sent.capitalize()
        size_of_all = f", {size(sum(one.bytes for one in view.sent))}" if view.reviewer == "codevf" else ""
        secrets = sum(one.redactions for one in view.sent)
        say(console, f"{sent}: {counted(len(view.sent), 'file')}{size_of_all}{_redacted(secrets)}.", "dim")
    if view.context:
        names = first_lines([one.name for one in view.context], _MOST_SENT, 80)
        size_of_all = size(sum(one.bytes for one in view.context))
        redacted = _redacted(sum(one.redactions for one in view.context))
        say(console, f"Context: {', '.join(names)}, {size_of_all}{redacted}.", "dim")
    read_in_part = [one for one in view.missed if one not in view.held_back]
    if read_in_part and view.outcome.reason is not Reason.PARTIAL:  # otherwise, the verdict lists the files
        say(console, f"Not fully reviewed: {counted(len(read_in_part), 'file')}.")
        _list(console, [(one.path, _why_held(one), "") for one in read_in_part], _MOST_HELD)
    if names_all:
        rows = [(one.path, f"{size(one.bytes)}{'' if one.whole else ', only the diff'}", one) for one in view.sent]
        _list(console, [(path, text + _redacted(one.redactions), "") for path, text, one in rows], _MOST_SENT)
    held = view.held_back
    is_listed = view.outcome.reason is Reason.PARTIAL and not view.outcome.message
    above = view.missed[:NAMED] if is_listed else ()  # the verdict lists these files
    below = [one for one in held if one not in above]
    listed = [one for one in below if names_all or one.reason != HeldBecause.PATHS]
    if held:
        left_out = len(below) - len(listed)
        of_them = f"{number(left_out)} of them " if listed else ""
        by_paths = f", {of_them}by `paths`" if left_out else ""
        say(console, f"Held back: {counted(len(held), 'file')}{by_paths}.", "dim")
    lines = [
        (one.path, f"{_why_held(one)}{' NOT REVIEWED.' * one.missed}", "" if one.missed else "dim") for one in listed
    ]
    _list(console, lines, _MOST_HELD)


def _redacted(secrets: int) -> str:
    return f", {counted(secrets, 'secret')} redacted" if secrets else ""


def _list(console: Console, rows: Sequence[tuple[str, str, str]], most: int) -> None:
    for path, remark, style in rows[:most]:
        say(console, shown(f"{path}: {remark}", style), indent=_INDENT, hang=_INDENT)
    if len(rows) > most:
        say(console, f"and {counted(len(rows) - most, 'more file')}", "dim", indent=_INDENT)


def _why_held(held: Held) -> str:
    detail = f" ({held.detail})" if held.detail else ""
    if held.reason is HeldBecause.BINARY:
        pattern = "".join(exclusions([held.path]))
        option = f": --paths {shlex.quote(pattern)}" if pattern else " with `--paths`"
        how = f"if it is text, remove its NUL bytes; otherwise, exclude it{option}"
        detail = (
            f"{detail}, so it cannot be reviewed; {how}" if held.missed else ", without readable text; no action needed"
        )
    return f"{WHY_HELD[held.reason]}{detail}."


def _show_cost(console: Console, view: SummaryView) -> None:
    if view.route:
        say(console, f"Rule: {view.route}.", "dim")
    if view.cost is None:
        return
    held = counted(view.cost.hold, "credit")
    size = f" Size: {view.cost.size}." if view.cost.size else ""
    if view.outcome.reason is Reason.DRY_RUN:
        by_expertise = ", before the expertise multiplier" if view.cost.expertise else ""
        say(console, f"The review would reserve {held}{by_expertise}.{size}", "dim")
        return
    if view.cost.used is None and view.wait is not None:
        say(console, f"Cost: {held} are reserved until the review finishes.{size}", "dim")
        return
    used = "used: not reported" if view.cost.used is None else f"{number(view.cost.used)} used"
    took = f" The answer took {counted(view.minutes, 'minute')}." if view.minutes else ""
    say(console, f"Cost: {held} reserved, {used}.{took}{size}", "dim")
