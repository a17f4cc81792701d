"""The runner receives the intended values for any text, and never a secret."""

from __future__ import annotations

import io
import re
import shutil
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.adapters.actions.runner import SUMMARY_BYTES, Runner
from reviewbot.adapters.safe_files import check_inside, read_inside
from reviewbot.domain.github.drafts import Annotation, AnnotationLevel
from reviewbot.errors import OutputUnwritable, SettingsError
from reviewbot.ports import Reporter
from reviewbot.settings.environment import RunnerFiles
from tests.hostile.corpus import ATTACKS

KEY = "cvf_live_0123456789"
hostile = st.one_of(
    st.text(),
    st.sampled_from(ATTACKS),
    st.lists(
        st.sampled_from(["::", "##[", "error", " ", "\n", "\r\n", "\t", "%", "%0A", "\ufe0f", KEY, "\ud800", "x"])
    ).map("".join),
)


@pytest.fixture(name="workspace")
def workspace_fixture(tmp_path: Path) -> Path:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (tmp_path / "outside").mkdir()
    return workspace


def reporter(log: io.StringIO, folder: Path | None = None, *, debug: bool = False) -> Runner:
    around = RunnerFiles(
        output_file=str(folder / "output") if folder else None,
        summary_file=str(folder / "summary") if folder else None,
        workspace=str(folder / "workspace") if folder else None,
        debug=debug,
    )
    return Runner(log, around, (KEY,))


def without_masks(log: io.StringIO) -> list[str]:
    return [line for line in log.getvalue().split("\n")[:-1] if not line.startswith("::add-mask::")]


def test_the_runner_implements_the_port() -> None:
    port: Reporter = reporter(io.StringIO())
    port.say("hello")


def test_a_secret_is_masked_once_whole_and_line_by_line() -> None:
    log = io.StringIO()
    runner = Runner(log, RunnerFiles(), (KEY, KEY, "", "{\nfirst 50%\nsecond\n}"))
    assert log.getvalue().splitlines() == [
        f"::add-mask::{KEY}",
        "::add-mask::{%0Afirst 50%25%0Asecond%0A}",
        "::add-mask::first 50%25",
        "::add-mask::second",
    ]
    assert runner.scrub(f"{KEY} and first 50%, second, }}") == "*** and ***, ***, }"


@given(hostile)
def test_no_line_of_output_is_a_workflow_command(text: str) -> None:
    log = io.StringIO()
    reporter(log).say(text)
    for line in without_masks(log):
        seen = line.replace("\ufe0f", "").replace("\ufe0e", "")
        assert not seen.lstrip().startswith("::")
        assert "##[" not in seen
        assert KEY not in line


@given(hostile, hostile, hostile)
def test_an_annotation_is_one_command_with_the_text_inside(path: str, title: str, message: str) -> None:
    log = io.StringIO()
    reporter(log).annotate(Annotation(path, 3, 4, AnnotationLevel.FAILURE, title, message))
    (line,) = without_masks(log)
    place = "file=([^:,]*),line=3,endLine=4," if path else ""
    found = re.fullmatch(f"::error {place}title=([^:,]*)::(.*)", line)
    assert found is not None
    assert KEY not in line


@pytest.mark.parametrize(
    ("level", "name"),
    [
        (AnnotationLevel.NOTICE, "notice"),
        (AnnotationLevel.WARNING, "warning"),
        (AnnotationLevel.FAILURE, "error"),
    ],
)
def test_an_annotation_uses_githubs_levels_and_is_truncated_at_githubs_limit(level: AnnotationLevel, name: str) -> None:
    log = io.StringIO()
    reporter(log).annotate(Annotation("a,b:c.py", 1, 1, level, "50%", "x" * 5000))
    assert without_masks(log) == [f"::{name} file=a%2Cb%3Ac.py,line=1,endLine=1,title=50%25::{'x' * 4095}…"]


def test_debug_lines_are_written_only_while_the_runner_debugs() -> None:
    log = io.StringIO()
    reporter(log).debug("quiet")
    reporter(log, debug=True).debug(f"two\nlines {KEY}")
    assert without_masks(log) == ["::debug::two%0Alines ***"]


def read_outputs(text: str) -> dict[str, str]:
    """Parse the file like the runner."""
    values: dict[str, str] = {}
    lines = text.split("\n")
    at = 0
    while lines[at]:
        name, delimiter = lines[at].split("<<")
        end = lines.index(delimiter, at + 1)
        values[name] = "\n".join(lines[at + 1 : end])
        at = end + 1
    return values


def test_outputs_are_read_back_unchanged(tmp_path: Path) -> None:
    values = {"status": "completed", "reason": "a<<b\nc=d\nghadelimiter_1\n", "empty": "", "odd": "é ::error::"}
    runner = reporter(io.StringIO(), tmp_path)
    runner.outputs(values)
    runner.outputs({"more": f"lone \ud800 {KEY}"})
    text = (tmp_path / "output").read_text()
    assert read_outputs(text) == {**values, "more": "lone ? ***"}


@given(st.dictionaries(st.sampled_from(["a", "b-c"]), hostile.filter(lambda text: KEY not in text)))
def test_any_output_is_read_back_unchanged(tmp_path_factory: pytest.TempPathFactory, values: dict[str, str]) -> None:
    folder = tmp_path_factory.mktemp("runner")
    reporter(io.StringIO(), folder).outputs(values)
    read = read_outputs((folder / "output").read_bytes().decode())
    assert read == {name: value.encode("utf-8", "replace").decode() for name, value in values.items()}


@pytest.mark.parametrize("is_runner", [True, False])
def test_the_last_line_of_the_log_is_the_reason(tmp_path: Path, is_runner: bool) -> None:  # noqa: FBT001 — a column of the table
    log = io.StringIO()
    reporter(log, *([tmp_path] if is_runner else [])).outputs({"reason": "over-budget", "exit-status": "3"})
    assert log.getvalue().splitlines()[-1] == "Reason: over-budget (exit status 3)"


def test_outside_a_runner_outputs_and_summary_are_discarded() -> None:
    runner = reporter(io.StringIO())
    runner.outputs({"a": "b"})
    runner.job_summary("text")


def test_a_job_summary_is_appended(tmp_path: Path) -> None:
    runner = reporter(io.StringIO(), tmp_path)
    runner.job_summary("# one")
    runner.job_summary(f"two {KEY}")
    assert (tmp_path / "summary").read_text() == "# one\ntwo ***\n"


def test_a_long_job_summary_is_truncated_by_bytes_and_says_so(tmp_path: Path) -> None:
    runner = reporter(io.StringIO(), tmp_path)
    line = "é" * 99 + "\n"
    runner.job_summary("first")
    runner.job_summary(line * 10_000)
    text = (tmp_path / "summary").read_bytes()
    assert len(text) <= SUMMARY_BYTES
    assert len(text) > SUMMARY_BYTES - 400
    assert text.decode().endswith("\n\n\n_Truncated because a job summary is limited to 1 MiB._\n")


def test_a_full_job_summary_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "summary").write_bytes(b"x" * (SUMMARY_BYTES - 5))
    reporter(io.StringIO(), tmp_path).job_summary("no room")
    assert (tmp_path / "summary").stat().st_size == SUMMARY_BYTES - 5


def test_a_file_of_the_runner_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    around = RunnerFiles(output_file=str(tmp_path), summary_file=str(tmp_path / "none" / "summary"))
    runner = Runner(io.StringIO(), around)
    with pytest.raises(OutputUnwritable, match="reviewbot cannot write the file in `GITHUB_OUTPUT`: Is a directory"):
        runner.outputs({"a": "b"})
    with pytest.raises(
        OutputUnwritable, match="reviewbot cannot write the file in `GITHUB_STEP_SUMMARY`: No such file"
    ):
        runner.job_summary("x")


def test_the_log_has_the_report_although_the_job_summary_cannot_be_written() -> None:
    log, pages = io.StringIO(), SimpleNamespace(job_summary=lambda _: "# Report", terminal=lambda _: "1 high")
    with pytest.raises(OutputUnwritable):
        Runner(log, RunnerFiles(summary_file="/dev/full")).review(object(), (), pages)  # type: ignore[arg-type]  # opaque
    assert log.getvalue() == "1 high\n"


def test_a_file_is_written_with_its_folders_and_replaced_completely(tmp_path: Path, workspace: Path) -> None:
    runner = reporter(io.StringIO(), tmp_path)
    runner.write_file("out/deep/report.json", "first, and longer")
    runner.write_file("./out/deep/report.json", f"second {KEY}")
    runner.write_file(str(workspace / "absolute.txt"), "x")
    assert (workspace / "out/deep/report.json").read_text() == "second ***"
    assert (workspace / "absolute.txt").read_text() == "x"
    assert sorted(path.name for path in workspace.rglob("*")) == ["absolute.txt", "deep", "out", "report.json"]


def test_a_workspace_may_itself_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "workspace").symlink_to("real")
    reporter(io.StringIO(), tmp_path).write_file("a.txt", "x")
    assert (tmp_path / "real/a.txt").read_text() == "x"


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "/",
        "../outside/x",
        "a/../../outside/x",
        "/etc/passwd",
        "a/",
        "a\0b",
        "a\u202eb",
        ".git/config",
        ".GIT/hooks/pre-commit",
        "sub/.git/config",
        ".git",
        ".git./config",
        ".git /config",
        ".github/workflows/x.yml",
        ".GitHub/x",
        ".g\u200cit/config",
        "folder",
        "file/below",
        "link/x",
        "folder/loop/x",
        "x" * 300,
        f"{'x' * 256}/new",
    ],
)
@pytest.mark.parametrize(
    "ask", [lambda runner, path: runner.write_file(path, "x"), Runner.check_file], ids=["write", "check"]
)
def test_a_path_outside_the_workspace_is_refused_and_named(
    tmp_path: Path, workspace: Path, path: str, ask: Callable[[Runner, str], object]
) -> None:
    (workspace / "folder").mkdir()
    (workspace / "file").write_text("kept")
    (workspace / "link").symlink_to("../outside")
    (workspace / "folder/loop").symlink_to("loop")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SettingsError) as caught:
        ask(reporter(io.StringIO(), tmp_path), path)
    assert caught.value.problems[0].where == path
    assert sorted(tmp_path.rglob("*")) == before


def test_a_writable_path_is_reported_in_its_shortest_form_and_leaves_no_file(tmp_path: Path, workspace: Path) -> None:
    (workspace / "there").mkdir()
    (workspace / "there/old.json").write_text("kept")
    runner, before = reporter(io.StringIO(), tmp_path), sorted(tmp_path.rglob("*"))
    for path in ("there/old.json", "./there//old.json", f"{workspace}/there/old.json"):
        assert runner.check_file(path) == "there/old.json"
    assert runner.check_file("new/deep/a.json") == "new/deep/a.json"
    assert runner.check_file("x" * 255) == "x" * 255
    assert sorted(tmp_path.rglob("*")) == before
    assert (workspace / "there/old.json").read_text() == "kept"


@pytest.mark.parametrize("path", ["/".join(["folder"] * 600), f"new/deep/{'x' * 256}", f"new/{'x' * 256}/deep"])
def test_a_path_that_is_too_long_is_refused_and_leaves_no_file(tmp_path: Path, workspace: Path, path: str) -> None:
    with pytest.raises(SettingsError) as caught:
        reporter(io.StringIO(), tmp_path).check_file(path)
    assert "File name too long" in str(caught.value.problems[0])
    assert list(workspace.iterdir()) == []


def test_a_folder_where_no_file_can_be_created_is_refused() -> None:
    with pytest.raises(SettingsError):  # even root cannot create a file there
        check_inside("/proc", "report.json")


def test_an_absolute_path_may_not_leave_the_workspace(tmp_path: Path, workspace: Path) -> None:
    with pytest.raises(SettingsError):
        reporter(io.StringIO(), tmp_path).write_file(f"{workspace}/../outside/x", "x")


def test_a_link_with_the_files_name_is_replaced_and_not_followed(tmp_path: Path, workspace: Path) -> None:
    target = tmp_path / "outside/target"
    target.write_text("kept")
    (workspace / "soft").symlink_to(target)
    (workspace / "hard").hardlink_to(target)
    runner = reporter(io.StringIO(), tmp_path)
    runner.write_file("soft", "x")
    runner.write_file("hard", "x")
    assert target.read_text() == "kept"
    assert not (workspace / "soft").is_symlink()


def test_a_link_in_place_of_a_file_is_not_read(tmp_path: Path, workspace: Path) -> None:
    (tmp_path / "outside/target").write_text("secret")
    (workspace / "soft").symlink_to("../outside/target")
    with pytest.raises(SettingsError):
        read_inside(str(workspace), "soft", limit=100)


def test_a_link_with_the_name_of_the_temporary_file_is_not_followed(tmp_path: Path, workspace: Path) -> None:
    target, foreseen = tmp_path / "outside/target", list[str]()
    target.write_text("kept")

    def create_link(event: str, details: tuple[object, ...]) -> None:
        if event == "open" and not foreseen and str(details[0]).endswith(".tmp"):
            foreseen.append(str(details[0]))
            (workspace / foreseen[0]).symlink_to(target)

    sys.addaudithook(create_link)  # sees the name before the file exists; it keeps running and does nothing more
    with pytest.raises(SettingsError):
        reporter(io.StringIO(), tmp_path).write_file("report", "x")
    assert foreseen
    assert target.read_text() == "kept"


def test_a_folder_that_becomes_a_link_during_a_write_is_not_followed(tmp_path: Path, workspace: Path) -> None:
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            with suppress(OSError):
                (workspace / "swap").rename(workspace / "away")
            with suppress(OSError):
                (workspace / "swap").symlink_to("../outside")
            shutil.rmtree(workspace / "away", ignore_errors=True)
            with suppress(OSError):
                (workspace / "swap").unlink()

    thread = threading.Thread(target=swap, daemon=True)
    thread.start()
    runner = reporter(io.StringIO(), tmp_path)
    for _ in range(300):
        try:
            runner.write_file("swap/file", "x")
        except SettingsError:
            continue
    stop.set()
    thread.join(10)
    assert list((tmp_path / "outside").iterdir()) == []


def test_without_a_workspace_no_file_is_written() -> None:
    with pytest.raises(SettingsError):
        reporter(io.StringIO()).write_file("a", "x")
