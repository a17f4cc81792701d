"""`reviewbot config` and the schema for editors match the settings."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from reviewbot import cli
from reviewbot.errors import SettingsError
from reviewbot.settings import read_settings
from reviewbot.setup.files import SCHEMA_FILE
from tests.project.config_schema import config_schema
from tests.terminal.session import Clone, Result
from tests.test_settings import CONFIG, KEY, TOKEN, quoted

VALIDATOR = Draft7Validator(config_schema())
FILE = ".github/reviewbot.yml"
ROOT = Path(__file__).resolve().parents[2]


def config(*arguments: str, **env: str) -> Result:
    out, err = io.StringIO(), io.StringIO()
    status = cli.main(["config", *arguments], {"PATH": os.environ["PATH"], **env}, out, err)
    return Result(status, out.getvalue(), err.getvalue())


def right() -> Iterator[str]:
    for row in CONFIG:
        yield f"{row[0]}: {quoted(row[2])}"
        yield f"{row[0]}: {row[2] if row[0] not in {'paths', 'bases', 'instance'} else quoted(row[2])}"
        yield from (f"{row[0]}:", f"{row[0]}: ''")
    yield from (
        "",
        "max-credits: 60",
        "max-credits: auto",
        "max-credits-per-pr: ' auto '",
        "codevf-project: 42",
        "fail-on: ' high '",
        "instance: ' x'",
        "instance: 7",
    )
    yield from ("paths: [a, '!b']", "paths: []", "path-instructions: [{path: a, instructions: ''}]")
    yield from (
        "routes: []",
        "routes: [{name: docs, only-paths: [a, '!b'], reviewer: none}]",
        "routes: [{name: 1, labels: a, author: '[bot]', draft: 'true', trust-author: true, fail-on: low}]",
        "routes: [{name: a, paths: b, base: [c], max-lines: '9', mode: fast, max-credits: 300, review-on: ready}]",
        "routes: [{name: a, author: octocat, expertise: 7, instructions: b, max-credits: auto}]",
        "max-credits: auto",
        "max-credits-per-pr: auto",
        "max-credits-per-pr: 500",
    )
    yield from ("mode: realtime_answer\nmax-credits: 60", "check-run: false\nsummary-comment: false")


def wrong() -> Iterator[str]:
    texts = [(row[0], text) for row in CONFIG for text in row[4]]
    # A schema cannot express the bounds of a number written as text.
    numbers = (f"{name}: {text}" for name, text in texts if name != "instance" and text not in {"٣٠٠", "1e3"})
    yield from (*numbers, *(f"{name}: {quoted(text)}" for name, text in texts if name == "instance"))
    named = [row[0] for row in CONFIG]
    yield from (f"{name}: {value}" for name in named for value in ("[1]", "{a: 1}", "1.5"))
    yield from (f"{row[0]}: 1" for row in CONFIG if isinstance(row[1], bool))
    yield from ("fail_on: high", f"codevf-api-key: {KEY}", "codevf-url: https://evil.example", "- mode", "mode")
    yield from (
        "path-instructions: x",
        "path-instructions: [{path: a}]",
        "path-instructions: [{path: 1, instructions: b}]",
    )
    yield from ("path-instructions: [{path: a, instructions: b, more: 1}]",)
    rules = ("1", "{}", "{name: a}", "{mode: fast}", "{name: a, mode: x}", "{name: a, mode: fast, label: b}")
    values = ("author: 'a b'", "paths: 1", "draft: x", "min-lines: 0", "reviewer: x", "expertise: [a]")
    yield from (f"routes: [{rule}]" for rule in (*rules, *(f"{{mode: fast, name: a, {one}}}" for one in values)))
    yield from ("routes: x", "routes: [{mode: fast, name: '-'}]")


def takes(text: str) -> bool:
    """Return whether the program accepts a file with some inputs."""
    inputs = {"reviewer": "local"} | ({"check-run": "true"} if "check-run: false" in text else {})
    try:
        read_settings(inputs, text)
    except SettingsError:
        return False
    return True


def fits(text: str) -> bool:
    """Return whether the schema accepts a file."""
    return VALIDATOR.is_valid(YAML(typ="safe", pure=True).load(text))


def test_the_schema_is_valid() -> None:
    Draft7Validator.check_schema(config_schema())


@pytest.mark.parametrize("text", sorted(set(right())), ids=lambda text: text.encode().hex()[:40])
def test_the_schema_accepts_what_the_program_accepts(text: str) -> None:
    assert takes(text)
    assert fits(text)


@pytest.mark.parametrize("text", sorted(set(wrong())), ids=lambda text: text.encode().hex()[:60])
def test_the_schema_rejects_what_the_program_refuses(text: str) -> None:
    assert not takes(text)
    assert not fits(text)


@pytest.mark.parametrize(("text", "wrong"), [("review-event: request-changes", 0), ("review-event: aloud", 1)])
def test_another_validator_agrees_on_the_published_schema(tmp_path: Path, text: str, wrong: int) -> None:
    program = str(Path(sys.executable).parent / "check-jsonschema")
    (tmp_path / "reviewbot.yml").write_text(f"{text}\n", encoding="utf-8")
    command = [program, "--schemafile", str(ROOT / SCHEMA_FILE), "reviewbot.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    message = "were encountered" if wrong else "validation done"
    assert (done.returncode, message in done.stdout) == (wrong, True), done.stdout + done.stderr


def test_a_wrong_name_and_a_wrong_value_of_inputs_are_reported_together(clone: Clone) -> None:  # noqa: ARG001 — it is the folder
    said = config("check", "--input", "nope=1", "--input", "mode", "--input", "fail-on=soon")
    places = [line.split(": ")[1] for line in said.err.splitlines()]
    assert (said.status, places) == (2, ["--input", "--input", "input `fail-on`"])


def test_all_problems_are_reported_with_their_lines(clone: Clone) -> None:
    clone.write({FILE: f"# mine\nmode: slow\n\nnonsense: 1\ncodevf-api-key: {KEY}\nfail-on: {TOKEN}\n"})
    said = config("check")
    assert (said.status, said.out) == (2, "")
    lines = said.err.splitlines()
    assert [line.partition(". ")[0] for line in lines] == [
        f"reviewbot: {FILE}:2: `mode`: invalid value `slow`",
        f"reviewbot: {FILE}:4: `nonsense`: unknown key",
        f"reviewbot: {FILE}:5: `codevf-api-key`: only a workflow input can set this",
        f"reviewbot: {FILE}:6: `fail-on`: invalid value",
    ]
    assert KEY not in said.err
    assert TOKEN not in said.err


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"mode: [\n", "line 2, column 1: expected a value, found the end of the file"),
        (b"\xff\xfe", "the file is not UTF-8 text (line 1 has the byte 0xFF). Save it as UTF-8."),
        (b"#" * 65_537, "the file is too large (65537 bytes). Allowed: up to 65536 bytes"),
    ],
)
def test_a_file_that_cannot_be_read_is_reported_by_its_name(clone: Clone, content: bytes, problem: str) -> None:
    clone.write({FILE: content, "elsewhere.yml": content})
    for said, name in ((config("check"), FILE), (config("show", "elsewhere.yml"), "elsewhere.yml")):
        assert said.status == 2
        assert said.err.startswith(f"reviewbot: {name}: {problem}")


def test_a_valid_file_is_accepted_and_a_missing_one_uses_the_defaults(clone: Clone) -> None:
    assert config("check").out == f"{FILE}: file not found; reviewbot uses the defaults.\n"
    clone.write({FILE: "mode: fast\n"})
    assert (config("check").status, config("check").out) == (0, f"{FILE}: valid.\n")
    assert config("check", "nowhere.yml").status == 2


def test_each_setting_is_shown_with_where_it_comes_from(clone: Clone) -> None:
    clone.write({FILE: "mode: standard\n\nfail-on: high\npaths: [a/**, '!##[b']\n"})
    said = config("show", "--input", "fail-on=low", **{"INPUT_CODEVF-API-KEY": KEY, "INPUT_MODE": ""})
    shown = {line.split()[0]: line.split()[1:] for line in said.out.splitlines()}
    assert shown["mode"] == ["standard", f"{FILE}:1"]
    assert shown["fail-on"] == ["low", "input", "`fail-on`"]
    assert shown["paths"] == ["a/**,", "!##", "[b", f"{FILE}:4"]
    assert shown["max-credits"] == ["240", "default"]
    assert shown["codevf-api-key"] == ["***", "input", "`codevf-api-key`"]
    assert len(shown) == len({one.partition(" ")[0] for one in said.out.splitlines()})
    assert KEY not in said.out


@pytest.mark.usefixtures("clone")
def test_rules_are_shown_by_name_and_those_without_effect_are_listed(clone: Clone) -> None:
    rules = "{name: rest, reviewer: local}, {name: docs, paths: [docs/**], reviewer: none}"
    clone.write({".github/reviewbot.yml": f"routes: [{rules}]\n"})
    (line,) = (one for one in config("show").out.splitlines() if one.startswith("routes "))
    assert line.split() == ["routes", "rest,", "docs", ".github/reviewbot.yml:1"]
    checked = config("check")
    assert (checked.status, checked.out.splitlines()[1:]) == (
        0,
        [f"{FILE}:1: `routes`: rule 2 (`docs`): it has no effect, because rule 1 (`rest`) always matches first."],
    )


@pytest.mark.usefixtures("clone")
def test_a_problem_of_a_rule_has_the_rules_line(clone: Clone) -> None:
    rules = [
        "name: rest\n  reviewer: local",
        "name: [x]\n  mode: fastt",
        "name: rest\n  max-credits: 3",
        "name: typo\n  reviewr: none",
        "text",
    ]
    clone.write({FILE: "\n".join(("fail-on: high", "routes:", *(f"- {one}" for one in rules), "max-tasks: 0"))})
    found = [
        line.removeprefix(f"reviewbot: {FILE}:").partition(": invalid")[0] for line in config("check").err.splitlines()
    ]
    assert found == [
        "5: `routes`: rule 2, `name`",
        "5: `routes`: rule 2, `mode`",
        "7: `routes`: rule 3, `max-credits`",
        "7: `routes`: rule 3, `name`: `rest` is also the name of rule 1.",
        "9: `routes`: rule 4, `reviewr`: unknown key; did you mean `reviewer`?",
        "11: `routes`: rule 5 is not a mapping. Allowed: a `name`, conditions and settings.",
        "12: `max-tasks`",
    ]


@pytest.mark.usefixtures("clone")
def test_rules_that_the_settings_make_impossible_and_rules_without_effect_have_their_lines(clone: Clone) -> None:
    first, second = "routes:\n- name: a\n  mode: standard", "\n- name: b\n  "
    for more, line in (
        ("max-credits: 60", "rule 2, `max-credits`: `max-credits: 60` is out of range."),
        ("min-lines: 9\n  max-lines: 8\n  mode: fast", "rule 2: `min-lines` is greater than `max-lines`."),
    ):
        clone.write({FILE: f"{first}{second}{more}"})
        assert config("check").err.startswith(f"reviewbot: {FILE}:4: `routes`: {line}")
    clone.write({FILE: f"{first}{second}paths: [x]\n  mode: fast"})
    assert config("check").out.splitlines()[1].startswith(f"{FILE}:4: `routes`: rule 2 (`b`): it has no effect")


def test_a_key_in_the_wrong_input_is_not_shown() -> None:
    said = config("show", "--input", f"instructions={KEY}", "--input", f"codevf-project={TOKEN}")
    assert said.status == 2  # `instructions` is only a key of the file
    said = config("show", "--input", f"codevf-project={TOKEN}")
    assert said.status == 0
    assert TOKEN not in said.out


@pytest.mark.usefixtures("clone")
@pytest.mark.parametrize(
    ("given", "what"),
    [
        ("fail-on", "`fail-on` has no value. Write: --input fail-on=VALUE"),
        ("failon=1", "unknown input `failon`; did you mean `fail-on`?"),
        ("=1", "unknown input ``. Allowed: `allow`, `check-run`, "),
        (f"codevf-api-key={KEY}", "`codevf-api-key` is a secret, and other users of this machine can see"),
    ],
)
def test_an_input_that_cannot_be_set_is_refused(given: str, what: str) -> None:
    said = config("show", "--input", given)
    assert said.status == 2
    assert said.err.startswith(f"reviewbot: --input: {what}")
    assert KEY not in said.err


def test_the_layers_are_shown_with_their_places(clone: Clone) -> None:
    clone.write({FILE: "# ours\nmode: standard\n"})
    given = ("--input", "config=mode: fast\nmax-comments: 3", "--input", "locked=fail-on", "--input", "fail-on=high")
    shown = {line.split()[0]: line for line in config("show", *given).out.splitlines()}
    assert f"{FILE}:2" in shown["mode"]
    assert "input `config`, key `max-comments`" in shown["max-comments"]
    assert "input `fail-on`" in shown["fail-on"]
    assert config("check", *given).status == 0


def test_a_locked_key_is_a_problem_with_its_line(clone: Clone) -> None:
    clone.write({FILE: "# ours\nmode: standard\n"})
    for what in ("check", "show"):
        said = config(what, "--input", "locked=mode", "--input", "config=mode: fast")
        assert (said.status, said.out) == (2, "")
        assert f"{FILE}:2: `mode`: `{FILE}` sets this key, but the workflow's input `locked` forbids it" in said.err
        assert "To check the file, run: reviewbot config check --input locked=mode" in said.err
    clone.write({"other.yml": "mode: standard\n"})
    said = config("check", "other.yml", "--input", "locked=mode")
    assert "other.yml:1: `mode`: `other.yml` sets this key" in said.err


def test_an_ellipsis_in_a_key_is_refused_with_the_allowed_characters() -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({"codevf-api-key": "cvf_\N{HORIZONTAL ELLIPSIS}"}, None)
    assert "ASCII letters, digits and punctuation, without whitespace" in str(refused.value.problems[0])
