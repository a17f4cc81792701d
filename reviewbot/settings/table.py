"""The settings, with their defaults, readers and meanings.

The order of precedence is: workflow inputs, the default branch's config file, the input `config`, defaults. Tests
compare `action.yml`, `no-docker/action.yml` and `docs/configuration.md` with the fields of `Settings`.
`reviewbot/app/context.py` passes the settings to the decisions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, TypeVar

from msgspec import Struct

from reviewbot.domain.codevf.attachments import LARGEST_ATTACHMENT
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
    RoutedReviewer,
    Supersede,
    Tolerance,
)
from reviewbot.domain.model.review import Mode, Severity
from reviewbot.domain.policy.readiness import WaitRules
from reviewbot.domain.policy.routes import Route, strictest
from reviewbot.domain.publishing.check_names import CheckNames
from reviewbot.domain.text.escaping import visible
from reviewbot.errors import Problem, SettingsError, did_you_mean
from reviewbot.settings.readers import (
    BOOLEAN,
    BOTS,
    CONTEXT,
    INSTANCE,
    LINES,
    PATH_INSTRUCTIONS,
    PATH_PATTERNS,
    PATTERNS,
    REPOSITORIES,
    SECRET,
    SERVICE_URL,
    TEXT,
    THRESHOLD,
    NotAllowed,
    Reader,
    Secret,
    default_text,
    number_or_auto,
    one_of,
    whole_number,
)
from reviewbot.settings.routes import CHANGES, MOST_LINES, ROUTES
from reviewbot.values import replace

T = TypeVar("T")

REPORT_FILES = ("json-file", "sarif-file", "html-file", "rdjson-file")
"""The inputs and outputs that are paths of report files."""

CONFIG_FILE = ".github/reviewbot.yml"
TEMPLATES_DIR = ".github/reviewbot"


def setting(
    default: T, meaning: str, reader: Reader[T] | None = None, *, action: bool = True, config: bool = True
) -> T:
    """Return a field of `Settings` that is a workflow input (`action`), a config key (`config`) or both."""
    metadata = {"reader": reader or _reader_of(default), "meaning": meaning, "action": action, "config": config}
    return field(default=default, metadata=metadata)


def workflow_input(default: T, meaning: str, reader: Reader[T] | None = None) -> T:
    """Return a field that only a workflow input can set."""
    return setting(default, meaning, reader, config=False)


def config_key(default: T, meaning: str, reader: Reader[T] | None = None) -> T:
    """Return a field that only the config file or the input `config` can set."""
    return setting(default, meaning, reader, action=False)


def _reader_of(default: object) -> Reader[Any]:
    if isinstance(default, bool):
        return BOOLEAN
    return one_of(type(default)) if isinstance(default, StrEnum) else TEXT


@dataclass(frozen=True, slots=True)
class Settings:
    command: ActionCommand = workflow_input(
        ActionCommand.REVIEW,
        "`review` submits the change and waits; `collect` publishes finished reviews and buys deferred reviews.",
    )
    codevf_api_key: Secret = workflow_input(Secret(""), "CodeVF's API key; required with `reviewer: codevf`.", SECRET)
    codevf_project: str = setting("", "The CodeVF project: its name (created if missing) or number.")
    codevf_url: str = workflow_input("https://codevf.com/api/v1/", "The address of CodeVF's API.", SERVICE_URL)
    github_token: Secret = workflow_input(
        Secret(""), "The token for reading and commenting on the pull request.", SECRET
    )
    reviewer: ReviewerKind = setting(
        ReviewerKind.CODEVF,
        "The reviewer: `codevf` (paid), or `local` for static analyzers. `local` requires the action in `local/`.",
    )
    mode: Mode = setting(
        Mode.FAST,
        "CodeVF's service level, which multiplies the price by 1 (`standard`), 1.5 (`fast`) or 2 (`realtime_answer`).",
    )
    expertise: str = setting("", "A CodeVF expertise tag, by name or number.")
    max_credits: int | Auto = setting(
        240,
        "Credits for one task before the mode and expertise multipliers. `auto` computes them from the number of "
        "changed lines, excluding lock files.",
        number_or_auto(60, 115_200),
    )
    max_credits_per_pr: int | Auto = setting(
        Auto.AUTO,
        "The credit limit of a pull request, for credits reserved and used. `auto` means six times the hold of its "
        "first review. 0 means no limit.",
        number_or_auto(0, 10**9),
    )
    min_balance: int = setting(
        0, "The minimum number of credits that must remain after a purchase.", whole_number(0, 10**9)
    )
    review_on: ReviewOn = setting(
        ReviewOn.PUSH,
        "When to review: on every `push`, once when `ready` for review, or on `request` (by command or label).",
    )
    allow: Allow = setting(
        Allow.WRITE,
        "Which pull requests from forks may spend credits: those approved by a user with `write` access, or all "
        "(`anyone`).",
    )
    wait_minutes: int = setting(
        8, "Minutes to wait for the review. With 0, the job ends after it submits the review.", whole_number(0, 350)
    )
    on_pending: Tolerance = setting(
        Tolerance.PASS,
        "The step's result while the review is pending: `fail` or `pass`. The check shows the state in either case.",
    )
    on_error: Tolerance = setting(
        Tolerance.FAIL,
        "The step's result if a due review did not happen: `fail` or `pass`. The check shows the failure in either "
        "case.",
    )
    on_partial: Tolerance = setting(
        Tolerance.FAIL,
        "What to do if selected files were not fully reviewed: `fail` fails the check, and `pass` ignores the "
        "unreviewed parts, except those of a cancelled or refused task.",
    )
    fail_on: FailOn = setting(
        FailOn.CRITICAL,
        "The lowest severity that blocks the pull request. With `reviewer: local`, the default is `high`.",
    )
    comment_from: Severity = setting(Severity.LOW, "The lowest severity to post as an inline comment.", THRESHOLD)
    max_comments: int = setting(
        30, "The maximum number of inline comments. Findings with a higher severity come first.", whole_number(0, 100)
    )
    review_event: ReviewKind = setting(
        ReviewKind.COMMENT,
        "The kind of review: `comment`, or `request-changes` while findings block. reviewbot dismisses the request "
        "afterwards.",
    )
    incremental: bool = setting(
        True, "Whether a later review covers only the changes since the last review, if possible."
    )
    paths: tuple[str, ...] = setting(
        (), "File patterns in the syntax of `on.pull_request.paths`; the last match wins.", PATH_PATTERNS
    )
    instance: str = setting("", "A name for this workflow, if several workflows review the same repository.", INSTANCE)
    config_file: str = workflow_input(CONFIG_FILE, "The path of the config file on the default branch.")
    templates_dir: str = workflow_input(
        TEMPLATES_DIR, "The folder of templates on the default branch that override the built-in ones."
    )
    check_run: bool = setting(True, "Whether to write a check run.")
    summary_comment: bool = setting(True, "Whether to write the summary comment.")
    json_file: str = workflow_input("", "Path of the JSON report inside the workspace.")
    sarif_file: str = workflow_input("", "Path of the SARIF report inside the workspace.")
    html_file: str = workflow_input("", "Path of the HTML report inside the workspace.")
    rdjson_file: str = workflow_input("", "Path of the RDJSON report inside the workspace.")
    dry_run: bool = setting(False, "Show what reviewbot would send and what it would cost, but spend and post nothing.")
    config: str = workflow_input(
        "", "Default values of config keys, as YAML. The repository's config file overrides them."
    )
    locked: tuple[str, ...] = workflow_input((), "Config keys that the repository's config file must not set.", LINES)
    repositories: tuple[str, ...] = workflow_input(
        (),
        "The repositories for `collect`: names, or `installation` for all that the App's token can access.",
        REPOSITORIES,
    )
    instructions: str = config_key("", "Instructions for the reviewer.")
    path_instructions: tuple[PathInstruction, ...] = config_key(
        (), "`instructions` for the reviewer about the files that `path` matches.", PATH_INSTRUCTIONS
    )
    context: tuple[str, ...] = config_key(
        ("auto",),
        "What reviewbot sends besides the change. `auto` sends documents and manifests from the default branch, commit "
        "messages, and the issues that the pull request closes. A list adds files from the default branch. `none` "
        "sends none of these.",
        CONTEXT,
    )
    routes: tuple[Route, ...] = config_key(
        (), "Rules that choose the reviewer, mode and credits for a pull request.", ROUTES
    )
    agent_prompt: bool = config_key(
        False, "Whether to add a collapsed prompt for a coding agent to each comment with blocking findings."
    )
    drafts: bool = config_key(False, "Whether to review drafts.")
    bots: tuple[str, ...] = config_key(
        ("dependabot[bot]", "renovate[bot]"),
        "Bots whose pull requests reviewbot skips, if the bot pushed the head commit and GitHub signed every commit as "
        "the bot's.",
        BOTS,
    )
    bases: tuple[str, ...] = config_key(
        (),
        "Base branches, besides the default branch, whose check has the required name. For other base branches, the "
        "name ends in `(base: BRANCH)`. Use the pattern syntax of `on.pull_request.branches`, and match only branches "
        "with the same protection as the default branch.",
        PATTERNS,
    )
    approve_spend: str = config_key(
        "",
        "The label that a user with write access adds to approve a review. Without approval, reviewbot does not buy a "
        "review. Add the label to the job's `if:`.",
    )
    wait_for_checks: tuple[str, ...] = config_key(
        (),
        "Names of checks and statuses that must pass on the head commit before reviewbot buys a review. `*` matches "
        "any characters.",
        PATTERNS,
    )
    wait_for_checks_hours: int = config_key(
        24, "Hours to wait for `wait-for-checks`. After that, reviewbot does not buy the review.", whole_number(1, 300)
    )
    quiet_minutes: int = config_key(0, "Minutes without a push before reviewbot buys a review.", whole_number(0, 1440))
    answer: AnswerForm = config_key(
        AnswerForm.SCHEMA,
        "The format of the answer: `schema` for structured data, `words` for text with findings as `path:line: text`.",
    )
    redact: Redact = config_key(Redact.ON, "`on` redacts secrets; `block` does not send files that contain secrets.")
    supersede: Supersede = config_key(
        Supersede.REPLACE_PENDING,
        "What happens to the open task of an older head: `replace-pending` cancels it unless an engineer is working on "
        "it, `always-replace` always cancels it, and `keep` never cancels it.",
    )
    max_tasks: int = config_key(1, "The maximum number of tasks for a large change.", whole_number(1, 6))
    attachment_bytes: int = config_key(
        1_000_000, "The largest attachment, in bytes.", whole_number(1_000, LARGEST_ATTACHMENT)
    )
    ask_credits: int = config_key(
        60, "Credits for the answer to `/reviewbot ask`, before the multipliers.", whole_number(60, 600)
    )
    base_credits: int = config_key(
        120, "The fixed part of the credits with `max-credits: auto`.", whole_number(0, 115_200)
    )
    credits_per_100_lines: int = config_key(
        60, "Credits for each 100 changed lines with `max-credits: auto`.", whole_number(0, 115_200)
    )
    max_credits_ceiling: int = config_key(
        1_200, "The maximum of `max-credits` for each task with `max-credits: auto`.", whole_number(60, 115_200)
    )

    @property
    def paid(self) -> bool:
        """Whether the reviewer costs credits, unless a rule of `routes` selects the analyzers (`Request.paid`)."""
        return self.reviewer is ReviewerKind.CODEVF

    @property
    def check_name(self) -> str:
        """The check run's name for the default branch and the branches in `bases`. A ruleset requires this name."""
        name = "CodeVF review" if self.paid else "reviewbot (local)"
        return f"{name}: {self.instance}" if self.instance else name

    @property
    def check_names(self) -> CheckNames:
        return CheckNames(self.check_name, self.bases)

    @property
    def is_keyless(self) -> bool:
        """Whether the reviewer costs credits but the API key is missing, e.g., for an event from a fork."""
        return self.paid and not self.codevf_api_key

    @property
    def strictest_fail_on(self) -> FailOn:
        """The strictest `fail-on` of the settings and all rules of `routes`."""
        return strictest((self.fail_on, *(one.fail_on for one in self.routes if one.fail_on)))

    @property
    def wait_rules(self) -> WaitRules:
        return WaitRules(self.wait_for_checks, self.wait_for_checks_hours, self.quiet_minutes)

    def files(self) -> Mapping[str, str]:
        """Return the paths of the report files to write, by input name."""
        paths = (self.json_file, self.sarif_file, self.html_file, self.rdjson_file)
        return {name: path for name, path in zip(REPORT_FILES, paths, strict=True) if path}

    def secrets(self) -> tuple[str, ...]:
        """Return the API key and the GitHub token, which no output may contain."""
        return tuple(secret.reveal() for secret in (self.codevf_api_key, self.github_token) if secret)


class Input(Struct, frozen=True):
    """The description of a field of `Settings`. `value` is the default."""

    field: str
    value: object
    reader: Reader[Any]
    meaning: str
    action: bool
    config: bool

    @property
    def name(self) -> str:
        """The name as users write it, with hyphens."""
        return self.field.replace("_", "-")

    @property
    def default(self) -> str:
        """The default as users write it, or an empty string if there is none."""
        return default_text(self.value)


INPUTS = tuple(Input(row.name, row.default, **row.metadata) for row in fields(Settings))
_CONFIG_KEYS = sorted(one.name for one in INPUTS if one.config)


class Layer(Struct, frozen=True):
    """One source of settings. `place` returns a setting's location for an error, e.g., "input `mode`"."""

    values: Mapping[str, object]
    place: Callable[[str], str]


def peek_settings(inputs: Mapping[str, str], config: str | None = None) -> Settings:
    """Return the settings and ignore invalid values, for settings that are needed despite an error, e.g., the token."""
    return _read(read_layers(inputs, config)[0])[0]


def read_settings(inputs: Mapping[str, str], config: str | None, branch: str = "") -> Settings:
    """Return the settings of a run.

    Args:
        inputs: the workflow's inputs by name. An empty string means "not set".
        config: the text of the default branch's config file, or None if there is none.
        branch: the branch or commit from which the config file was read, for an error, or an empty string.

    Raises:
        SettingsError: a setting is invalid. The error contains every problem.
    """
    layers, problems = read_layers(inputs, config)
    settings, invalid = _read(layers)
    if config is None and settings.config_file != CONFIG_FILE:
        what = f"`{_path_of(inputs)}` does not exist on {f'`{visible(branch)}`' if branch else 'the default branch'}"
        problems.append(Problem(input_place("config-file"), what, todo="Create the file, or correct its path."))
    problems += [
        Problem(where, what, allowed, item=item)
        for where, value, row in invalid
        for what, allowed, item in row.reader.reasons(value)
    ]
    wrong = {row.field for _, _, row in invalid}
    problems += [problem for names, problem in _impossible(settings) if not wrong & names]
    if problems:
        line_of = lines_of(config or "")
        located = (
            replace(one, where=_place_on(one.where, branch, inputs), line=line_of(one.where, one.item))
            for one in problems
        )
        raise SettingsError(tuple(sorted(located, key=lambda one: one.line)))
    return settings


def lines_of(config: str) -> Callable[[str, int], int]:
    """Return a function that returns the line of `Problem.where` and `Problem.item`, or 0 if the line is unknown."""
    from reviewbot.settings.configfile import key_lines  # noqa: PLC0415 — as below

    lines = {config_place(key): found for key, found in key_lines(config).items()}

    def line_of(place: str, item: int) -> int:
        of_key = lines.get(place, (0,))
        return of_key[item if item < len(of_key) else 0]

    return line_of


def read_layers(inputs: Mapping[str, str], config: str | None) -> tuple[tuple[Layer, ...], list[Problem]]:
    """Return the sources of settings in order of precedence, and the problems of their keys.

    The config file's source omits locked keys, so that a locked key cannot rename the check that reports the problem.
    """
    path = _path_of(inputs)
    keys, problems = _read_config(config or "", path)
    own, more = _read_config(inputs.get("config", ""), input_place("config"))
    locked = LINES.read(inputs.get("locked", ""))
    problems += [*_unknown(keys, config_place), *more, *_unknown(own, own_place), *_not_keys(locked)]
    forbidden = {key: found for key, value in keys.items() if (found := _locked_in(key, value, locked))}
    problems += [_locked(key, name, path) for key, names in forbidden.items() for name in names]
    of_file = {key: value for key, value in keys.items() if key not in forbidden}
    given = {name: text.strip() for name, text in inputs.items() if text.strip()}
    return (Layer(given, input_place), Layer(of_file, config_place), Layer(own, own_place)), problems


def _path_of(inputs: Mapping[str, str]) -> str:
    return visible((inputs.get("config-file", "").strip() or CONFIG_FILE)[:100])


def _place_on(place: str, branch: str, inputs: Mapping[str, str]) -> str:
    """Add the branch or commit of the config file to a place in the file."""
    if not branch:
        return place
    if place == _path_of(inputs):
        return f"`{place}` on `{visible(branch)}`"
    return f"{place} on `{visible(branch)}`" if place.endswith(IN_FILE) else place


def _read_config(text: str, where: str) -> tuple[dict[str, object], list[Problem]]:
    if not text.strip():
        return {}, []
    # Imported here because the YAML parser loads slowly, and the first request does not need the parser.
    from reviewbot.settings.configfile import read_config  # noqa: PLC0415

    return read_config(text, where)


def _not_keys(locked: tuple[str, ...]) -> Iterator[Problem]:
    """Yield a problem for each name in `locked` that is not a config key. A typo would leave a key unlocked."""
    for name in locked:
        if name not in _CONFIG_KEYS:
            what = f"`{name[:60]}` is not a config key{did_you_mean(name[:60], _CONFIG_KEYS)}"
            yield Problem(input_place("locked"), what, todo="List config keys, one per line.")


def _locked_in(key: str, value: object, locked: tuple[str, ...]) -> tuple[str, ...]:
    """Return the locked keys that a key of the config file sets: itself, or settings in the rules of `routes`."""
    rules = value if key == "routes" and isinstance(value, list) else ()
    of_rules = {name for rule in rules if isinstance(rule, dict) for name in rule if name in CHANGES}
    return tuple(dict.fromkeys(name for name in locked if name == key or name in of_rules))


def _locked(key: str, name: str, path: str) -> Problem:
    where = "this key" if name == key else f"`{name}` in a rule"
    what = f"`{path}` sets {where}, but the workflow's input `locked` forbids it"
    todo = f"Remove `{name}` from the file. To check the file, run: reviewbot config check --input locked={name}"
    return Problem(config_place(key), what, todo=todo)


def _read(layers: tuple[Layer, ...]) -> tuple[Settings, list[tuple[str, object, Input]]]:
    """Return the settings without invalid values, and each invalid value with its location and field."""
    values: dict[str, Any] = {}
    invalid: list[tuple[str, object, Input]] = []
    for row in INPUTS:
        for where, value in given_values(row, layers):
            try:
                values.setdefault(row.field, row.reader.read(value))
            except NotAllowed:
                invalid.append((where, value, row))
    if values.get("reviewer") is ReviewerKind.LOCAL:
        values.setdefault("fail_on", FailOn.HIGH)  # analyzers rate hardly any finding as critical
    return Settings(**values), invalid


def given_values(row: Input, layers: tuple[Layer, ...]) -> Iterator[tuple[str, object]]:
    """Yield the location and the value of a setting in each source that may set it, in order of precedence."""
    inputs, *files = layers
    for layer in ([inputs] if row.action else []) + (files if row.config else []):
        if row.name in layer.values:
            yield layer.place(row.name), layer.values[row.name]


IN_FILE = " in the config file"


def config_place(key: str) -> str:
    """Return the location of a config file's key for a problem."""
    return f"`{key[:60]}`{IN_FILE}"


def own_place(key: str) -> str:
    """Return the location of a key in the input `config` for a problem."""
    return f"{input_place('config')}, key `{key[:60]}`"


def input_place(name: str) -> str:
    """Return the location of a workflow input for a problem."""
    return f"input `{name}`"


def _unknown(keys: Mapping[str, object], place: Callable[[str], str]) -> Iterator[Problem]:
    names = {one.name for one in INPUTS}
    for key in keys:
        if key not in names:
            near = did_you_mean(key[:60], _CONFIG_KEYS)
            allowed = "" if near else ", ".join(f"`{name}`" for name in _CONFIG_KEYS)
            yield Problem(place(key), f"unknown key{near}", allowed)
        elif key not in _CONFIG_KEYS:
            todo = f"Set the workflow's input `{key}`."
            yield Problem(place(key), "only a workflow input can set this", todo=todo)


def _impossible(settings: Settings) -> Iterator[tuple[set[str], Problem]]:
    """Yield a problem for each invalid combination of values, preceded by the combined fields."""
    paid = settings.paid
    if paid and (wrong := _impossible_price(settings, settings.mode, settings.max_credits)):
        key, what, allowed = wrong
        names = {"reviewer", "mode", "max_credits", "max_credits_ceiling"}
        yield names, Problem(f"`mode` and `{key}`", what, allowed)
    if paid and not (settings.check_run or settings.summary_comment):
        what = "both are `false`, so reviewbot cannot record its purchases"
        where = "`check-run` and `summary-comment`"
        yield {"reviewer", "check_run", "summary_comment"}, Problem(where, what, "`true` for at least one of them")
    if paid and settings.max_tasks > 1 and not settings.summary_comment:
        what = "several tasks require a summary comment, which stores their ids"
        where = "`max-tasks` and `summary-comment`"
        yield (
            {"reviewer", "max_tasks", "summary_comment"},
            Problem(where, what, "`max-tasks: 1`, or `summary-comment: true`"),
        )
    for problem in _impossible_routes(settings):
        yield {"routes", "reviewer", "mode", "max_credits", "max_credits_ceiling"}, problem
    if settings.command is ActionCommand.COLLECT and not paid:
        what = "a local review is never pending, so there is nothing to collect"
        yield {"reviewer", "command"}, Problem("`command` and `reviewer`", what, "`command: review`")
    if settings.command is ActionCommand.REVIEW and settings.repositories:
        what = "only `command: collect` supports several repositories"
        yield {"repositories", "command"}, Problem("`command` and `repositories`", what, "`command: collect`")
    if settings.repositories and settings.files():
        what = "the files would expose findings from other repositories to anyone who can read this repository"
        files = {name.replace("-", "_") for name in REPORT_FILES}
        yield {"repositories", *files}, Problem("`repositories` and report files", what, todo="Remove one of the two.")


def _impossible_routes(settings: Settings) -> Iterator[Problem]:
    where, paid = config_place("routes"), settings.paid
    for number, route in enumerate(settings.routes, 1):
        mode, most = route.mode or settings.mode, route.max_credits or settings.max_credits
        # If the rule sets neither, `_impossible` has already reported the problem.
        if paid and (route.mode or route.max_credits) and (wrong := _impossible_price(settings, mode, most)):
            key, (_, what, allowed) = "max-credits" if route.max_credits else "mode", wrong
            yield Problem(where, f"rule {number}, `{key}`: {what}", allowed, item=number)
        if not paid and route.reviewer is RoutedReviewer.CODEVF:
            what = (
                f"rule {number}, `reviewer`: `codevf` conflicts with the setting `reviewer: local`, which names the "
                f"check `{settings.check_name}` and records no purchases"
            )
            todo = "Set `reviewer: codevf` in the config, and add a last rule with `reviewer: local` and no conditions."
            yield Problem(where, what, todo=todo, item=number)
        if (route.min_lines or 0) > (route.max_lines or MOST_LINES):
            what = f"rule {number}: `min-lines` is greater than `max-lines`"
            yield Problem(where, what, "`min-lines` up to the value of `max-lines`", item=number)


def _impossible_price(settings: Settings, mode: Mode, most: int | Auto) -> tuple[str, str, str] | None:
    """Return the setting that contradicts the mode, the problem and the allowed values, or None."""
    allowed, ceiling = mode.credits, settings.max_credits_ceiling
    if most is Auto.AUTO and ceiling < allowed.start:
        what = f"`max-credits-ceiling: {ceiling}` is less than a review needs"
        return "max-credits-ceiling", what, f"`max-credits-ceiling: {allowed.start}` or more with `mode: {mode}`"
    if most is not Auto.AUTO and most not in allowed:
        what = f"`max-credits: {most}` is out of range"
        return "max-credits", what, f"{allowed.start} to {allowed.stop - 1} with `mode: {mode}`"
    return None
