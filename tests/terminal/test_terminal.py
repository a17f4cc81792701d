"""The command on a real terminal: animation, Ctrl-C, narrow terminals, and hostile escape sequences."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from reviewbot_sandbox.codevf import HandClock, canned

from reviewbot import cli
from reviewbot.cli.parser import HELP
from tests.terminal.conftest import Opened
from tests.terminal.screen import CTRL_C, Seen, watch
from tests.terminal.session import CRITICAL, Session, answer

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\x1b[?1049h\u202egnp"
HOSTILE = answer(
    {
        **CRITICAL,
        "title": f"Title{EVIL}",
        "explanation": f"Why{EVIL}\r\x1b[1A[bold]not bold[/bold] :boom:",
        "suggestion": f"x{EVIL}",
        "existing_code": "    os.system(command)",
        "references": [f"https://example.com/{EVIL}"],
    },
    {**CRITICAL, "path": f"gone{EVIL}.py", "title": "Elsewhere"},
    summary=f"Sum{EVIL}",
)


def at_terminal(
    session: Session,
    *arguments: str,
    columns: int = 80,
    press: tuple[str, bytes] | None = None,
    once: Callable[[], bool] = lambda: True,
) -> Seen:
    env = {**session.environment, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    words = ("review", "--codevf-url", session.url, *arguments)
    return watch(*words, at=session.clone.root, env=env, columns=columns, press=press, once=once)


def test_ctrl_c_during_an_animated_wait_leaves_the_review_running(open_session: Opened) -> None:
    clock = HandClock()
    session = open_session(clock=clock)
    session.more["REVIEWBOT_TIME_SCALE"] = "1"  # at least two seconds between polls

    def is_waiting() -> bool:
        polled = [one.at for one in session.faults.log if one.method == "GET" and "/tasks/" in one.target]
        return bool(polled) and time.time() - polled[-1] > 0.5

    seen = at_terminal(session, press=("in the queue", CTRL_C), once=is_waiting)
    assert seen.status == 130
    assert re.search(r"CodeVF: in the queue \d:\d\d:\d\d", seen.text)
    assert "\x1b[1;33mIn the queue, not finished yet" in seen.raw
    says = ("You are not charged twice. Newer commits are reviewed", "again", "State: in the queue.")
    assert [seen.text.count(words) for words in says] == [1, 0, 1]
    (task,) = session.service.tasks()
    assert task.cancelled_at is None
    (command,) = re.findall(r"^  reviewbot (review .*)$", seen.text, re.MULTILINE)
    session.more.clear()
    clock.advance(60)
    result = session.call(*command.split())
    assert result.status == 1
    assert "1 of 2 findings blocks\n" in result.out
    assert len(session.service.tasks()) == 1


def test_a_narrow_terminal_without_colour_shows_everything(open_session: Opened) -> None:
    session = open_session()
    session.more["NO_COLOR"] = "1"
    seen = at_terminal(session, "--reviewer", "local", columns=32)
    assert seen.status == 1
    assert seen.widest <= 32
    assert "critical" in seen.text
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", seen.raw)


def test_hostile_text_and_file_names_have_no_effect(open_session: Opened) -> None:
    session = open_session(engineer=canned(HOSTILE))
    session.clone.commit({f"evil\x1b[2J{chr(0x202E)}.py": "x = 1\n"}, f"Evil{EVIL}")
    session.clone.git("branch", "--quiet", "-m", "evil\u202ebranch")
    seen = at_terminal(session, "--plain")
    assert seen.status == 1
    assert "Title⟨U+001B⟩]0;owned⟨U+0007⟩" in seen.text
    assert "[bold]not bold[/bold] :boom:" in seen.text
    assert not set("\x1b\x07\x9b\u202e") & set(seen.raw)


def test_only_reviewbots_own_output_has_colour(open_session: Opened) -> None:
    seen = at_terminal(open_session(engineer=canned(HOSTILE)), "--quiet")
    assert set(re.findall(r"\x1b(?!\[[0-9;]*m)..?", seen.raw)) == set()
    assert "\x07" not in seen.raw


def test_in_a_pipe_there_is_no_colour_or_animation(open_session: Opened) -> None:
    result = open_session().review()
    assert "\x1b" not in result.out + result.err
    assert "CodeVF: in the queue …" in result.err


def test_the_help_has_examples_and_fits(tmp_path: Path) -> None:
    env = {"PATH": "/usr/bin:/bin", "TERM": "xterm", "COLUMNS": "80", "LC_ALL": "C.UTF-8"}
    seen = watch("review", "--help", at=tmp_path, env=env)
    assert seen.status == 0
    assert seen.widest <= 80
    assert "Examples:\n  reviewbot review --reviewer local" in seen.text


@pytest.mark.parametrize("name", ["", "review", "apply", "plan", "render", "demo", "sandbox", "action", "collect"])
def test_every_help_has_examples(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        cli.main([*name.split(), "--help"], {}, io.StringIO())
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    assert name in {"action", "collect"} or f"  reviewbot {name}".rstrip() in text


def test_no_example_overwrites_what_it_reads() -> None:
    texts = "\n".join(path.read_text(encoding="utf-8") for path in HELP.glob("*.txt"))
    examples = re.findall(r"^  (reviewbot .*?) > (\S+)", texts, re.MULTILINE)
    assert len(examples) >= 4
    assert not [f"{command} > {file}" for command, file in examples if file in command.split()]


def test_without_a_command_the_help_is_shown(open_session: Opened) -> None:
    result = open_session().call()
    assert (result.status, result.out) == (2, "")
    assert "Start here:\n  reviewbot review --reviewer local" in result.err
    assert "Commands:\n    review " in result.err


@pytest.mark.parametrize("most", ["0", "10001", "many"])
def test_a_number_beyond_the_bounds_is_refused_with_them(most: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        cli.main(["plan", "--most", most], {}, io.StringIO())
    assert f"--most: invalid number `{most}`. Allowed: 1 to 10000." in capsys.readouterr().err


def test_ctrl_c_of_a_free_review_promises_nothing(open_session: Opened) -> None:
    session = open_session()
    # Long enough that shellcheck cannot finish before the key is pressed.
    script = "#!/bin/sh\n" + 'cat "$1" | grep $2 > "$3"\n' * 400
    session.clone.commit({f"script_{number}.sh": script for number in range(15)})
    seen = at_terminal(session, "--reviewer", "local", press=("the analyzers", CTRL_C))
    assert (seen.status, "Interrupted." in seen.text, "bought" in seen.text) == (130, True, False)
