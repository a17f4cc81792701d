"""`reviewbot sandbox`: both services over the seeded repository, until Ctrl-C."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TextIO

from reviewbot_sandbox.demo.engineer import Reviewing
from reviewbot_sandbox.demo.look import action_recipe, experiments, facts, guests, pace, recipes, setup_recipe
from reviewbot_sandbox.demo.readback import Reader
from reviewbot_sandbox.demo.runner import prepare_job, step_environment
from reviewbot_sandbox.demo.scenario import stay
from reviewbot_sandbox.demo.services import Plan, Sandbox, open_sandbox


def run_sandbox(plan: Plan, analyzers: Reviewing, env: Mapping[str, str], log: TextIO) -> int:
    """Serve both services, print how to use them, and wait.

    Returns:
        0, also after an interrupt.

    Raises:
        SettingsError: git is missing, or a port is taken.
    """
    with suppress(KeyboardInterrupt):
        _serve(plan, analyzers, env, log)
    log.write("The sandbox has stopped. Its repositories and tasks are deleted.\n")
    return 0


def _serve(plan: Plan, analyzers: Reviewing, env: Mapping[str, str], log: TextIO) -> None:
    with tempfile.TemporaryDirectory(prefix="reviewbot-job-") as folder, open_sandbox(analyzers, plan) as sandbox:
        lines = _lines(sandbox, Path(folder) / "job", env)
        log.write("\n".join(lines) + "\n")
        log.write(f"\nPress Ctrl-C to stop both services. They stop automatically after {plan.lifetime:.0f} seconds.\n")
        log.flush()
        stay(sandbox)


def _lines(sandbox: Sandbox, folder: Path, env: Mapping[str, str]) -> list[str]:
    with closing(Reader(sandbox)) as reader:
        job = prepare_job(folder, "opened", reader.pull())
    action = action_recipe(step_environment(sandbox, job, env))
    text = ["Both services run only on this machine. The tokens and keys work only here.", ""]
    text += [f"  {name:<20} {value}" for name, value in facts(sandbox)]
    text += [f"  {name:<20} {value}" for name, value in guests()]
    text += ["", pace(sandbox)]
    for recipe in (setup_recipe(sandbox), action, *recipes(sandbox), *experiments(sandbox)):
        text += ["", f"# {recipe.what}", recipe.lines]
    return text
