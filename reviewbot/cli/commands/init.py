"""`reviewbot init`: write the workflows and a config file into the current clone."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from importlib.metadata import distribution
from pathlib import Path

from reviewbot.adapters.git.clone import open_clone
from reviewbot.adapters.safe_files import is_taken, read_inside, write_inside
from reviewbot.cli.invocation import Call
from reviewbot.domain.model.options import ReviewerKind
from reviewbot.domain.model.repository_setup import ACTIONS_APP
from reviewbot.domain.text.escaping import visible
from reviewbot.errors import Problem, SettingsError
from reviewbot.settings import Settings, peek_settings
from reviewbot.settings.configfile import CONFIG_BYTES
from reviewbot.settings.environment import passed_on
from reviewbot.settings.table import CONFIG_FILE
from reviewbot.setup.audit import Job, inputs_of_review, read_jobs
from reviewbot.setup.checkup import EVENT_POLICY
from reviewbot.setup.files import (
    ENVIRONMENT,
    EXAMPLE_OWNER,
    REVIEW_FILE,
    SECRET,
    Action,
    InitOptions,
    files,
    installed_from,
    read_action,
    ruleset,
)

ADVISORY, GATE = "advisory", "gate"

OUT_OF_BOUNDS = frozenset({".git"})
"""Folders in which init writes nothing. Unlike report files, workflows may be written to `.github`."""

_FORM = "OWNER/reviewbot@COMMIT#vX.Y.Z"
_LIST = "git ls-remote https://github.com/OWNER/reviewbot 'v*'"
_WRITE = f"Pass --action {_FORM}. Use the SHA of a line that ends in `^{{}}`. To list the releases, run: {_LIST}"
_WHICH = f"""Which release of the action? List the releases, and use the SHA of a line that ends in `^{{}}`:
  {_LIST}
Release, as {_FORM}: """

_POST = "gh api --method POST 'repos/{owner}/{repo}/rulesets' --input ruleset.json"


def run(call: Call) -> int:
    """Ask for missing options, and write all files, or none if one exists. `--force` overwrites only workflows."""
    with open_clone(Path.cwd(), passed_on(call.env)) as clone:
        root = str(clone.root)
    if existing_gate := _existing_gate(call, root):
        call.err.write(
            f"{REVIEW_FILE} exists, so init prints only the ruleset. To overwrite the workflows, pass `--force`.\n"
        )
        _print_ruleset(call, existing_gate)
        return 0
    options = _options(call)
    texts = {path: text for path, text in files(options).items() if path != CONFIG_FILE or not call.chosen.no_config}
    taken = [path for path in texts if is_taken(root, path, OUT_OF_BOUNDS)]
    if taken and not call.chosen.force:
        todo = {CONFIG_FILE: "Pass `--no-config` or `--force`. Both keep the file."}
        overwrite = "Pass `--force` to overwrite it."
        raise SettingsError(tuple(Problem(path, "already exists", todo=todo.get(path, overwrite)) for path in taken))
    if not call.chosen.kind and not options.gate and _gate_jobs(root):
        what = "the option is missing, but the existing workflows provide a required check"
        raise SettingsError.of("--as", what, todo="Pass `--as gate` to keep the required check, or `--as advisory`.")
    kept = [path for path in taken if path == CONFIG_FILE]
    texts = {path: text for path, text in texts.items() if path not in kept}
    for path, text in texts.items():
        write_inside(root, path, text.encode(), forbidden=OUT_OF_BOUNDS)
    every = files(InitOptions(options.action, gate=True, wait_for=("CI",)))
    unused = [path for path in every if path not in files(options) and is_taken(root, path, OUT_OF_BOUNDS)]
    call.err.write("\n".join(_next(options, texts, kept, unused, call.chosen.source)) + "\n")
    if options.gate:
        _print_ruleset(call, Settings(reviewer=options.reviewer))
    return 0


def _print_ruleset(call: Call, settings: Settings) -> None:
    rules = ruleset(settings, call.chosen.source or ACTIONS_APP)
    call.out.write(json.dumps(rules, indent=2) + "\n")


def _existing_gate(call: Call, root: str) -> Settings | None:
    """Return the settings of the existing workflows if these match the options of `--as gate`, or None."""
    chosen = call.chosen
    if chosen.kind != GATE or chosen.force or chosen.wait_for or not (jobs := _gate_jobs(root)):
        return None
    settings = peek_settings(inputs_of_review(jobs), _text(root, CONFIG_FILE))
    if any(job.reviews and job.varies for job in jobs):
        what = f"the name of the check depends on `instance`, which is an expression in {REVIEW_FILE}"
        todo = f"For each instance, require `{settings.check_name}: INSTANCE` in a ruleset."
        raise SettingsError.of("--as", what, todo=todo)
    return settings if chosen.reviewer in {None, settings.reviewer} else None


def _gate_jobs(root: str) -> tuple[Job, ...]:
    """Return the jobs of the existing review workflow if it is for a required check."""
    jobs, _ = read_jobs({REVIEW_FILE: _text(root, REVIEW_FILE) or ""})
    return jobs if any("pull_request_target" in job.events for job in jobs) else ()


def _text(root: str, path: str) -> str | None:
    if not is_taken(root, path, OUT_OF_BOUNDS):
        return None
    return read_inside(root, path, CONFIG_BYTES, OUT_OF_BOUNDS).content.decode("utf-8", "replace")


def _options(call: Call) -> InitOptions:
    chosen = call.chosen
    reviewer = chosen.reviewer or _asked(call, "Which reviewer do you want?", [str(one) for one in ReviewerKind])
    kind = chosen.kind or _asked(call, "Should reviews be advisory or gate the merge?", (ADVISORY, GATE))
    return InitOptions(_action(call), kind == GATE, ReviewerKind(reviewer), tuple(chosen.wait_for))


def _action(call: Call) -> Action:
    known = installed_from(distribution("reviewbot").read_text("direct_url.json"))
    if call.chosen.action is None and known:
        return known
    said = call.chosen.action or _line(call, _WHICH)
    if not said:
        what = "the option is missing, and this copy of reviewbot was not installed from a release"
        raise SettingsError.of("--action", what, todo=_WRITE)
    action = read_action(said)
    if action is not None and action.repository.startswith(EXAMPLE_OWNER):
        what = f"`{action.repository}` is a placeholder"
        raise SettingsError.of("--action", what, todo="Replace `OWNER` with the owner of the action.")
    if action is None:
        what = f"`{said[:100]}` does not specify an action with its commit SHA and release"
        raise SettingsError.of("--action", what, todo=_WRITE)
    return action


def _asked(call: Call, question: str, choices: Sequence[str]) -> str:
    while True:
        said = _line(call, f"{question} [{'/'.join(choices)}; {choices[0]}] ")
        if not said:
            return choices[0]
        if said in choices:
            return said
        call.err.write(f"Enter {' or '.join(f'`{one}`' for one in choices)}.\n")


def _line(call: Call, question: str) -> str:
    if call.typed is None or not call.typed.isatty():
        return ""
    call.err.write(question)
    call.err.flush()
    return call.typed.readline().strip()


def _next(
    options: InitOptions, texts: Mapping[str, str], kept: Sequence[str], unused: Sequence[str], source: int | None
) -> list[str]:
    """Return the lines to print. `unused` lists workflows of an earlier `init`, and `source` is the id of an App."""
    keyed = options.reviewer is ReviewerKind.CODEVF
    steps = []
    if unused:
        steps.append(f"Delete the workflows that an earlier `init` wrote:\n     rm {shlex.join(unused)}")
    if keyed and options.gate:
        steps.append(
            f"Create the environment `{ENVIRONMENT}`, limit it to the default branch, and store the key:\n"
            f"     gh secret set {SECRET} --env {ENVIRONMENT}"
        )
    elif keyed:
        steps.append(f"Store the key as a secret:\n     gh secret set {SECRET}")
    if keyed and options.wait_for:
        steps.append(f"List the names of the checks to wait for under `wait-for-checks` in {CONFIG_FILE}.")
    if source and source != ACTIONS_APP:
        steps.append(f"If the App {source} is your own, create its token in each job and pass it as `github-token`.")
    steps.append("Commit these files on the default branch.")
    if options.gate:
        steps.append(f"In a public repository, allow `pull_request_target` in an Actions policy:\n     {EVENT_POLICY}")
        again = f"reviewbot init --as {GATE}{f' --source {source}' if source else ''} > ruleset.json"
        steps.append(f"After the check has appeared on a pull request, require it:\n     {again} &&\n     {_POST}")
    else:
        what = "These workflows write no check for forks or merge queues. To require a check, run:"
        steps.append(f"{what}\n     {_gate_command(options)}")
    key = f"{SECRET}=… " if keyed else ""
    steps.append(f"Verify the setup (free):\n     GITHUB_TOKEN=$(gh auth token) {key}reviewbot doctor")
    written = [f"  {visible(path)}" for path in texts]
    written += [f"  {visible(path)} (exists, kept)" for path in kept]
    return ["Written:", *written, "", "Next:", *(f"  {number}. {step}" for number, step in enumerate(steps, start=1))]


def _gate_command(options: InitOptions) -> str:
    action = f"{options.action}".replace(" ", "")
    waits = [word for name in options.wait_for for word in ("--wait-for", name)]
    chosen = ("--as", GATE, "--reviewer", options.reviewer, "--action", action, *waits, "--force")
    return shlex.join(("reviewbot", "init", *chosen))
