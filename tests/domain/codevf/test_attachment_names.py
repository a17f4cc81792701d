"""Attachment names: safe and unique base names, also of hostile paths."""

from __future__ import annotations

import re

import pytest
from codevf.models.attachment import Attachment
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.codevf.attachments import CONTEXT, CONVERSATION, LONGEST, QUESTION, attachment_names, described
from reviewbot.domain.model.review import Attachment as Sent

PARTS = st.text(max_size=12) | st.sampled_from(
    [
        "..",
        ".",
        "a.py",
        "A.py",
        "x.PNG",
        "x.pdf",
        ".gitignore",
        ".png",
        "..a",
        "change.diff",
        "files-1.txt",
        CONVERSATION,
        "a" * 300,
        "a-2.py",
        "\x1b[2J",
        "-rf",
    ]
)


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["src/app.py", ".github/workflows/ci.yml"], ["app.py", "ci.yml"]),
        (["src/app.py", "lib/app.py"], ["src-app.py", "lib-app.py"]),
        (["src/App.py", "lib/app.py", "src-app.py"], ["src-App.py", "lib-app.py", "src-app-2.py"]),
        (["a b/ü.py", "a_b/é.py"], ["a_b-_.py", "a_b-_-2.py"]),
        (["x/..", "Makefile", "y/Makefile"], ["file", "Makefile", "y-Makefile"]),
        (["change.diff", "logo.png", "a.PDF"], ["change.diff.txt", "logo.png.txt", "a.PDF.txt"]),
        ([CONVERSATION, "Files-1.txt"], ["conversation-2.md", "Files-1-2.txt"]),
        ([QUESTION, "a/Question.txt"], ["question-2.txt", "a-Question.txt"]),
        (["a\u202e\n\x00b\\c.py"], ["a_b_c.py"]),
        ([".env.example"], [".env.example"]),
        ([".gitignore", "a/.editorconfig"], [".gitignore", ".editorconfig"]),
        (["a b/.gitignore", "a_b/.gitignore"], ["a_b-.gitignore", "a_b--2.gitignore"]),
        (["..a", "-.b", ".-c", "..."], [".a", "b", ".c", "file"]),
    ],
)
def test_a_name_is_the_base_name_made_safe_and_unique(paths: list[str], names: list[str]) -> None:
    assert list(attachment_names(paths).values()) == names


def test_a_long_name_keeps_its_ending() -> None:
    (name,) = attachment_names([f"src/{'a' * 300}.py"]).values()
    assert len(name) == LONGEST
    assert name.endswith("a.py")


@given(st.lists(st.lists(PARTS, min_size=1, max_size=4).map("/".join), max_size=4, unique=True))
def test_any_path_gets_a_name_that_codevf_accepts(paths: list[str]) -> None:
    names = attachment_names(paths)
    assert list(names) == paths
    assert len({name.casefold() for name in names.values()}) == len(paths)
    for name in names.values():
        assert re.fullmatch(r"\.?[A-Za-z0-9_][A-Za-z0-9._-]*", name)
        assert len(name) <= LONGEST + 10
        assert not name.lower().endswith(".diff")
        assert not re.fullmatch(r"conversation\.md|files-\d+\.txt", name, re.IGNORECASE)
        raw = {"fileName": name, "mimeType": "text/plain", "content": "not base64!"}
        assert Attachment.from_mapping(raw).category.name == "text"


def test_each_attachment_is_described() -> None:
    assert described(Sent("change.diff", "")).startswith("the change as a git diff")
    assert described(Sent("a.py", "", path="a\n.py")).startswith('the file "a\\n.py"')
    assert described(Sent("question-2.txt", "", path=QUESTION)).startswith('the file "question.txt"')
    assert described(Sent(QUESTION, "")).startswith("the finding")
    assert described(Sent(CONVERSATION, "")).startswith("the findings of earlier reviews")
    assert described(Sent(CONTEXT, "")).startswith("background: issues")
    assert described(Sent("files-1.txt", "")).startswith("an index, then whole files")
