"""`reviewbot init`: write the workflows and a config file into the current clone."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from importlib.metadata import distribution
from pathlib import Path

from reviewbot.adapters.actions.safe_files import is_taken, write_inside
from reviewbot.adapters.git.clone import open_clone
from reviewbot.cli.invocation import Call, wrong
from reviewbot.domain.model.options import ReviewerKind
from reviewbot.domain.model.repository_setup import ACTIONS_APP
from reviewbot.domain.text.escaping import visible
from reviewbot.errors import Problem, SettingsError
from reviewbot.settings import Settings
from reviewbot.settings.environment import passed_on
from reviewbot.settings.table import CONFIG_FILE
from reviewbot.setup.files import ENVIRONMENT, SECRET, Action, InitOptions, files, installed_from, read_action, ruleset

ADVISORY, GATE = "advisory", "gate"

OUT_OF_BOUNDS = frozenset({".git"})
"""Where nothing is written; what GitHub reads is what this command is for."""

_FORM = "OWNER/reviewbot@COMMIT#vX.Y.Z"
_LIST = "git ls-remote https://github.com/OWNER/reviewbot 'v*'"
_WRITE = f"Write: --action {_FORM}. To list the releases (use the SHA of a line that ends in `^{{}}`): {_LIST}"
_WHICH = f"""Which release of the action? To list them (use the SHA of a line that ends in `^{{}}`):
  {_LIST}
Write it as {_FORM}: """

_ADVISES = "Forks and merge queues get no check. To require one:\n     reviewbot init --as gate --force"


def run(call: Call) -> int:
    """Ask, check that no file is in the way, then write all files, or none; never replace a config file."""
    with open_clone(Path.cwd(), passed_on(call.env)) as clone:
        root = str(clone.root)
    options = _options(call)
    texts = {path: text for path, text in files(options).items() if path != CONFIG_FILE or not call.chosen.no_config}
    taken = [path for path in texts if is_taken(root, path, OUT_OF_BOUNDS)]
    if taken and not call.chosen.force:
        todo = {CONFIG_FILE: "Use `--no-config` or `--force`; both keep it."}
        overwrite = "Use `--force` to overwrite it."
        raise SettingsError(tuple(Problem(path, "already exists", todo=todo.get(path, overwrite)) for path in taken))
    if not call.chosen.kind and not options.gate and any(_is_gate(Path(root, path)) for path in taken):
        what = "missing, and the existing workflows are for a required check"
        raise wrong("--as", what, "Write `--as gate` to keep the required check, or `--as advisory`.")
    kept = [path for path in taken if path == CONFIG_FILE]
    texts = {path: text for path, text in texts.items() if path not in kept}
    for path, text in texts.items():
        write_inside(root, path, text.encode(), forbidden=OUT_OF_BOUNDS)
    every = files(InitOptions(options.action, gate=True, wait_for=("CI",)))
    unused = [path for path in every if path not in files(options) and is_taken(root, path, OUT_OF_BOUNDS)]
    call.err.write("\n".join(_next(options, texts, kept, unused, printed=call.out.isatty())) + "\n")
    if options.gate:
        rules = ruleset(Settings(reviewer=options.reviewer), call.chosen.source or ACTIONS_APP)
        call.out.write(json.dumps(rules, indent=2) + "\n")
    return 0


def _is_gate(workflow: Path) -> bool:
    return workflow.is_file() and b"pull_request_target" in workflow.read_bytes()


def _options(call: Call) -> InitOptions:
    """Return what flags or answers at the terminal ask for, otherwise the default."""
    chosen = call.chosen
    reviewer = chosen.reviewer or _asked(call, "Who reviews?", [str(one) for one in ReviewerKind])
    kind = chosen.kind or _asked(call, "Require the review before merging?", (ADVISORY, GATE))
    return InitOptions(_action(call), kind == GATE, ReviewerKind(reviewer), tuple(chosen.wait_for))


def _action(call: Call) -> Action:
    known = installed_from(distribution("reviewbot").read_text("direct_url.json"))
    if call.chosen.action is None and known:
        return known
    said = call.chosen.action or _line(call, _WHICH)
    if not said:
        raise wrong("--action", "missing, and this reviewbot was not installed from a release", _WRITE)
    action = read_action(said)
    if action is None:
        raise wrong("--action", f"`{said[:100]}` does not name an action, its commit and its release", _WRITE)
    return action


def _asked(call: Call, question: str, choices: Sequence[str]) -> str:
    """Return one of the choices, the first without an answer or a terminal."""
    while True:
        said = _line(call, f"{question} [{'/'.join(choices)}; {choices[0]}] ")
        if not said:
            return choices[0]
        if said in choices:
            return said


def _line(call: Call, question: str) -> str:
    """Return the line that the user types, empty without a terminal."""
    if call.typed is None or not call.typed.isatty():
        return ""
    call.err.write(question)
    call.err.flush()
    return call.typed.readline().strip()


def _next(
    options: InitOptions, texts: Mapping[str, str], kept: Sequence[str], unused: Sequence[str], *, printed: bool
) -> list[str]:
    """Return the lines that list the files and what to do next.

    `unused` are workflows of an earlier `init`; `printed` is whether the ruleset is on the screen, not in a file.
    """
    keyed = options.reviewer is ReviewerKind.CODEVF
    steps = ["Commit these files on the default branch: GitHub reads them from there."]
    if unused:
        steps.append(f"Delete what these workflows do not use:\n     rm {shlex.join(unused)}")
    if keyed and options.gate:
        steps.append(
            f"Create the environment `{ENVIRONMENT}`, limit it to the default branch, then:\n"
            f"     gh secret set {SECRET} --env {ENVIRONMENT}"
        )
    elif keyed:
        steps.append(f"Store the key as a secret:\n     gh secret set {SECRET}")
    if keyed and options.wait_for:
        steps.append(f"List the checks to wait for under `wait-for-checks` in {CONFIG_FILE}, by their names.")
    post = "gh api --method POST 'repos/{owner}/{repo}/rulesets' --input ruleset.json"
    saved = "save the printed ruleset as ruleset.json" if printed else "use the ruleset from the standard output"
    require = f"To require the check, {saved}, then:\n     {post}"
    steps.append(require if options.gate else _ADVISES)
    steps.append("Verify the setup (free): reviewbot doctor")
    written = [f"  {visible(path)}" for path in texts]
    written += [f"  {visible(path)} (exists, kept)" for path in kept]
    return ["Written:", *written, "", "Next:", *(f"  {number}. {step}" for number, step in enumerate(steps, start=1))]
