"""The demo: the seeded repository, the stand-in for the runner, and the output at a terminal."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import httpx
import pytest
from reviewbot_sandbox.codevf import FreeText, Mode, Structured, TaskRequest
from reviewbot_sandbox.codevf.model import Attachment
from reviewbot_sandbox.demo.engineer import NO_ANSWER, REMARKS, SUMMARY, demo_engineer
from reviewbot_sandbox.demo.readback import CodeLine, Comment, Reader
from reviewbot_sandbox.demo.runner import prepare_job, read_outputs, step_environment
from reviewbot_sandbox.demo.seed import CREDENTIAL, NUMBER, REPOSITORY, files_of, push_fix, seed_github
from reviewbot_sandbox.demo.services import Plan, open_sandbox
from reviewbot_sandbox.demo.show import Kind, Piece, pieces, show_comments
from rich.cells import cell_len

from reviewbot import cli
from reviewbot.cli.parser import KINDS
from reviewbot.render.renderer import Renderer
from reviewbot.render.view_models.command import QuestionView
from reviewbot.terminal.console import open_console

DEMO = (sys.executable, "-I", "-m", "reviewbot", "demo", "--plain", "--keep")
FOLDER = re.compile(r"^  (\S+)/opened/$", re.MULTILINE)


def no_findings(_attachments: Sequence[tuple[str, str]]) -> Mapping[str, object]:
    """Return an analyzer that finds nothing."""
    return {"summary": "", "files": []}


# --- The seed ---------------------------------------------------------------------------------------------------------


def test_the_demo_has_every_kind_of_file_change(tmp_path: Path) -> None:
    store = seed_github(tmp_path).store
    changes = {change.path: change for change in store.changes_of(store.pull((REPOSITORY, NUMBER)))}
    statuses = {path: change.status for path, change in changes.items()}
    assert statuses["web/formatting.js"] == "renamed"
    assert changes["web/formatting.js"].previous == "web/format.js"
    assert statuses["api/legacy_export.py"] == "removed"
    assert statuses["api/labels.py"] == "added"
    assert changes["web/express.png"].binary
    assert {"package-lock.json", "web/dist/track.js", "scripts/deploy.sh"} <= set(changes)


def test_the_default_branch_marks_generated_files() -> None:
    assert files_of("base")[".gitattributes"] == "web/dist/** linguist-generated\n"


def test_the_credential_is_in_the_change_and_not_in_the_sources() -> None:
    change = files_of("change")
    assert CREDENTIAL in str(change["web/track.js"])
    folder = Path(sys.modules["reviewbot_sandbox.demo"].__path__[0])
    assert not [file.name for file in folder.iterdir() if file.is_file() and CREDENTIAL.encode() in file.read_bytes()]


def test_pushing_the_fix_updates_the_pull_request(tmp_path: Path) -> None:
    state = seed_github(tmp_path)
    assert push_fix(state) == state.pull(REPOSITORY, NUMBER).head_sha


# --- The engineer -----------------------------------------------------------------------------------------------------


def asked(content: str) -> TaskRequest:
    attachment = Attachment("change.diff", "text/plain", content, len(content))
    return TaskRequest("Review.", 1, 240, Mode.FAST, attachments=(attachment,))


def paths_in(answer: object) -> list[str]:
    assert isinstance(answer, Structured)
    files = answer.value["files"]
    assert isinstance(files, list)
    return [file["path"] for file in files]


def test_the_engineer_reports_only_what_was_sent() -> None:
    engineer = demo_engineer(no_findings)
    assert paths_in(engineer(asked("nothing of it"))) == []
    assert paths_in(engineer(asked(REMARKS[0].seen))) == [REMARKS[0].path]


def test_the_engineer_accepts_another_fix_of_deleted_lines() -> None:
    engineer = demo_engineer(no_findings)
    fixed = asked(f"{REMARKS[0].seen} != request.customer_id:\n+    if parcel is None or parcel.owner_id != mine:\n")
    assert paths_in(engineer(fixed)) == []
    line = json.dumps({"id": "0123456789", "title": REMARKS[0].title, "code": "unchanged"})
    again = Attachment("conversation.md", "text/plain", line, len(line))
    answer = engineer(replace(fixed, attachments=(*fixed.attachments, again)))
    assert isinstance(answer, Structured)
    assert answer.value["previous"] == [{"id": "0123456789", "state": "fixed", "note": "Checked again: fixed."}]


def test_a_question_is_answered_in_prose() -> None:
    question = QuestionView(
        REPOSITORY, NUMBER, "1" * 40, "w", "Is it fast?", finding_id="", instructions="", file_names=()
    )
    request = TaskRequest(Renderer().question(question), 1, 60, Mode.FAST)
    assert demo_engineer(no_findings)(request) == FreeText(NO_ANSWER)


def test_the_engineer_adds_remarks_to_the_analyzers_findings() -> None:
    engineer = demo_engineer(
        lambda _sent: {"summary": "Static analyzers read it.", "files": [{"path": "a.py", "findings": []}]}
    )
    answer = engineer(asked(REMARKS[0].seen))
    assert paths_in(answer) == ["a.py", REMARKS[0].path]
    assert isinstance(answer, Structured)
    assert answer.value["summary"] == SUMMARY  # the texts say that a person reviewed it


# --- The runner's stand-in --------------------------------------------------------------------------------------------


def test_a_step_gets_a_runners_environment_and_nothing_else(tmp_path: Path) -> None:
    with open_sandbox(no_findings, Plan(0.1, 30)) as sandbox:
        reader = Reader(sandbox)
        job = prepare_job(tmp_path / "job", "opened", reader.pull())
        names = set(step_environment(sandbox, job, {"PATH": "/bin"}))
        reader.close()
    known = {"PATH", "CI", "REVIEWBOT_TIME_SCALE"}
    assert all(name in known or name.startswith(("INPUT_", "GITHUB_")) for name in names)


def test_outputs_are_read_with_their_line_ends() -> None:
    text = "status<<ghadelimiter_1\ncompleted\nghadelimiter_1\nwords<<x\none\ntwo\nx\nempty<<y\n\ny\n"
    assert read_outputs(text) == {"status": "completed", "words": "one\ntwo", "empty": ""}


# --- The terminal -----------------------------------------------------------------------------------------------------

BODY = """<!-- reviewbot:finding:v1 ids=1 -->
**🟠 High · security: A \\_title\\_**

It has [a link](https://example.com/x) and **weight**.

```suggestion
    return 1
```

References: `https://example.com`

<sub>`1` · Moved.</sub>
"""


def test_a_comment_is_split_into_pieces() -> None:
    assert list(pieces(BODY)) == [
        Piece(Kind.HEADING, "🟠 High · security: A _title_"),
        Piece(Kind.TEXT, "It has a link and weight."),
        Piece(Kind.SUGGESTION, "    return 1"),
        Piece(Kind.NOTE, "`1` · Moved."),
    ]


def shown(comment: Comment, env: Mapping[str, str]) -> str:
    log = StringIO()
    show_comments(open_console(log, {"COLUMNS": "60", "TERM": "xterm", **env}, plain=False), [comment])
    return log.getvalue()


def test_hostile_text_does_not_reach_the_terminal() -> None:
    code = (CodeLine(1, "+", "x = '\x1b[2J'"),)
    text = shown(Comment(1, "a\x1b]0;b.py", 1, on_file=False, body="**\x1b[31mtitle\x07**", code=code), {})
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "title" in text


def test_colour_needs_a_terminal_without_no_color() -> None:
    comment = Comment(1, "a.py", 1, on_file=False, body=BODY, code=(CodeLine(1, "+", "x = 1"),))
    forced = {"FORCE_COLOR": "1", "COLORTERM": "truecolor"}
    assert "\x1b[32m" in shown(comment, forced)
    assert "\x1b[32m" not in shown(comment, {**forced, "NO_COLOR": "1"})
    assert "\x1b" not in shown(comment, {})


def test_wrapped_text_stays_next_to_its_vertical_line() -> None:
    comment = Comment(1, "a.py", 1, on_file=False, body=f"**{'word ' * 40}**", code=(CodeLine(1, "+", "x" * 200),))
    lines = shown(comment, {}).splitlines()
    assert max(map(cell_len, lines)) <= 60
    assert all(line.startswith("       │ ") for line in lines[3:])


# --- The whole demo ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DemoOutput:
    """The demo's output, and the answer to one of its printed commands."""

    text: str
    status: int
    comments: list[dict[str, object]]

    @property
    def lines(self) -> list[str]:
        """The lines before the services are kept."""
        return self.text.split("\nBoth services keep running\n")[0].splitlines()


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoOutput]:
    """Run the demo once from the command line, run a printed command, and interrupt it."""
    env = {"PATH": "/usr/bin:/bin", "COLUMNS": "80", "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(DEMO, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, encoding="utf-8") as process:
        assert process.stdout
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if line.strip().startswith("Press Ctrl-C to stop them"):
                break
        comments = read_comments("".join(lines)) if process.poll() is None else []
        process.send_signal(signal.SIGINT)
        lines += process.stdout.readlines()
        text, status = "".join(lines), process.wait(30)
    yield DemoOutput(text, status, comments)
    if folder := FOLDER.search(text):
        shutil.rmtree(folder[1])


def read_comments(text: str) -> list[dict[str, object]]:
    """Send the request of the printed curl command for the comments."""
    found = re.search(r"^curl -s -H '(Authorization): (.*?)' (\S+/comments)$", text, re.MULTILINE)
    assert found, text
    comments: list[dict[str, object]] = httpx.get(found[3], headers={found[1]: found[2]}, trust_env=False).json()
    return comments


@pytest.mark.proof
def test_both_runs_end_as_expected(demo: DemoOutput) -> None:
    assert demo.status == 0, demo.text
    assert demo.text.index("As expected, the findings blocked") < demo.text.index("\nNext\n")
    assert "Both stay until you delete them." in " ".join(demo.text.split())


@pytest.mark.proof
def test_the_output_is_short_and_fits_a_terminal(demo: DemoOutput) -> None:
    assert len(demo.lines) <= 175
    program = str(Path(sys.executable).with_name("reviewbot"))  # the length depends on the checkout
    assert max(cell_len(line) for line in demo.lines if program not in line) <= 80
    assert "\x1b" not in demo.text


@pytest.mark.proof
def test_the_next_commands_work_as_printed(demo: DemoOutput) -> None:
    commands = [shlex.split(line) for line in demo.lines[demo.lines.index("Next") :] if line.startswith("    ")]
    assert [one[1:] for one in commands] == [
        ["review", "--reviewer", "local"],
        ["init", "--help"],
        ["demo", "--keep"],
    ]
    for program, name, *_ in commands:
        subprocess.run((program, name, "--help"), check=True, capture_output=True)


@pytest.mark.proof
def test_both_runs_are_shown(demo: DemoOutput) -> None:
    assert "Exit status 1" in demo.text
    assert "findings block the pull request, as expected" in demo.text
    assert "Exit status 0" in demo.text
    for name in ("left", "collect", "ask", "answer"):
        assert f"Run “{name}”: exit status 0 after" in demo.text
    assert "CodeVF did not receive it" in demo.text
    assert "Account: 5,000 credits before, 4,640 after, 0 reserved." in demo.text


@pytest.mark.proof
def test_a_question_is_answered(demo: DemoOutput) -> None:
    assert "4  monalisa asks the reviewer" in demo.text
    assert "@monalisa, the reviewer answered your question" in demo.text
    assert "Change the password" in demo.text


@pytest.mark.proof
def test_a_late_answer_is_announced(demo: DemoOutput) -> None:
    assert re.search(r"^    @octocat The review of `[0-9a-f]{7}` is finished\.$", demo.text, re.MULTILINE)
    assert "Output `published`: #1: pass, 10 findings." in demo.text


@pytest.mark.proof
def test_every_hard_placement_is_shown(demo: DemoOutput) -> None:
    text = " ".join(demo.text.replace("│", "").split())
    assert "23 - raise NotFound(code)" in text  # a deleted line
    assert "The reviewer cited another line" in text
    assert "on the whole file" in text
    assert "Sessions last a year (api/settings.py:3)" in text  # a file that the change does not touch


@pytest.mark.proof
def test_the_named_files_exist(demo: DemoOutput) -> None:
    folder = FOLDER.search(demo.text)
    assert folder
    assert f"{folder[1]}/opened/workspace/reviewbot.html\n" in demo.text
    for name in ("workspace/reviewbot.json", "workspace/reviewbot.html", "job-summary.md", "log.txt", "event.json"):
        for run in ("opened", "synchronize"):
            text = (Path(folder[1]) / run / name).read_text()
            assert text
            assert CREDENTIAL not in text


@pytest.mark.proof
@pytest.mark.parametrize("run", ["opened", "synchronize"])
def test_the_reports_of_bought_reviews_are_read_back(
    demo: DemoOutput, run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = FOLDER.search(demo.text)
    assert folder
    report = str(Path(folder[1]) / run / "workspace" / "reviewbot.json")
    assert json.loads(Path(report).read_bytes())["manifest"]["context"]
    for kind in KINDS:
        out = StringIO()
        assert cli.main(["render", report, "--to", kind], {}, out) == 0, out.getvalue()
    subprocess.run(("git", "init", "--quiet", tmp_path), check=True)  # noqa: S607 — as a user starts it
    monkeypatch.chdir(tmp_path)
    err = StringIO()
    cli.main(["apply", report], {"PATH": "/usr/bin:/bin"}, StringIO(), err)
    assert "the reviewed commit" in err.getvalue()


@pytest.mark.proof
def test_the_summary_of_thirteen_findings_is_short(demo: DemoOutput) -> None:
    folder = FOLDER.search(demo.text)
    assert folder
    out, report = StringIO(), str(Path(folder[1]) / "opened" / "workspace" / "reviewbot.json")
    assert cli.main(["render", report, "--to", "markdown"], {}, out) == 0
    assert "of 13 findings" in out.getvalue()
    seen = re.sub(r"\]\([^)]*\)|<[^>]*>", " ", out.getvalue())
    assert len([word for word in seen.split() if re.search(r"[^\W\d_]|`", word)]) < 340


@pytest.mark.proof
def test_the_services_run_after_the_demo(demo: DemoOutput) -> None:
    assert len(demo.comments) > 3
    assert all(comment["user"] for comment in demo.comments)
