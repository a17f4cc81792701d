"""Read the jobs that run the action from a repository's workflows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct
from ruamel.yaml.events import AliasEvent

from reviewbot.domain.model.options import ActionCommand, ReviewerKind
from reviewbot.settings import Settings
from reviewbot.settings.configfile import NotYaml, yaml_events, yaml_value
from reviewbot.values import replace

LEVELS = ("none", "read", "write")
PULL_REQUESTS = ("pull_request", "pull_request_target")

USUAL_TYPES = frozenset({"opened", "reopened", "synchronize"})
"""The activity types of `pull_request` if a workflow lists none."""

_PARTS = frozenset({"paths", "paths-ignore", "branches", "branches-ignore"})

DEEPEST = 30
"""The maximum nesting depth of a workflow's YAML."""

_ALIASES = 20
"""The maximum number of aliases in a workflow. Twice as many could expand to millions of values."""

_UNUSUAL = 10**18

_NAMED = re.compile(r"[^@]*/reviewbot(/[^@]*)?@(?P<ref>.*)")

_HERE = ("", "")
"""The key of the checked repository itself in `Folders`."""

_MOST_CALLS = 4
"""The maximum number of levels of called workflows."""

# https://docs.github.com/actions/how-tos/reuse-automations/reuse-workflows
_CALLED = re.compile(
    r"(?:\./|(?P<repository>[\w-][\w.-]*/(?!\.\.?/)[\w.-]+)/)\.github/workflows/(?P<file>[^/@]+\.ya?ml)(?:@(?P<ref>\S+))?"
)
_OWN_TOKEN = re.compile(r"github\.token|secrets\.GITHUB_TOKEN|secrets\[.GITHUB_TOKEN.\]", re.IGNORECASE)
_QUEUE_ALONE = re.compile(r"github\.event_name\s*==\s*'merge_group'")


Events = Mapping[str, Mapping[str, object]]
"""Maps each event that starts a workflow to the event's filters."""

Permissions = Mapping[str, str] | None
"""Maps each scope to its level. None if neither the job nor the workflow sets permissions."""


class Job(Struct, frozen=True):
    """A step that runs the action, with its job.

    Attributes:
        name: the name of the job's check on GitHub.
        action: `OWNER/NAME` of the action.
        ref: the commit, tag or branch of the action.
        inputs: the inputs whose values contain no expression.
        given: the names of all inputs, in lower case, because GitHub ignores their case.
        minutes: the job's timeout, or None if it is missing or an expression.
        own_token: whether the job uses the workflow's token, to which the permissions apply.
        environment: the deployment environment, or empty if it is missing or an expression.
        settings: the defaults, until `doctor` has read the config file.
    """

    file: str
    name: str
    action: str
    ref: str
    events: Events
    permissions: Permissions
    inputs: Mapping[str, str]
    given: frozenset[str]
    minutes: int | None
    condition: str
    own_token: bool
    environment: str = ""
    settings: Settings = Settings()

    @property
    def queued(self) -> bool:
        """Whether the job's `if:` requires the event of the merge queue."""
        return _QUEUE_ALONE.search(self.condition) is not None

    def starts_on_label(self, name: str) -> bool:
        """Return whether the job's condition contains this label or does not depend on labels."""
        named = (f"{quote}{name.casefold()}{quote}" for quote in "'\"")
        condition = self.condition.casefold()
        return "github.event.label" not in condition or any(one in condition for one in named)

    @property
    def collects(self) -> bool:
        """Whether the job publishes finished reviews of all pull requests."""
        return self.inputs.get("command") == ActionCommand.COLLECT

    @property
    def reviews(self) -> bool:
        """Whether pull requests start the job."""
        return not (self.collects or self.queued) and any(event in self.events for event in PULL_REQUESTS)

    @property
    def varies(self) -> bool:
        """Whether an expression sets the instance. In a matrix, the job then writes several checks."""
        return "instance" in self.given - self.inputs.keys() and not self.settings.instance

    @property
    def check_name(self) -> str:
        """The name of the check run. If an expression sets the instance, `INSTANCE` stands for it."""
        name = self.settings.check_name
        return f"{name}: INSTANCE" if self.varies else name

    @property
    def audited(self) -> Mapping[str, str]:
        """The inputs, except those that `doctor` ignores."""
        return {name: text for name, text in self.inputs.items() if name not in _YOURS}

    @property
    def types(self) -> frozenset[str]:
        """The activity types of pull requests that start the job."""
        named = (_words(filters.get("types")) or USUAL_TYPES for filters in self._filters)
        return frozenset().union(*named)

    @property
    def is_filtered(self) -> bool:
        """Whether a filter of paths or branches excludes some pull requests."""
        return any(_PARTS & filters.keys() for filters in self._filters)

    @property
    def _filters(self) -> Sequence[Mapping[str, object]]:
        return [self.events[event] for event in PULL_REQUESTS if event in self.events]

    def may(self, scope: str, level: str) -> bool:
        """Return whether the job's token has a permission. This is True if the repository's defaults apply."""
        if self.permissions is None:
            return True
        return _rank(_level(self.permissions, scope)) >= _rank(level)


class Called(Struct, frozen=True, order=True):
    """A reusable workflow that a job calls.

    `repository` and `ref` are empty if this is a workflow of the caller's repository. `by` is the file of the first
    caller.
    """

    repository: str
    ref: str
    file: str
    by: str

    @property
    def name(self) -> str:
        path = f".github/workflows/{self.file}"
        return f"{self.repository}/{path}@{self.ref}" if self.repository else f"./{path}"


Folders = Mapping[tuple[str, str], Mapping[str, str]]
"""Maps a repository and a commit, tag or branch to the workflows there, by file name."""


def read_jobs(
    workflows: Mapping[str, str], elsewhere: Folders = MappingProxyType({})
) -> tuple[tuple[Job, ...], tuple[Called, ...]]:
    """Return the jobs that run the action, and the called workflows that are in neither argument.

    A called workflow's job is returned for each caller, with the caller's events. Called workflows that pull requests
    cannot start are omitted, as are files that are not YAML.
    """
    folders = {**elsewhere, _HERE: workflows}
    found = [one for name in sorted(workflows) for one in _jobs(name, _HERE, folders, _MOST_CALLS)]
    unread = {one for one in found if isinstance(one, Called)}
    return tuple(one for one in found if isinstance(one, Job)), tuple(sorted(unread))


_YOURS = frozenset({"codevf-url", "codevf-api-key", "github-token", "command"})
"""The inputs that `doctor` ignores, because a workflow's author could use them to obtain the user's key."""


def inputs_of_review(jobs: Sequence[Job]) -> Mapping[str, str]:
    """Return the inputs of the first job that reviews, except those that `doctor` ignores."""
    return next((job.audited for job in jobs if job.reviews), {})


def _yaml(text: str) -> object:
    """Return the document, or None if the text is not YAML, is nested too deeply or has too many aliases."""
    aliases = 0
    try:
        for event, depth in yaml_events(text):
            aliases += isinstance(event, AliasEvent)
            if depth > DEEPEST or aliases > _ALIASES:
                return None
        return yaml_value(text)
    except NotYaml:
        return None


def _jobs(file: str, folder: tuple[str, str], folders: Folders, calls: int) -> Iterator[Job | Called]:
    workflow = _mapping(_yaml(folders[folder][file]))
    events = _events(workflow.get("on"))
    for key, value in _mapping(workflow.get("jobs")).items():
        job = _mapping(value)
        name = _text(job.get("name")) or key
        permissions = _permissions(job.get("permissions", workflow.get("permissions")))
        if uses := _CALLED.fullmatch(_text(job.get("uses"))):
            where = (uses["repository"], uses["ref"]) if uses["repository"] else folder
            if uses["file"] not in folders.get(where, {}):
                if any(event in events for event in (*PULL_REQUESTS, "workflow_call")):
                    yield Called(*where, uses["file"], file)
            elif calls:
                condition = _text(job.get("if"))
                for one in _jobs(uses["file"], where, folders, calls - 1):
                    yield _for_caller(one, file, name, events, permissions, condition)
            continue
        for step in _our_steps(job):
            inputs = _inputs(workflow, job, step)
            token, (action, _, ref) = inputs.get("github-token", ""), _text(step.get("uses")).rpartition("@")
            yield Job(
                file=file,
                name=name,
                action=action,
                ref=ref,
                events=events,
                permissions=permissions,
                inputs={name: text for name, text in inputs.items() if "${{" not in text},
                given=frozenset(inputs),
                minutes=_number(job.get("timeout-minutes")),
                condition=_text(job.get("if")),
                own_token=not token or _OWN_TOKEN.search(token) is not None,
                environment=_environment(job.get("environment")),
            )


def _inputs(workflow: Mapping[str, object], job: Mapping[str, object], step: Mapping[str, object]) -> Mapping[str, str]:
    variables = {name: _text(text) for one in (workflow, job, step) for name, text in _mapping(one.get("env")).items()}
    return {name.lower(): _resolved(_text(text), variables) for name, text in _mapping(step.get("with")).items()}


_VARIABLE = re.compile(r"\$\{\{\s*env\.(\w+)\s*\}\}")


def _resolved(text: str, variables: Mapping[str, str]) -> str:
    found = _VARIABLE.fullmatch(text)
    return variables.get(found[1], text) if found else text


def _environment(value: object) -> str:
    name = _text(_mapping(value).get("name")) or _text(value)
    return "" if "${{" in name else name


def _for_caller(
    one: Job | Called, file: str, name: str, events: Events, permissions: Permissions, condition: str
) -> Job | Called:
    if isinstance(one, Called):
        return replace(one, by=file)
    return replace(
        one,
        file=file,
        name=f"{name} / {one.name}",
        events=events,
        permissions=_lowered(permissions, one.permissions),
        condition=" && ".join(filter(None, (condition, one.condition))),
    )


def _lowered(caller: Permissions, own: Permissions) -> Permissions:
    """Return the permissions of a called job, which cannot exceed the caller's."""
    if caller is None or own is None:
        return own if caller is None else caller
    return {scope: min((_level(one, scope) for one in (caller, own)), key=_rank) for scope in {*caller, *own}}


def _level(permissions: Mapping[str, str], scope: str) -> str:
    return permissions.get(scope, permissions.get("*", "none"))


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else 0


def _our_steps(job: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """Yield the steps that run the action. The inputs identify a renamed copy of the action."""
    steps = job.get("steps")
    for step in map(_mapping, steps if isinstance(steps, list) else ()):
        uses, inputs = _text(step.get("uses")), _mapping(step.get("with"))
        ours = "codevf-api-key" in inputs or _text(inputs.get("reviewer")) in set(ReviewerKind)
        if _NAMED.fullmatch(uses) or ("@" in uses and ours):
            yield step


def _events(on: object) -> Events:
    if isinstance(on, dict):
        return {event: _mapping(filters) for event, filters in _mapping(on).items()}
    return {event: {} for event in _words(on)}


def _words(value: object) -> list[str]:
    return [value] if isinstance(value, str) else list(map(_text, value)) if isinstance(value, list) else []


def _permissions(value: object) -> Permissions:
    """Return the level of each scope. For `read-all` and `write-all`, the scope is `*`."""
    if value is None:
        return None
    if isinstance(value, str):
        return {"*": value.removesuffix("-all")}
    return {scope: _text(level) for scope, level in _mapping(value).items()}


def _mapping(value: object) -> Mapping[str, object]:
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """Return a scalar as a string, or an empty string for other values, because they could be very long."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | float) or _number(value) is not None else ""


def _number(value: object) -> int | None:
    """Return an integer below `_UNUSUAL`, or None. Python refuses to format integers with thousands of digits."""
    return value if isinstance(value, int) and abs(value) < _UNUSUAL else None
