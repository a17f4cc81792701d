"""Path filters match like GitHub's documentation, and `.gitattributes` like git itself."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.selection.path_filters import attributes_of, matches, names

# GitHub's cheat sheet: pattern, matching paths, other paths.
CHEAT_SHEET = [
    ("*", ["README.md", "server.rb"], ["docs/README.md"]),
    ("*.jsx?", ["page.js", "page.jsx"], ["page.jsxx", "dir/page.js"]),
    ("**", ["all/the/files.md", "x"], []),
    ("*.js", ["app.js", "index.js", ".js"], ["js/app.js"]),
    ("**.js", ["index.js", "js/index.js", "src/js/app.js"], ["index.jsx"]),
    ("docs/*", ["docs/README.md", "docs/file.txt"], ["docs/a/b.md", "docs"]),
    ("docs/**", ["docs/README.md", "docs/mona/octocat.txt"], ["mydocs/x", "docs"]),
    ("docs/**/*.md", ["docs/README.md", "docs/mona/hello-world.md", "docs/a/markdown/file.md"], ["docs/x.txt", "x.md"]),
    ("**/docs/**", ["docs/hello.md", "dir/docs/my-file.txt", "space/docs/plan/space.doc"], ["xdocs/hello.md"]),
    ("**/README.md", ["README.md", "js/README.md"], ["xREADME.md", "js/xREADME.md"]),
    ("**/*src/**", ["a/src/app.js", "my-src/code/js/app.js"], ["src.js"]),
    ("**/*-post.md", ["my-post.md", "path/their-post.md"], ["post.md"]),
    ("**/migrate-*.sql", ["migrate-10909.sql", "db/migrate-v1.0.sql", "db/sept/migrate-v1.sql"], ["db/migrate.sql"]),
    ("v2*", ["v2", "v2.0", "v2.9"], ["v1", "v2/x"]),
    ("v[12].[0-9]+.[0-9]+", ["v1.10.1", "v2.0.0"], ["v3.0.0", "v1..1", "v1.1"]),
    ("[CB]at", ["Cat", "Bat"], ["cat", "at"]),
    ("[a-cX-Z5]", ["a", "b", "c", "X", "Y", "5"], ["d", "-", "4"]),
    ("[1-2]00", ["100", "200"], ["300"]),
    ("[c-a]x", [], ["ax", "bx", "cx", "-x"]),
    ("[a-]", ["a", "-"], ["b"]),
    ("a+b", ["ab", "aaab"], ["b", "a+b"]),
    (r"a\+b", ["a+b"], ["ab", "aab"]),
    (r"\*\?\[x", ["*?[x"], ["a?[x"]),
    ("ab?+", ["a", "ab", "abbb"], ["b"]),
    ("?a", ["?a"], ["a"]),
    ("+a", ["+a"], ["a"]),
    ("[a", ["[a"], ["a"]),
    ("a\\", ["a\\"], ["a"]),
    ("*+x", ["x", "aax"], ["a/x"]),
    ("a!b", ["a!b"], ["ab"]),
    ("a.b", ["a.b"], ["axb"]),
    ("a\nb", ["a\nb"], ["ab"]),
    ("src", ["src"], ["src/a", "a/src"]),
]


@pytest.mark.parametrize(("pattern", "selected", "others"), CHEAT_SHEET)
def test_a_pattern_matches_like_in_githubs_cheat_sheet(pattern: str, selected: list[str], others: list[str]) -> None:
    assert [path for path in selected if not matches([pattern], path)] == []
    assert [path for path in others if matches([pattern], path)] == []


@pytest.mark.parametrize(
    ("patterns", "path", "expected"),
    [
        ([], "anything", True),
        (["!docs/**"], "src/a.py", True),
        (["!docs/**"], "docs/a.md", False),
        (["sub/**", "!sub/docs/**"], "sub/a.py", True),
        (["sub/**", "!sub/docs/**"], "sub/docs/a.md", False),
        (["!sub/docs/**", "sub/**"], "sub/docs/a.md", True),
        (["sub/**", "!sub/docs/**", "sub/docs/keep.md"], "sub/docs/keep.md", True),
        (["sub/**"], "other", False),
        (["!**"], "a", False),
    ],
)
def test_the_last_pattern_that_matches_decides(patterns: list[str], path: str, expected: object) -> None:
    assert matches(patterns, path) is expected


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([], False),
        (["**"], False),
        (["*", "**/*"], False),
        (["dist/**"], True),
        (["**", "dist/app.js"], True),
        (["dist/**", "!dist/*.js"], False),
        (["!docs/**"], False),
        (["src/**"], False),
    ],
)
def test_only_a_pattern_written_for_such_files_names_a_file(patterns: list[str], expected: object) -> None:
    assert names(patterns, "dist/app.js") is expected


@given(st.lists(st.text(alphabet="ab/*?+[]!\\-c", max_size=12), max_size=4), st.text(alphabet="ab/-c", max_size=12))
def test_any_pattern_matches_or_does_not(patterns: list[str], path: str) -> None:
    assert matches(patterns, path) in {True, False}
    assert matches([*patterns, "**"], path)
    assert not matches([*patterns, "!**"], path)


@given(st.text(max_size=30))
def test_an_escaped_path_selects_itself_and_nothing_longer(path: str) -> None:
    escaped = re.sub(r"([*?+\[\]\\!])", r"\\\1", path)
    assert matches(["x", escaped], path)
    assert matches([escaped, "!x"], path + "y") is False or path == ""


@given(st.text(alphabet="ab/.", max_size=10), st.text(alphabet="ab/.*", max_size=10))
def test_wildcards_match_like_the_equivalent_regular_expression(path: str, pattern: str) -> None:
    wanted = re.sub(
        r"(?:^|(?<=/))\*\*/|\*\*+|\*|[^*]+",
        lambda found: {"**/": "(?:.*/)?", "*": "[^/]*"}.get(found[0], ".*" if "*" in found[0] else re.escape(found[0])),
        pattern,
    )
    assert matches([pattern], path) is (re.fullmatch(wanted, path) is not None)


@pytest.mark.proof
def test_a_hostile_pattern_takes_linear_time() -> None:
    started = time.process_time()
    assert not matches(["**a*" * 30 + "x", "a+" * 60 + "b"], "a" * 2_000)
    assert time.process_time() - started < 20


ATTRIBUTES = r"""
# comment linguist-generated
*.gen.py linguist-generated
/root.txt linguist-generated=true
docs/*.md   linguist-generated=false
dist linguist-generated
build/ linguist-generated
out/** linguist-generated
out/keep.py -linguist-generated
out/unspecified.py !linguist-generated
out/yes.py linguist-generated=yes
"with blank/*.js" linguist-generated
"t\303\274r.py" linguist-generated
lib/**/gen/*.c linguist-generated
*.[ch]pp linguist-generated
q?.[!a-c] linguist-generated
[]]x linguist-generated
[] linguist-generated
a\*b linguist-generated
y[[:digit:]] linguist-generated
[attr]linguist-vendored linguist-generated
!negative.py linguist-generated
\ linguist-generated
[ linguist-generated
other.py text eol=lf
out/twice.py linguist-generated -linguist-generated
vendor/** linguist-vendored
"""

PATHS = [
    "a.gen.py",
    "deep/a.gen.py",
    "root.txt",
    "deep/root.txt",
    "docs/a.md",
    "dist",
    "dist/app.js",
    "build/x.c",
    "out/a.py",
    "out/deep/a.py",
    "out/keep.py",
    "out/unspecified.py",
    "out/yes.py",
    "out/twice.py",
    "with blank/x.js",
    "tür.py",
    "lib/gen/a.c",
    "lib/x/y/gen/a.c",
    "x.cpp",
    "x.hpp",
    "qx.d",
    "qx.b",
    "q.d",
    "deep/q/.d",
    "]x",
    "a*b",
    "axb",
    "negative.py",
    "other.py",
    "vendor/x/y.go",
]


@pytest.fixture(scope="module")
def git_attributes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    folder: Path = tmp_path_factory.mktemp("attributes")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)  # noqa: S607 — git is where the PATH says
    (folder / ".gitattributes").write_text(ATTRIBUTES.replace("[attr]linguist-vendored linguist-generated\n", ""))
    asked = subprocess.run(
        ["git", "-C", str(folder), "check-attr", "-z", "linguist-generated", "linguist-vendored", "--", *PATHS],  # noqa: S607 — likewise
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    said: dict[str, dict[str, str]] = {path: {} for path in PATHS}
    for path, name, value in zip(asked[0::3], asked[1::3], asked[2::3], strict=False):
        said[path][name] = value
    return said


@pytest.mark.parametrize("path", PATHS)
def test_attributes_match_git(git_attributes: dict[str, dict[str, str]], path: str) -> None:
    attributes = attributes_of(ATTRIBUTES)
    off = {"unspecified", "unset", "false"}
    assert attributes.is_set("linguist-generated", path) is (git_attributes[path]["linguist-generated"] not in off)
    assert attributes.is_set("linguist-vendored", path) is (git_attributes[path]["linguist-vendored"] not in off)


def test_without_attributes_no_file_is_marked() -> None:
    assert not attributes_of("").is_set("linguist-generated", "a")


@given(st.text(), st.text(min_size=1, max_size=20))
def test_invalid_attributes_are_not_an_error(text: str, path: str) -> None:
    attributes = attributes_of(text + "\n* linguist-vendored")
    assert attributes.is_set("linguist-generated", path) in {True, False}


@pytest.mark.parametrize(
    "pattern", ["*a*a*a*a*b", "**/*a*a*a*b", "**/a/**/a/**/a/**/a/**/b", "a*" * 30, "***a***a***a***b"]
)
@pytest.mark.parametrize("path", ["a" * 4000, "a/" * 2000 + "a", ("a" * 200 + "/") * 20])
def test_a_path_that_makes_a_pattern_slow_is_not_held_back(pattern: str, path: str) -> None:
    started = time.process_time()
    attributes_of(f"{pattern} linguist-generated").is_set("linguist-generated", path)
    assert time.process_time() - started < 10


def test_usual_patterns_match_a_long_path() -> None:
    path = (
        "services/payments/src/main/java/com/example/generated/protocol/v2/PaymentRequestMessageBuilder_generated.java"
    )
    for pattern in (
        "*_*.java",
        "**/generated/**",
        "**/src/**/generated/**/*_*.java",
        "services/*/src/**/*Message*_*.java",
    ):
        assert attributes_of(f"{pattern} linguist-generated").is_set("linguist-generated", path), pattern
