"""A megabyte in every field of every view: each template fits, whatever fields a view has.

The views are built from the types of their fields, so a new field is covered without a change here.
"""

from __future__ import annotations

import gzip
import json
import re
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from reviewbot.domain.diff.parse import DiffLine, Hunk, LineKind
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.policy.verdict import Reason
from reviewbot.domain.text.size_limits import (
    CHECK,
    COMMENT,
    FINDING,
    FINDING_STATE,
    MESSAGE,
    PAGE,
    PROMPT,
    REPORT,
    SUMMARY,
    SizeLimit,
)
from reviewbot.exports.rdjson import rdjson
from reviewbot.exports.report import report_json
from reviewbot.exports.sarif import MAX_GZIPPED, sarif
from reviewbot.render import report
from reviewbot.render.colours import Colours
from reviewbot.render.renderer import Renderer
from reviewbot.render.view_models.command import AnnouncementView, AnswerView, QuestionView
from reviewbot.render.view_models.review import (
    CommentView,
    FindingStateView,
    FindingView,
    PromptView,
    ReplyView,
    SummaryView,
)
from reviewbot.values import replace
from tests.hostile.built import TRUSTED, Building, texts_of
from tests.hostile.corpus import ATTACKS

MEGABYTE = 1_000_000
MIXTURE = "".join(ATTACKS)
TEXTS: Mapping[str, str] = {
    "letters": "x" * MEGABYTE,
    "mixture": (MIXTURE * (MEGABYTE // len(MIXTURE) + 1))[:MEGABYTE],
    "dollars": "$" * MEGABYTE,  # Markdown makes fourteen characters of one
    "tags": "\U000e0001" * MEGABYTE,  # shown as nine characters and thirteen bytes
    "emoji": "\U0001f600" * MEGABYTE,
    "backticks": "`a" * (MEGABYTE // 2),
    "lines": "@x\n" * (MEGABYTE // 3),
    "address": "https://example.test/" + "(" * MEGABYTE,
}
TITLE = 255
ABBREVIATED = ("head_sha", "reviewed_sha", "since", "closed_at", "awaited", "language", "id")
"""Commits, which are abbreviated, and names of blocks and anchors, which are not shown."""


@dataclass(frozen=True)
class Writer:
    """One text that reviewbot writes.

    Attributes:
        view: its view.
        write: renders it, the title (empty without one) and the text.
        room: size limit of the text.
        begins: field of the view that the text begins with, empty without one.
    """

    view: type
    write: Callable[[Renderer, Any], tuple[str, str]]
    room: SizeLimit
    begins: str = ""


WRITERS: Mapping[str, Writer] = {
    "summary": Writer(SummaryView, lambda renderer, view: ("", renderer.summary(view).text), SUMMARY, "mark"),
    "check": Writer(SummaryView, Renderer.check, CHECK),
    "job summary": Writer(SummaryView, lambda renderer, view: ("", renderer.job_summary(view)), PAGE),
    "terminal": Writer(SummaryView, lambda renderer, view: ("", renderer.terminal(view)), PAGE),
    "html": Writer(SummaryView, lambda renderer, view: ("", renderer.html(view)), REPORT),
    "review body": Writer(SummaryView, lambda renderer, view: ("", renderer.review_body(view, view.mark)), COMMENT),
    "comment": Writer(CommentView, lambda renderer, view: ("", renderer.comment(view)), FINDING, "mark"),
    "finding state": Writer(FindingStateView, lambda renderer, view: ("", renderer.finding_state(view)), FINDING_STATE),
    **{
        name: Writer(kind, lambda renderer, view: ("", renderer.post(view)), COMMENT, "mark")
        for name, kind in {"answer": AnswerView, "reply": ReplyView, "announcement": AnnouncementView}.items()
    },
    "annotation": Writer(FindingView, Renderer.annotation, MESSAGE),
    "agent prompt": Writer(SummaryView, lambda renderer, view: ("", renderer.agent_prompt(view)), PAGE),
    "question": Writer(QuestionView, lambda renderer, view: ("", renderer.question(view)), PROMPT),
    "prompt": Writer(PromptView, lambda renderer, view: ("", renderer.prompt(view)), PROMPT),
}


def test_every_writer_of_the_renderer_is_listed() -> None:
    names = {name for name in vars(Renderer) if not name.startswith("_")} - {
        "check_overrides",
        "words",
        "answer_words",  # the first paragraph of an answer
        "statistics",  # its texts are bounded where the ledgers are read
    }
    posts = {"answer", "reply", "announcement"}
    assert {"post" if name in posts else name.replace(" ", "_") for name in WRITERS} == names


@pytest.mark.parametrize(
    ("name", "text", "rows"),
    [
        # `make test` has each writer with one text, and each text in Markdown, plain text and HTML.
        pytest.param(name, text, rows, marks=() if rows == 1 and often else pytest.mark.proof)
        for text, rows in (*((text, 1) for text in TEXTS), ("mixture", 4), ("tags", 4))
        for name in WRITERS
        for often in [text == "mixture" or name in {"summary", "terminal", "html"}]
    ],
)
def test_a_megabyte_in_every_field_fits(renderer: Renderer, name: str, text: str, rows: int) -> None:
    writer = WRITERS[name]
    view = Building(lambda _: TEXTS[text], rows).of(writer.view)
    began = time.process_time()
    title, written = writer.write(renderer, view)
    assert time.process_time() - began < 40
    assert writer.room.size(written) <= writer.room.limit
    assert len(title.encode("utf-16-le")) // 2 <= TITLE
    if writer.begins:
        assert written.startswith(getattr(view, writer.begins))


def changed_files(path: Callable[[int], str], count: int) -> list[FileView]:
    """Return files with one added line each."""
    hunk = Hunk((DiffLine(LineKind.ADDED, "x = 1", None, 1),))
    return [FileView(path(number), path(number), (hunk,)) for number in range(count)]


MANY_FILES = {
    "ordinary names": changed_files(lambda number: f"src/package{number // 50}/modules/module{number}.py", 17_000),
    "names that grow when they are escaped": changed_files(lambda number: f"{'<' * 100}{number}", 6000),
    "long former names": [
        replace(file, old_path="&" * MEGABYTE) for file in changed_files(lambda number: f"{number}.py", 30)
    ],
}


@pytest.mark.parametrize("files", MANY_FILES.values(), ids=MANY_FILES)
def test_the_page_fits_however_many_files_have_changed(renderer: Renderer, files: Sequence[FileView]) -> None:
    view = Building(lambda _: "x", 0).of(SummaryView)
    html = renderer.html(view, files)
    assert REPORT.size(html) <= REPORT.limit
    listed = html.count('<section class="file"')
    assert f"{len(files):,} files without findings" in html
    assert (f"And {len(files) - listed:,} more files" in html) is (listed < len(files))


def test_the_smallest_page_names_no_file_and_counts_them_all() -> None:
    files = changed_files(lambda number: f"{number}.py", 3)
    view = Building(lambda _: "x", 0).of(SummaryView)
    *_, smallest = report.contexts_of(view, files, Colours().of, lambda _: "")
    assert (smallest["others"], smallest["others_count"], smallest["others_unnamed"]) == ((), 3, 3)


@pytest.mark.proof
@pytest.mark.parametrize("choice", range(len(Reason)))
def test_overlong_fields_fit_for_every_outcome(renderer: Renderer, choice: int) -> None:
    view = Building(lambda _: "$" * 70_000, 1, choice).of(SummaryView)
    assert view.outcome.reason is list(Reason)[choice]
    for writer in (WRITERS["summary"], WRITERS["check"]):
        _, written = writer.write(renderer, view)
        assert writer.room.size(written) <= writer.room.limit


@pytest.mark.proof
@pytest.mark.parametrize("name", WRITERS)
def test_thousands_of_findings_need_little_memory(renderer: Renderer, name: str) -> None:
    writer = WRITERS[name]
    view = Building(lambda _: TEXTS["mixture"], 3).of(writer.view)
    tracemalloc.start()
    try:
        writer.write(renderer, view)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 100_000_000


@pytest.mark.parametrize("name", WRITERS)
def test_truncated_text_is_marked(renderer: Renderer, name: str) -> None:
    """Each text has a unique start; where it is shown, an ellipsis or a number of characters follows."""
    writer = WRITERS[name]
    names = {place.rpartition(".")[2] for place in texts_of(writer.view)} - {*TRUSTED, *ABBREVIATED}
    starts = {field: f"{number:03}zzz" for number, field in enumerate(sorted(names))}
    view = Building(lambda field: starts.get(field, "0" * 40) + "y" * MEGABYTE, 1).of(writer.view)
    _, written = writer.write(renderer, view)
    shown = re.findall(r"\d{3}zzzy*(?=([\s\S]{0,60}))", written)
    assert shown
    for after in shown:
        assert after.startswith("…") or "cut here" in after, after


@pytest.mark.proof
@pytest.mark.parametrize("text", TEXTS)
def test_the_json_report_has_each_text_of_a_finding_and_the_other_files_fit(text: str) -> None:
    view = Building(lambda _: TEXTS[text], 1).of(SummaryView)
    [finding] = json.loads(report_json(view, version="0", review_url=None))["findings"]
    expected = TEXTS[text].encode("utf-8", "replace").decode("utf-8")  # UTF-8 has no lone surrogates
    for name in ("title", "explanation", "code", "suggestion", "path"):
        assert finding[name] == expected, name
    assert json.loads(rdjson(view))
    assert len(gzip.compress(sarif(view, version="0", review_url=None).encode("utf-8", "replace"), 1)) <= MAX_GZIPPED
