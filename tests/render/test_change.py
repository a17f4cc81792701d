"""The change as the page's data: each line whole and in colour, nothing that ends the element, and a bounded size."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.diff.parse import parse_diff
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.render.colours import PIECE, Colours
from reviewbot.render.html_escaping import data
from reviewbot.render.report import Heading, Runs, anchor, written
from tests.hostile.corpus import CORPUS, Kind

DIFF = """\
diff --git a/src/old.py b/src/new.py
similarity index 50%
rename from src/old.py
rename to src/new.py
--- a/src/old.py
+++ b/src/new.py
@@ -8,3 +8,4 @@ def f():
     more words
-    \"\"\"
+    and \N{PARTY POPPER} more\"\"\"
+    return None  # nothing
 x = 1
"""


def view(diff: str = DIFF, text: str | None = None) -> FileView:
    file = parse_diff(diff)[0]
    return FileView(file.path, file.old_path, file.hunks, text)


def plain(_: str, lines: Sequence[str]) -> Sequence[Runs]:
    return [((line, " "),) for line in lines]


def test_a_heading_counts_the_lines_and_names_the_old_file() -> None:
    headings, code = written([view()], plain)
    assert headings == {"src/new.py": Heading("src/old.py", added=2, deleted=1, entry=0)}
    rows = [
        " " + "    more words",
        '-    """',
        '+    and \N{PARTY POPPER} more"""',
        "+    return None  # nothing",
        " x = 1",
    ]
    assert json.loads(code) == [[[8, 8, rows]]]


def test_a_crlf_ends_a_line_and_a_lone_carriage_return_is_shown() -> None:
    diff = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1,3 @@\n-a\r\n+b\r\n+c\rd\r\n+e\r\r\n"
    file = parse_diff(diff)[0]
    for text in (None, "b\r\nc\rd\r\ne\r\r\n"):
        _, code = written([FileView("x", "x", file.hunks, text)], plain)
        assert json.loads(code)[0][0][2] == ["-a", "+b", "+c⟨U+000D⟩d", "+e⟨U+000D⟩"]


def test_lengths_are_utf_16_units_and_colours_use_the_lines_above_the_hunk() -> None:
    head = 'def f():\n    """Words.\n' + "\n" * 5 + '    more words\n    and \N{PARTY POPPER} more"""\n'
    whole = head + "    return None  # nothing\nx = 1\n"
    (((_, _, rows),),) = json.loads(written([view(text=whole)], Colours().of)[1])
    assert rows[2] == ['+    and \N{PARTY POPPER} more"""', "18s"]
    assert rows[3] == ["+    return None  # nothing", "4 6k1 4k2 9c"]


@given(
    st.lists(
        st.text(st.sampled_from("ab \t\"'#/*<\x0b\x0c\x85\u2028\r\N{PARTY POPPER}{}()=1"), max_size=12), max_size=8
    )
)
def test_colours_change_no_line(lines: list[str]) -> None:
    for path in ("a.py", "a.html", "a.yml", "a.unknown", "Dockerfile"):
        assert ["".join(text for text, _ in runs) for runs in Colours().of(path, lines)] == lines


def test_code_is_coloured_in_pieces_until_the_time_limit() -> None:
    ticks = count()
    lines = ["x = 1" + " " * (PIECE // 2)] * 9
    coloured = [len(runs) > 1 for runs in Colours(lambda: next(ticks), seconds=3).of("a.py", lines)]
    assert coloured == [True] * 3 + [False] * 6
    assert all(len(runs) == 1 for runs in Colours().of("a.py", ["x = 1" + " " * PIECE]))


@pytest.mark.proof
@pytest.mark.parametrize(
    ("path", "piece"),
    [("A.java", "a "), ("a.tf", "-"), ("a.js", "'\\")],
)
def test_pathological_code_is_highlighted_in_seconds(path: str, piece: str) -> None:
    began = time.process_time()
    Colours(seconds=0.1).of(path, [piece * (PIECE // len(piece) // 4)] * 100)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("kind", Kind)
def test_the_data_cannot_end_its_element_and_is_read_back_unchanged(kind: Kind) -> None:
    for evil in CORPUS[kind]:
        text = data([evil])
        assert not set(text) & set("<>&\u2028\u2029\n")
        assert json.loads(text) == [evil]
        text.encode()


def test_files_beyond_the_space_are_headings_only() -> None:
    files = [FileView(f"{number}.py", f"{number}.py", view().hunks) for number in range(5)]
    size = len(written(files[:1], plain)[1].encode())
    headings, code = written([*files, FileView("mode.sh", "mode.sh", ())], plain, room=2 * size)
    assert [one.entry for one in headings.values()] == [0, 1, None, None, None, None]
    assert len(json.loads(code)) == 2


def test_a_file_has_the_same_address_in_every_report() -> None:
    assert anchor("src/a.py") == "file-4cb4854bf9d4"
    assert anchor("src/\ud800.py") != anchor("src/a.py")


def test_the_action_starts_without_importing_the_highlighter() -> None:
    loaded = "import sys, reviewbot.render; print('pygments' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
