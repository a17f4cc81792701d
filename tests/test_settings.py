"""Settings: every input and key, the order of sources, and all problems at once without secrets."""

from __future__ import annotations

import re
import traceback
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.model.options import (
    ActionCommand,
    Allow,
    AnswerForm,
    Auto,
    FailOn,
    PathInstruction,
    Redact,
    ReviewerKind,
    ReviewKind,
    ReviewOn,
    Supersede,
    Tolerance,
)
from reviewbot.domain.model.review import Mode, Severity
from reviewbot.errors import Problem, SettingsError
from reviewbot.settings import INPUTS, Settings, peek_settings, read_settings
from reviewbot.settings.configfile import CONFIG_BYTES, read_config
from reviewbot.settings.readers import Secret
from reviewbot.settings.table import CONFIG_FILE

KEY = "cvf_live_0123456789abcdef"
TOKEN = "ghs" + "_0123456789abcdefghijklmnopqrstuvwxyz"

# name, default, written value, parsed value, invalid value, whether an input, whether a key
ROWS: list[tuple[str, object, str, object, list[str], bool, bool]] = [
    ("command", ActionCommand.REVIEW, "collect", ActionCommand.COLLECT, ["buy", "REVIEW"], True, False),
    ("codevf-project", "", "acme/app", "acme/app", [], True, True),
    (
        "codevf-url",
        "https://codevf.com/api/v1/",
        "http://127.0.0.1:8/api",
        "http://127.0.0.1:8/api/",
        ["x"],
        True,
        False,
    ),
    ("reviewer", ReviewerKind.CODEVF, "local", ReviewerKind.LOCAL, ["human"], True, True),
    ("mode", Mode.FAST, "standard", Mode.STANDARD, ["slow"], True, True),
    ("expertise", "", "security", "security", [], True, True),
    ("max-credits", 240, "115200", 115_200, ["59", "115201", "-1", "2.5", "1e3", "٣٠٠", "9" * 13], True, True),
    ("max-credits-per-pr", Auto.AUTO, "500", 500, ["-1", "1000000001", "none", "Auto"], True, True),
    ("min-balance", 0, "100", 100, ["-1", "x"], True, True),
    ("review-on", ReviewOn.PUSH, "ready", ReviewOn.READY, ["open"], True, True),
    ("allow", Allow.WRITE, "anyone", Allow.ANYONE, ["read"], True, True),
    ("wait-minutes", 8, "0", 0, ["351", "-1"], True, True),
    ("on-pending", Tolerance.PASS, "fail", Tolerance.FAIL, ["ignore"], True, True),
    ("on-error", Tolerance.FAIL, "pass", Tolerance.PASS, ["ignore"], True, True),
    ("on-partial", Tolerance.FAIL, "pass", Tolerance.PASS, ["ignore"], True, True),
    ("fail-on", FailOn.CRITICAL, "never", FailOn.NEVER, ["unrated", "Critical"], True, True),
    ("comment-from", Severity.LOW, "high", Severity.HIGH, ["unrated", "never"], True, True),
    ("max-comments", 30, "100", 100, ["101"], True, True),
    ("review-event", ReviewKind.COMMENT, "request-changes", ReviewKind.REQUEST_CHANGES, ["approve"], True, True),
    ("incremental", True, "false", False, ["no", "0", "fAlse"], True, True),
    (
        "paths",
        (),
        "src/**\n\n  !src/gen/** \n",
        ("src/**", "!src/gen/**"),
        ["/src/**", "./src/**", "src/"],
        True,
        True,
    ),
    ("instance", "", "fast lane_1.x", "fast lane_1.x", ["-x", "x" * 41, "a\nb", "a/b", "é"], True, True),
    ("config-file", ".github/reviewbot.yml", "bot.yml", "bot.yml", [], True, False),
    ("templates-dir", ".github/reviewbot", "templates", "templates", [], True, False),
    ("check-run", True, "FALSE", False, ["off"], True, True),
    ("summary-comment", True, "False", False, ["off"], True, True),
    ("json-file", "", "out/a.json", "out/a.json", [], True, False),
    ("sarif-file", "", "a.sarif", "a.sarif", [], True, False),
    ("html-file", "", "a.html", "a.html", [], True, False),
    ("rdjson-file", "", "a.rdjson", "a.rdjson", [], True, False),
    ("dry-run", False, "true", True, ["yes"], True, True),
    ("config", "", "mode: standard", "mode: standard", [], True, False),
    ("locked", (), "fail-on\n\n mode ", ("fail-on", "mode"), [], True, False),
    (
        "repositories",
        (),
        "shop\n acme/parcels \n",
        ("shop", "acme/parcels"),
        ["a/b/c", "../shop", "acme/..", "a b", "shop, parcels", "installation\nshop", "-x/shop", "x" * 101],
        True,
        False,
    ),
    ("instructions", "", "Be kind.", "Be kind.", [], False, True),
    ("agent-prompt", False, "true", True, ["yes"], False, True),
    ("drafts", False, "TRUE", True, ["1"], False, True),
    (
        "bots",
        ("dependabot[bot]", "renovate[bot]"),
        "mergify[bot]",
        ("mergify[bot]",),
        ["true", "false", "dependabot", "github-actions[bot]", "-x[bot]", "a b[bot]"],
        False,
        True,
    ),
    ("bases", (), "release/**\n!release/x*\n", ("release/**", "!release/x*"), [], False, True),
    ("answer", AnswerForm.SCHEMA, "words", AnswerForm.WORDS, ["prose"], False, True),
    ("approve-spend", "", "buy-review", "buy-review", [], False, True),
    ("redact", Redact.ON, "block", Redact.BLOCK, ["off"], False, True),
    ("supersede", Supersede.REPLACE_PENDING, "keep", Supersede.KEEP, ["never"], False, True),
    ("max-tasks", 1, "6", 6, ["0", "7"], False, True),
    ("context", ("auto",), "none", (), ["docs/**", "true"], False, True),
    ("wait-for-checks", (), "build / *", ("build / *",), [], False, True),
    ("wait-for-checks-hours", 24, "2", 2, ["0", "301"], False, True),
    ("quiet-minutes", 0, "10", 10, ["-1", "1441"], False, True),
    ("attachment-bytes", 1_000_000, "140000", 140_000, ["999", "1048577"], False, True),
    ("ask-credits", 60, "600", 600, ["59", "601", "auto"], False, True),
    ("base-credits", 120, "0", 0, ["-1", "115201", "auto"], False, True),
    ("credits-per-100-lines", 60, "0", 0, ["-1", "115201", "0.5"], False, True),
    ("max-credits-ceiling", 1_200, "60", 60, ["59", "115201"], False, True),
]
SECRET_NAMES = ["codevf-api-key", "github-token"]
ACTION = [row for row in ROWS if row[5]]
CONFIG = [row for row in ROWS if row[6]]


def value_of(settings: Settings, name: str) -> object:
    found: object = getattr(settings, name.replace("-", "_"))
    return found


def quoted(text: str) -> str:
    return "'" + text.replace("\n", "\n\n  ") + "'"


def problems_of(inputs: dict[str, str], config: str | None = None) -> tuple[Problem, ...]:
    with pytest.raises(SettingsError) as caught:
        read_settings(inputs, config)
    return caught.value.problems


def alone(row_name: str) -> dict[str, str]:
    """Return the inputs that the value of a row requires."""
    return {"max-credits": {"reviewer": "local"}, "repositories": {"command": "collect"}}.get(row_name, {})


def test_the_table_has_every_setting() -> None:
    named = [row[0] for row in ROWS] + SECRET_NAMES + ["path-instructions", "routes"]
    assert sorted(named) == sorted(row.name for row in INPUTS)
    assert {(row[0], row[5], row[6]) for row in ROWS} <= {(row.name, row.action, row.config) for row in INPUTS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_setting_that_is_not_set_has_its_default(row: tuple[str, object, str, object, list[str], bool, bool]) -> None:
    assert value_of(read_settings({}, None), row[0]) == row[1]
    assert value_of(read_settings({row[0]: "  \n"}, f"{row[0]}:\n" if row[6] else None), row[0]) == row[1]
    assert value_of(read_settings({row[0]: ""}, f"{row[0]}: ''\n" if row[6] else None), row[0]) == row[1]


@pytest.mark.parametrize(
    ("inputs", "config", "value"),
    [
        ({"reviewer": "local"}, None, FailOn.HIGH),
        ({}, "reviewer: local\n", FailOn.HIGH),
        ({"reviewer": "local"}, "reviewer: codevf\nfail-on: low\n", FailOn.LOW),
        ({"reviewer": "local", "fail-on": "critical"}, "fail-on: low\n", FailOn.CRITICAL),
        ({"reviewer": "codevf"}, "reviewer: local\n", FailOn.CRITICAL),
    ],
)
def test_the_local_reviewer_blocks_from_high(inputs: dict[str, str], config: str | None, value: FailOn) -> None:
    assert read_settings(inputs, config).fail_on is value
    assert peek_settings(inputs, config).fail_on is value


@pytest.mark.parametrize("row", ACTION, ids=lambda row: row[0])
def test_an_input_is_read(row: tuple[str, object, str, object, list[str], bool, bool]) -> None:
    name, _, text, value, *_ = row
    inputs = {**alone(name), name: f" {text}\n"}
    if name == "command":
        assert read_settings(inputs, None).command == value
    assert value_of(read_settings(inputs, ""), name) == value
    assert value_of(peek_settings(inputs), name) == value


@pytest.mark.parametrize("row", CONFIG, ids=lambda row: row[0])
def test_a_key_is_read(row: tuple[str, object, str, object, list[str], bool, bool]) -> None:
    name, _, text, value, *_ = row
    assert value_of(read_settings({}, f"{name}: {quoted(text)}\n"), name) == value
    if name not in {"paths", "bases", "instance"}:
        assert value_of(read_settings({}, f"{name}: {text}\n"), name) == value


def test_a_list_of_bots_may_be_empty_and_is_no_switch() -> None:
    assert read_settings({}, "bots: []\n").bots == ()
    assert read_settings({}, "bots:\n- mergify[bot]\n- snyk[bot]\n").bots == ("mergify[bot]", "snyk[bot]")
    for text in ("true", "false", "[true]", "[GitHub-Actions[bot]]"):
        (problem,) = problems_of({}, f"bots: {text}\n" if "Git" not in text else "bots:\n- GitHub-Actions[bot]\n")
        assert (problem.where, problem.allowed) == (
            "`bots` in the config file",
            "a list of logins that end in `[bot]`, except `github-actions[bot]`; `[]` for none",
        )


@pytest.mark.parametrize("row", [row for row in ACTION if row[6]], ids=lambda row: row[0])
def test_an_input_overrides_the_config_key(row: tuple[str, object, str, object, list[str], bool, bool]) -> None:
    name, default, text, value, *_ = row
    other = {"true": "false", "false": "true"}.get(text.lower(), str(default) if default not in {"", ()} else "other")
    assert value_of(read_settings({name: text}, f"{name}: {other}\n"), name) == value


@pytest.mark.parametrize("row", CONFIG, ids=lambda row: row[0])
def test_the_file_overrides_the_input_config(row: tuple[str, object, str, object, list[str], bool, bool]) -> None:
    name, default, text, value, *_ = row
    inputs = {"config": f"{name}: {quoted(text)}\n"}
    other = {"bots": "snyk[bot]", "context": "auto"}.get(name) or str(default).lower() * (default != ()) or "other"
    assert value_of(read_settings(inputs, None), name) == value
    assert value_of(peek_settings(inputs), name) == value
    assert value_of(read_settings(inputs, f"{name}:\n"), name) == value
    assert value_of(read_settings(inputs, f"{name}: {quoted(other)}\n"), name) != value
    locked = inputs | {"locked": f"drafts\n{name}"}
    assert value_of(read_settings(locked, None), name) == value
    (problem,) = problems_of(locked, f"# ours\n{name}: {quoted(other)}\n")
    assert (problem.where, problem.line, problem.what) == (
        f"`{name}` in the config file",
        2,
        "`.github/reviewbot.yml` sets this key, but the workflow's input `locked` forbids it",
    )
    assert value_of(peek_settings(locked, f"{name}: {quoted(other)}\n"), name) == value


def test_a_rule_cannot_set_what_the_workflow_locks() -> None:
    inputs = {"locked": "fail-on\npaths", "fail-on": "high"}
    rules = "routes:\n- {name: all, paths: ['**'], mode: fast}\n- {name: docs, fail-on: never}\n"
    (problem,) = problems_of(inputs, rules)
    assert (problem.where, problem.what) == (
        "`routes` in the config file",
        "`.github/reviewbot.yml` sets `fail-on` in a rule, but the workflow's input `locked` forbids it",
    )
    assert not peek_settings(inputs, rules).routes
    assert len(read_settings({"locked": "paths"}, rules).routes) == 2, "a condition is no setting"
    assert len(read_settings({**inputs, "config": rules}, None).routes) == 2, "the workflow may set what it locks"


def test_a_workflow_may_set_what_it_locks() -> None:
    inputs = {"locked": "fail-on", "fail-on": "high", "config": "fail-on: low"}
    assert read_settings(inputs, None).fail_on is FailOn.HIGH


@pytest.mark.parametrize(
    "text",
    [
        "<<: {fail-on: never}",
        "<<: [{fail-on: never}]",
        '"fail\\x2Don": never',
        "'fail-on': never",
        "? fail-on\n: never",
        "{fail-on: never}",
        '{"fail-on":never}',
        "fail-on: [never]",
        "fail-on: 'nonsense'",
        "--- {fail-on: never}",
    ],
)
def test_no_spelling_of_a_locked_key_is_accepted(text: str) -> None:
    inputs = {"locked": "fail-on", "config": "fail-on: low"}
    assert [problem.where for problem in problems_of(inputs, text)] == ["`fail-on` in the config file"]
    assert peek_settings(inputs, text).fail_on is FailOn.LOW


@pytest.mark.parametrize("text", ["FAIL-ON: never", "fail_on: never", "'fail-on ': never", "fail\u2011on: never"])
def test_a_name_that_only_looks_like_a_locked_key_is_unknown(text: str) -> None:
    inputs = {"locked": "fail-on", "config": "fail-on: low"}
    (problem,) = problems_of(inputs, text)
    assert problem.what.startswith("unknown key")
    assert peek_settings(inputs, text).fail_on is FailOn.LOW


@pytest.mark.parametrize(
    "name", ["failon", "Fail-On", "fail-on, mode", "[fail-on]", "path-instructions[0].path", "codevf-url", "locked"]
)
def test_a_name_that_is_not_a_key_locks_nothing_and_is_a_problem(name: str) -> None:
    (problem,) = problems_of({"locked": f"mode\n{name}"}, None)
    assert problem.where == "input `locked`"
    assert problem.what.startswith(f"`{name}` is not a config key")


def test_the_nearest_key_is_named() -> None:
    (problem,) = problems_of({"locked": "Fail_On"}, None)
    assert problem.what == "`Fail_On` is not a config key; did you mean `fail-on`?"


def test_a_locked_key_is_listed_with_all_other_problems_under_the_name_of_the_file() -> None:
    inputs = {"locked": "mode\ninstructions", "config-file": "bot.yml", "max-comments": "many"}
    config = "mode: fast\nnonsense: 1\ninstructions: |\n  Say nothing.\n"
    problems = problems_of(inputs, config)
    assert sorted(problem.where for problem in problems) == [
        "`instructions` in the config file",
        "`mode` in the config file",
        "`nonsense` in the config file",
        "input `max-comments`",
    ]
    assert [(one.line, one.what.partition(" sets")[0]) for one in problems if "locked" in one.what] == [
        (1, "`bot.yml`"),
        (3, "`bot.yml`"),
    ]


@pytest.mark.parametrize("name", [row[0] for row in ROWS if not row[6]] + SECRET_NAMES)
def test_the_input_config_sets_no_more_than_a_file_may(name: str) -> None:
    inputs = {"config": f"{name}: x\n"}
    assert [(one.where, one.what) for one in problems_of(inputs)] == [
        (f"input `config`, key `{name}`", "only a workflow input can set this")
    ]
    assert value_of(peek_settings(inputs), name) in {value_of(Settings(), name), f"{name}: x"}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("mode: &a x", "line 1, column 7: the value starts with an unquoted `&`, which is an anchor"),
        ("a: [", "line 1, column 5: "),
        ("- mode", "the top level is not a mapping"),
        ("#" * 70_000, "the file is too large"),
    ],
)
def test_the_input_config_has_the_restrictions_of_a_file(text: str, what: str) -> None:
    (problem,) = problems_of({"config": text}, "mode: standard\n")
    assert (problem.where, problem.what.startswith(what)) == ("input `config`", True)


def test_the_input_config_may_be_indented() -> None:
    assert read_settings({"config": "  mode: standard\n  max-comments: 3\n"}, None).max_comments == 3


def test_a_value_of_the_input_config_is_checked_even_if_the_file_sets_another() -> None:
    problems = problems_of({"config": "mode: slow"}, "mode: fast\n")
    assert [problem.where for problem in problems] == ["input `config`, key `mode`"]


@pytest.mark.parametrize(
    ("name", "text"), [(row[0], text) for row in ACTION for text in row[4]], ids=lambda text: text[:20].encode().hex()
)
def test_an_invalid_input_is_reported_with_the_allowed_values(name: str, text: str) -> None:
    (problem,) = problems_of({name: text})
    (row,) = [row for row in INPUTS if row.name == name]
    assert (problem.where, problem.allowed) == (f"input `{name}`", row.reader.allowed)
    assert problem.what.startswith("invalid value")
    assert value_of(peek_settings({name: text}), name) == value_of(Settings(), name)


@pytest.mark.parametrize(
    ("name", "text"), [(row[0], text) for row in CONFIG for text in row[4]], ids=lambda text: text[:20].encode().hex()
)
def test_invalid_keys_are_reported_too(name: str, text: str) -> None:
    (problem,) = problems_of({}, f"{name}: {quoted(text)}\n")
    assert problem.where == f"`{name}` in the config file"


@pytest.mark.parametrize("value", ["[1]", "{a: 1}", "1.5", "2001-01-01", "true"])
@pytest.mark.parametrize("name", [row[0] for row in CONFIG if not isinstance(row[1], bool)])
def test_a_value_of_another_type_is_refused(name: str, value: str) -> None:
    assert [problem.where for problem in problems_of({}, f"{name}: {value}\n")] == [f"`{name}` in the config file"]


@pytest.mark.parametrize("name", [row[0] for row in CONFIG if isinstance(row[1], bool)])
def test_a_number_is_not_a_boolean(name: str) -> None:
    assert [problem.where for problem in problems_of({}, f"{name}: 1\n")] == [f"`{name}` in the config file"]


@pytest.mark.parametrize("name", [row[0] for row in ROWS if not row[6]] + SECRET_NAMES)
def test_settings_that_decide_where_the_key_is_sent_are_not_read_from_a_file(name: str) -> None:
    (problem,) = problems_of({}, f"{name}: {KEY}\n")
    assert problem == Problem(
        f"`{name}` in the config file",
        "only a workflow input can set this",
        todo=f"Set the workflow's input `{name}`.",
        line=1,
    )


@pytest.mark.parametrize("row", [row for row in ROWS if not row[5]], ids=lambda row: row[0])
def test_a_key_that_is_not_an_input_is_ignored_as_one(
    row: tuple[str, object, str, object, list[str], bool, bool],
) -> None:
    assert value_of(read_settings({row[0]: row[2]}, None), row[0]) == row[1]
    assert value_of(peek_settings({row[0]: row[2]}), row[0]) == row[1]


def test_an_unknown_key_is_reported_with_the_known_ones() -> None:
    near, far = problems_of({}, "fail_on: high\nnonsense: 1\n")
    assert str(near) == "`fail_on` in the config file, line 1: unknown key; did you mean `fail-on`?"
    assert far.what == "unknown key"
    assert "`fail-on`" in far.allowed
    assert "`codevf-api-key`" not in far.allowed


@pytest.mark.parametrize(
    ("inputs", "text", "place"),
    [
        ({}, "mode: fast\nfail-on: hihg\n", "`fail-on` in the config file on `main`, line 2: invalid value"),
        ({}, "fail-on: [", "`.github/reviewbot.yml` on `main`: line 1, column 11: "),
        ({"config-file": "ci/review.yml"}, "fail-on: [", "`ci/review.yml` on `main`: line 1, column 11: "),
        ({"fail-on": "hihg"}, "mode: fast\n", "input `fail-on`: invalid value"),
    ],
)
def test_an_error_in_the_config_file_names_its_branch(inputs: dict[str, str], text: str, place: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(inputs, text, "main")
    (problem,) = caught.value.problems
    assert str(problem).startswith(place)


@pytest.mark.parametrize("path", ["ci/review.yml", ".github/reviewbot.yaml", "/.github/reviewbot.yml"])
def test_a_named_config_file_must_exist(path: str) -> None:
    (problem,) = problems_of({"config-file": path}, None)
    assert str(problem) == (
        f"input `config-file`: `{path}` does not exist on the default branch. Create the file, or correct its path."
    )
    assert read_settings({"config-file": ".github/reviewbot.yml"}, None).fail_on is FailOn.CRITICAL


def test_every_problem_is_reported_at_once() -> None:
    problems = problems_of(
        {"mode": "slow", "wait-minutes": "soon", "check-run": "false", "summary-comment": "false"},
        "fail-on: sometimes\nnonsense: 1\ncodevf-url: https://evil.example\nmode: slower\n",
    )
    assert sorted(problem.where for problem in problems) == [
        "`check-run` and `summary-comment`",
        "`codevf-url` in the config file",
        "`fail-on` in the config file",
        "`mode` in the config file",
        "`nonsense` in the config file",
        "input `mode`",
        "input `wait-minutes`",
    ]


def test_a_broken_file_does_not_hide_the_inputs_problems() -> None:
    assert [problem.where for problem in problems_of({"mode": "slow"}, "a: [")] == [CONFIG_FILE, "input `mode`"]


def test_the_error_is_a_readable_list() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"mode": "slow", "fail-on": "x"}, None)
    assert str(caught.value) == "The settings are invalid, so nothing was sent."
    assert caught.value.hint.splitlines()[0] == (
        "- input `mode`: invalid value `slow`. Allowed: `realtime_answer`, `fast`, `standard`."
    )
    with pytest.raises(SettingsError, match="The settings are invalid, so"):
        read_settings({"mode": "slow"}, None)


@pytest.mark.parametrize(
    ("inputs", "where"),
    [
        ({"mode": "realtime_answer", "max-credits": "601"}, "`mode` and `max-credits`"),
        ({"mode": "fast", "max-credits": "239"}, "`mode` and `max-credits`"),
        ({"mode": "standard", "max-credits": "100"}, "`mode` and `max-credits`"),
        (
            {"max-credits": "auto", "mode": "standard", "config": "max-credits-ceiling: 239"},
            "`mode` and `max-credits-ceiling`",
        ),
        ({"check-run": "false", "summary-comment": "false"}, "`check-run` and `summary-comment`"),
        ({"command": "collect", "reviewer": "local"}, "`command` and `reviewer`"),
        ({"repositories": "installation"}, "`command` and `repositories`"),
        ({"command": "collect", "repositories": "a", "json-file": "r.json"}, "`repositories` and report files"),
    ],
)
def test_incompatible_settings_are_reported(inputs: dict[str, str], where: str) -> None:
    assert [problem.where for problem in problems_of(inputs)] == [where]


def test_several_tasks_need_the_summary() -> None:
    problems = problems_of({"summary-comment": "false"}, "max-tasks: 2\n")
    assert [problem.where for problem in problems] == ["`max-tasks` and `summary-comment`"]


@pytest.mark.parametrize(
    "inputs",
    [
        {"mode": "realtime_answer", "max-credits": "60"},
        {"mode": "realtime_answer", "max-credits": "600"},
        {"reviewer": "local", "max-credits": "100"},
        {"reviewer": "local", "max-credits": "auto", "config": "max-credits-ceiling: 60"},
        {"max-credits": "auto", "mode": "realtime_answer", "config": "max-credits-ceiling: 60"},
        {"config": "max-credits-ceiling: 60"},
        {"reviewer": "local", "check-run": "false", "summary-comment": "false"},
        {"check-run": "false"},
        {"command": "collect"},
    ],
)
def test_compatible_settings_pass(inputs: dict[str, str]) -> None:
    assert isinstance(read_settings(inputs, None), Settings)


def test_a_mistake_is_reported_once_without_its_consequences() -> None:
    assert [problem.where for problem in problems_of({"mode": "realtime", "max-credits": "100"})] == ["input `mode`"]


@pytest.mark.parametrize("name", ["max-credits", "max-credits-per-pr"])
def test_a_number_or_auto_may_be_written_in_either_place(name: str) -> None:
    for inputs, config in (({name: "auto"}, None), ({}, f"{name}: auto\n")):
        assert value_of(read_settings(inputs, config), name) is Auto.AUTO
    assert value_of(read_settings({}, f"{name}: 300\n"), name) == 300
    (problem,) = problems_of({name: "aut"})
    assert problem.what == "invalid value `aut`; did you mean `auto`?"
    assert "`auto`, or a whole number from" in problem.advice


def test_every_problem_of_the_size_is_listed() -> None:
    config = "base-credits: many\ncredits-per-100-line: 60\nmax-credits-ceiling: 5\nmax-credits: autom\n"
    problems = problems_of({}, config)
    assert [problem.where.removesuffix(" in the config file") for problem in problems] == [
        "`base-credits`",
        "`credits-per-100-line`",
        "`max-credits-ceiling`",
        "`max-credits`",
    ]
    assert "did you mean `credits-per-100-lines`?" in problems[1].what


@pytest.mark.parametrize(
    ("rules", "config", "found"),
    [
        ("{name: a, path: [x], mode: fast}", "", {"rule 1, `path`: unknown key; did you mean `paths`?": ""}),
        ("{name: a, mode: fats}", "", {"rule 1, `mode`: invalid value `fats`; did you mean `fast`?": "`fast`"}),
        ("{name: a, min-lines: 0, mode: fast}", "", {"rule 1, `min-lines`: invalid value `0`": "from 1 to"}),
        ("{mode: fast}, fast", "", {"rule 1 has no `name`": "up to 40 letters", "rule 2 is not a mapping": "a `name`"}),
        ("{name: a, paths: [x]}", "", {"rule 1 contains no setting to change": "at least one of `reviewer`, `mode`,"}),
        ("{name: a, mode: fast}, {name: a, mode: fast}", "", {"rule 2, `name`: `a` is also the name of rule 1": ""}),
        (f"{{name: a, mode: {KEY}}}", "", {"rule 1, `mode`: invalid value": "`fast`"}),
        # Values that are invalid together
        ("{name: a, fail-on: low}, {name: b, max-credits: 600, mode: realtime_answer}", "", {}),
        (
            "{name: a, fail-on: low}, {name: b, max-credits: 601, mode: realtime_answer}",
            "",
            {"rule 2, `max-credits`: `max-credits: 601` is out of range": "60 to 600 with `mode: realtime_answer`"},
        ),
        (
            "{name: a, mode: fast}",
            "mode: realtime_answer\nmax-credits: 60\n",
            {"rule 1, `mode`: `max-credits: 60` is out of range": "240 to 115200 with `mode: fast`"},
        ),
        (
            "{name: a, max-credits: auto}",
            "max-credits-ceiling: 200\n",
            {"rule 1, `max-credits`: `max-credits-ceiling: 200` is less than a review needs": "240` or more"},
        ),
        (
            "{name: a, mode: standard}, {name: b, fail-on: low}",
            "max-credits: auto\nmode: realtime_answer\nmax-credits-ceiling: 200\n",
            {"rule 1, `mode`: `max-credits-ceiling: 200` is less than a review needs": "240` or more"},
        ),
        (
            "{name: a, min-lines: 3, max-lines: 2, mode: fast}",
            "",
            {"rule 1: `min-lines` is greater": "up to the value of"},
        ),
        (
            "{name: a, reviewer: codevf}",
            "reviewer: local\n",
            {"rule 1, `reviewer`: `codevf` conflicts with": "add a last rule with `reviewer: local`"},
        ),
    ],
)
def test_every_invalid_rule_is_listed_with_its_number_and_key(rules: str, config: str, found: dict[str, str]) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        read_settings({}, f"routes: [{rules}]\n{config}")
    except SettingsError as error:
        problems = error.problems
    assert [problem.where for problem in problems] == ["`routes` in the config file"] * len(found)
    for problem, (what, advice) in zip(problems, found.items(), strict=True):
        assert problem.what.startswith(what)
        assert advice in problem.advice
        assert KEY not in problem.what


def test_a_project_may_be_a_number() -> None:
    assert read_settings({}, "codevf-project: 42\n").codevf_project == "42"


def test_one_source_can_complete_another() -> None:
    assert read_settings({"mode": "realtime_answer"}, "max-credits: 60\n").max_credits == 60


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("paths: [src/**, '!src/gen/**', '']", ("src/**", "!src/gen/**")),
        ("paths: |\n  src/**\n  '#'\n", ("src/**", "'#'")),
        ("paths: []", ()),
    ],
)
def test_paths_are_a_list_or_lines(config: str, expected: tuple[str, ...]) -> None:
    assert read_settings({}, config).paths == expected


def test_path_instructions_are_pairs() -> None:
    config = "path-instructions:\n- path: src/**\n  instructions: Look twice.\n- {path: b, instructions: ''}\n"
    assert read_settings({}, config).path_instructions == (
        PathInstruction("src/**", "Look twice."),
        PathInstruction("b", ""),
    )


@pytest.mark.parametrize(
    "value", ["x", "{path: a, instructions: b}", "[a]", "[{path: a}]", "[{path: 1, instructions: b}]"]
)
def test_other_forms_of_path_instructions_are_refused(value: str) -> None:
    for text in (value, value.replace("}", ", more: 1}")):
        assert [p.where for p in problems_of({}, f"path-instructions: {text}\n")] == [
            "`path-instructions` in the config file"
        ]


@pytest.mark.parametrize("empty", ["", "\n", "# only a comment\n", "---\n", "null\n", "~", "mode:\nfail-on: ''\n"])
def test_an_empty_file_sets_nothing(empty: str) -> None:
    assert read_settings({}, empty) == read_settings({}, None)


@pytest.mark.parametrize(
    ("config", "what"),
    [
        ("mode: &fast fast", "line 1, column 7: the value starts with an unquoted `&`, which is an anchor"),
        ("a: &x {}\nb: *x", "line 1, column 4: the value starts with an unquoted `&`, which is an anchor"),
        ("a: 1\nb: *x", "line 2, column 4: the value starts with an unquoted `*`, which is an alias"),
        ("mode: !!str fast", "line 1, column 7: the value starts with an unquoted `!`, which is a tag"),
        ("mode: ! fast", "line 1, column 7: the value starts with an unquoted `!`, which is a tag"),
        ("--- !x\nmode: fast", "line 1, column 5: the value starts with an unquoted `!`, which is a tag"),
        (
            "mode: !!python/object:os.system fast",
            "line 1, column 7: the value starts with an unquoted `!`, which is a tag",
        ),
        ("mode: fast\nmode: standard", "line 2, column 1: duplicate key `mode`, first set in line 1, column 1"),
        (
            "path-instructions:\n- {path: a, path: b}",
            "line 2, column 13: duplicate key `path`, first set in line 2, column 4",
        ),
        ("mode: [fast", "line 1, column 12: expected `,` or `]`, found the end of the file"),
        ("mode: fast\n  x: y", "line 2, column 4: `:` in an unquoted value, or wrong indentation"),
        ("mode: @fast", "line 1, column 7: found character `@` at the start of an unquoted value"),
        ("mode: fast\n---\nmode: fast", "line 2, column 1: more than one document"),
        ("{a: b}: c", "line 1, column 1: a key is not plain text"),
        ("mode: \0", "line 1, column 7: control character U+0000"),
        ("a: b\r\nmode: \x07", "line 2, column 7: control character U+0007"),
        ("mode: \ud800", "line 1, column 7: invalid character U+D800"),
        ("mode: 2001-99-99", "line 1, column 7: invalid number or date"),
        ("a:\n- " + "9" * 5_000, "line 2, column 3: invalid number or date"),
        ("mode: " + "[" * 60_000, "line 1, column 16: the value is nested more than 10 levels deep"),
        ("max-credits: 0x" + "f" * 5_000, "line 1, column 14: the number has too many digits"),
        ("paths: [-0o" + "7" * 9_000 + "]", "line 1, column 9: the number has too many digits"),
        ("mode: " + "[" * 10 + "]" * 10, "line 1, column 16: the value is nested more than 10 levels deep"),
        ("- " * 3_000, "line 1, column 21: the value is nested more than 10 levels deep"),
        ("- mode", "the top level is not a mapping"),
        ("mode", "the top level is not a mapping"),
        ("1: 2", "the top level is not a mapping"),
        ("[a]: b", "the top level is not a mapping"),
        ("#" * (CONFIG_BYTES + 1), "the file is too large"),
        ("# " + "ü" * (CONFIG_BYTES // 2), "the file is too large"),
    ],
)
def test_a_file_that_is_large_or_uses_unusual_yaml_is_refused(config: str, what: str) -> None:
    (problem,) = problems_of({}, config)
    assert problem.where == CONFIG_FILE
    (problem,) = problems_of({"config-file": "bot.yml"}, config)
    assert problem.where == "bot.yml"
    assert problem.what.startswith(what)


def test_a_file_of_the_largest_size_is_read() -> None:
    assert read_settings({}, "mode: standard\n#" + "x" * (CONFIG_BYTES - 16)).mode is Mode.STANDARD


def test_yaml_does_not_read_on_as_a_boolean() -> None:
    assert read_settings({}, "redact: on\n").redact is Redact.ON


@given(st.text(max_size=60))
def test_any_file_is_read_or_refused(text: str) -> None:
    keys, problems = read_config(text)
    assert not (keys and problems)


@given(st.dictionaries(st.sampled_from([row.name for row in INPUTS]), st.text(max_size=12), max_size=4))
def test_any_inputs_are_read_or_refused(inputs: dict[str, str]) -> None:
    peek_settings(inputs)
    try:
        read_settings(inputs, None)
    except SettingsError as error:
        assert error.problems  # noqa: PT017 — either way is right


LEAKS: list[tuple[dict[str, str], str | None]] = [
    ({"codevf-api-key": f"{KEY} x"}, None),
    ({"github-token": f"{TOKEN}\n{TOKEN}"}, None),
    ({"codevf-url": f"https://user:{KEY}@codevf.example/"}, None),
    ({"codevf-url": f"https://codevf.example/?key={KEY}"}, None),
    ({"max-credits": KEY}, None),
    ({"mode": TOKEN}, None),
    ({}, f"codevf-api-key: {KEY}\n"),
    ({}, f"codevf-api-key: {KEY}\ncodevf-api-key: {KEY}\n"),
    ({}, f"codevf-api-key: '{KEY}\n"),
    ({}, f"codevf-api-key: [{KEY}\n"),
    ({}, f"fail-on: {KEY}\n"),
    ({"config": f"fail-on: {KEY}\n"}, None),
    ({"config": f"codevf-api-key: {KEY}\n"}, None),
    ({"config": f"codevf-api-key: [{KEY}\n"}, None),
    ({}, f"{KEY}: 1\n{KEY}: 2\n"),
    ({}, f"mode: *{KEY}\n"),
    ({}, f"mode: !{KEY} x\n"),
    ({}, f"mode: fast\n{KEY}\n"),
    ({}, f"%TAG {KEY}\n---\nmode: fast\n"),
    ({}, f"%YAML {KEY}\n"),
    ({}, f"mode: !{KEY}!b x\n"),
    ({}, f"mode: |{KEY}\n"),
    ({}, f'mode: "\\x{KEY}"\n'),
    ({}, f"%TAG !a! x\n%TAG !a! {KEY}\n---\n"),
    ({}, f"path-instructions: [{{path: {KEY}}}]\n"),
]


@pytest.mark.parametrize(("inputs", "config"), LEAKS)
def test_no_message_contains_a_secret(inputs: dict[str, str], config: str | None) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(inputs, config)
    text = f"{caught.value} {caught.value.hint} {caught.value.problems!r}"
    assert KEY not in text
    assert TOKEN not in text


def test_no_repr_contains_a_secret() -> None:
    settings = read_settings({"codevf-api-key": KEY, "github-token": TOKEN}, None)
    shown = f"{settings} {settings!r} {settings.github_token} {settings.codevf_api_key}"
    assert KEY not in shown
    assert TOKEN not in shown
    assert repr(Secret("")) == "Secret('')"
    assert settings.secrets() == (KEY, TOKEN)
    assert read_settings({}, None).secrets() == ()


def test_no_traceback_contains_a_secret() -> None:
    try:
        read_settings({"codevf-url": f"https://user:{KEY}@codevf.example/", "codevf-api-key": f"{KEY} {KEY}"}, None)
    except SettingsError as error:
        assert KEY not in "".join(traceback.format_exception(error))  # noqa: PT017 — the traceback is the point


@pytest.mark.parametrize(
    ("inputs", "name"),
    [
        ({}, "CodeVF review"),
        ({"instance": "nightly"}, "CodeVF review: nightly"),
        ({"reviewer": "local"}, "reviewbot (local)"),
        ({"reviewer": "local", "instance": "x"}, "reviewbot (local): x"),
    ],
)
def test_the_check_is_named_after_reviewer_and_instance(inputs: dict[str, str], name: str) -> None:
    assert read_settings(inputs, None).check_name == name


def test_the_documentation_sees_every_setting_as_text() -> None:
    assert [row.name.replace("-", "_") for row in INPUTS] == [row.name for row in fields(Settings)]
    defaults = {row.name: row.default for row in INPUTS}
    assert (defaults["incremental"], defaults["dry-run"], defaults["paths"], defaults["github-token"]) == (
        "true",
        "false",
        "",
        "",
    )
    assert (defaults["mode"], defaults["comment-from"], defaults["max-credits"]) == ("fast", "low", "240")
    assert all(row.meaning.endswith(".") and row.reader.allowed for row in INPUTS)


@pytest.mark.parametrize("word", list(FailOn))
def test_a_threshold_is_a_severity_or_never(word: FailOn) -> None:
    assert word.severity == (None if word is FailOn.NEVER else Severity(word.value))


def test_a_setting_explains_each_of_its_values() -> None:
    words = re.compile(r"`([a-z_-]+)`")
    silent = {row.name: set(words.findall(row.reader.allowed)) - set(words.findall(row.meaning)) for row in INPUTS}
    assert {name for name, left in silent.items() if left} == {"fail-on", "comment-from"}, silent
    assert (silent["fail-on"], silent["comment-from"]) == (set(FailOn) - {"high"}, set(FailOn) - {"never"}), (
        "severities, by name"
    )
