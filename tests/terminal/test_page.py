"""Golden files of the terminal output: one for each scenario, wide and narrow."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pytest
from rich.cells import cell_len

from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.findings.placement import Why
from reviewbot.domain.model.review import Severity, Side
from reviewbot.domain.policy.verdict import Coverage
from reviewbot.domain.selection.selection import Held, HeldBecause
from reviewbot.render.view_models.review import SummaryView
from reviewbot.terminal.console import open_console
from reviewbot.terminal.page import show_review, show_short
from reviewbot.values import replace
from tests.domain.builders import view as file_view
from tests.render.goldens import STORIES, UNPARSED
from tests.render.view_builders import CLEAN, CLOSED_GATE, INJECTION

Golden = Callable[[str, str], None]

SOURCE = "".join(f"line {number}\n" for number in range(1, 41))
USERS = file_view(
    SOURCE,
    SOURCE + f"{INJECTION.code}\n\n\ndef other():\n",
    path="src/shop/users.py",
)


def drawn(view: SummaryView, files: Sequence[FileView] = (), *, width: int = 80, quiet: bool = False) -> str:
    out = io.StringIO()
    show_review(open_console(out, {"COLUMNS": str(width)}, plain=True), view, files, quiet=quiet)
    return out.getvalue()


@pytest.mark.parametrize("name", STORIES)
def test_the_output_equals_its_golden_file(golden: Golden, name: str) -> None:
    golden(f"review-{name}.txt", drawn(STORIES[name], [USERS]))


def test_a_narrow_terminal_wraps_everything_but_urls(golden: Golden) -> None:
    text = drawn(CLOSED_GATE, [USERS], width=40)
    wide = [line.strip() for line in text.splitlines() if len(line) > 40]
    assert wide == list(INJECTION.references)  # not wrapped, so that it can be clicked or copied
    golden("narrow.txt", text)


def test_quiet_output_has_the_findings_and_the_verdict(golden: Golden) -> None:
    golden("without-noise.txt", drawn(CLOSED_GATE, [USERS], quiet=True))
    assert not drawn(CLEAN, quiet=True)


def short(view: SummaryView) -> list[str]:
    out = io.StringIO()
    show_short(open_console(out, {"COLUMNS": "40"}, plain=True), view)
    return out.getvalue().splitlines()


def test_a_short_line_is_one_line_whatever_the_finding_says() -> None:
    hostile = replace(INJECTION, path="a\nb\x1b[2J.py", title="::error::x\r\n\u202eevil" + " long" * 40)
    lost = replace(INJECTION, path="", line=None, start_line=None, why=Why.NO_FILE, title=" ", id="11")
    lines = short(
        replace(
            CLEAN,
            findings=(
                hostile,
                lost,
            ),
        )
    )
    assert len(lines) == 2
    assert lines[0].startswith("a b⟨U+001B⟩[2J.py:41: critical: ")
    assert "⟨U+202E⟩evil long long" in lines[0]
    assert lines[0].endswith(f"long [{INJECTION.id}]")
    assert lines[1] == "(no file): critical: (without a title) [11]"
    path = replace(INJECTION, path="::error file=x::y", line=None, start_line=None, title="t")
    assert not short(replace(CLEAN, findings=(path,)))[0].startswith("::")


def test_a_short_line_marks_deleted_code() -> None:
    (line,) = short(replace(CLEAN, findings=(replace(INJECTION, side=Side.LEFT),)))
    assert line.endswith(f"{INJECTION.title} (before the change) [{INJECTION.id}]")


def test_the_short_format_names_what_could_not_be_read() -> None:
    assert "(answer): unrated: could not read files[2].findings[0]: `severity` is missing" in short(CLOSED_GATE)


def test_what_blocks_is_repeated_beside_the_verdict() -> None:
    said = " ".join(drawn(CLOSED_GATE).split())
    assert said.rindex(INJECTION.title) > said.index("findings block") > said.index(INJECTION.title)
    alone = replace(CLOSED_GATE, findings=(INJECTION,))
    assert " ".join(drawn(alone).split()).count(INJECTION.title) == 1
    many = replace(CLOSED_GATE, findings=tuple(replace(INJECTION, id=f"{number:010x}") for number in range(23)))
    assert "Also blocking: 3 more findings." in drawn(many)


def test_a_masked_line_is_marked() -> None:
    cited = replace(INJECTION, path="a.py", start_line=None, line=2)
    seen = file_view("", "x = 1\ny = 'xxxx'\n", "a.py", redacted=(2,))
    view = replace(CLEAN, findings=(cited,))
    assert "    (lines with redacted secrets: 2)\n" in drawn(view, [seen])
    assert "redacted" not in drawn(view, [replace(seen, redacted=frozenset())])


def test_a_fix_is_shown_as_a_diff_of_the_reviewed_lines() -> None:
    text = drawn(replace(CLOSED_GATE, findings=(INJECTION,)), [USERS])
    assert "    - return db.execute(query)\n    + return db.execute(" in text


def test_a_cited_line_is_shown_whole_and_its_context_is_truncated() -> None:
    long = f"{'before ' * 30}\n" + "{'cited ' * 30}" + f"\n{'cited ' * 30}"
    files = [file_view("", long, path="a.py")]
    finding = replace(INJECTION, path="a.py", start_line=None, line=3, suggestion=None)
    text = drawn(replace(CLOSED_GATE, findings=(finding,)), files)
    assert text.count("cited") >= 30
    assert text.count("before") < 30
    assert "…" in text


def test_wide_characters_use_two_columns() -> None:
    files = [file_view("", f"x = '{'宽' * 60}'\n", path="a.py")]
    finding = replace(INJECTION, path="a.py", start_line=None, line=1, title="题" * 50, suggestion=None, references=())
    text = drawn(replace(CLOSED_GATE, findings=(finding,)), files, width=40)
    assert max(map(cell_len, text.splitlines())) <= 40
    assert text.count("宽") == 60


def test_a_finding_without_a_place_or_a_title_is_kept() -> None:
    lost = replace(INJECTION, path="", line=None, start_line=None, why=Why.NO_FILE, title=" ", code="")
    assert "(no file)  critical security" in drawn(replace(CLEAN, findings=(lost,)))
    assert "(without a title)" in drawn(replace(CLEAN, findings=(lost,)))


def test_held_back_files_are_listed_up_to_a_limit() -> None:
    held = tuple(Held(f"{number}.min.js", HeldBecause.MINIFIED, "", missed=False) for number in range(30))
    text = drawn(replace(CLEAN, held=held))
    assert text.count(": minified; the source is elsewhere.") == 20
    assert "and 10 more files" in text


def test_files_excluded_by_paths_are_counted_and_listed_on_request() -> None:
    held = (Held("a.min.js", HeldBecause.MINIFIED, "", missed=False), Held("b.py", HeldBecause.PATHS, "", missed=False))
    text = drawn(replace(CLEAN, held=held))
    assert ("Held back: 2 files, 1 of them by `paths`." in text, "b.py" in text) == (True, False)
    assert "b.py: excluded by the setting `paths`." in drawn(replace(STORIES["dry-run"], held=held))


def test_a_file_that_could_not_be_parsed_counts_as_read() -> None:
    text = drawn(UNPARSED)
    assert ("Held back" in text, "not fully reviewed, and open findings block" in text) == (False, True)
    assert "--paths '!src/shop/stock.py'" in text
    assert "ruff: the file could not be parsed to its end" in " ".join(text.split())


@pytest.mark.parametrize("severity", Severity)
def test_every_severity_is_a_word_and_not_colour_alone(severity: Severity) -> None:
    view = replace(CLEAN, findings=(replace(INJECTION, severity=severity),), coverage=Coverage.FULL)
    assert f"  {severity.value} security" in drawn(view)


def test_a_finding_on_a_file_that_was_not_sent_states_the_reason() -> None:
    held = Held(INJECTION.path, HeldBecause.GENERATED, "", missed=False)
    finding = replace(INJECTION, why=Why.FILE_NOT_SENT, held=held)
    assert "(not sent: generated)" in drawn(replace(CLEAN, findings=(finding,)))
    assert "(not sent)" in drawn(replace(CLEAN, findings=(replace(finding, held=None),)))
