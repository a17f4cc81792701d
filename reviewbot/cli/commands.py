"""The commands that are told in a few lines; the others have modules of their own, opened when they are called."""

from __future__ import annotations

from dataclasses import replace

from reviewbot.cli.invocation import Call

# The imports below are where they are because what one command needs costs the others half a second, or may not be
# installed: `--version`, help and a mistyped option answer at once, and the action never imports Rich.


def action(call: Call) -> int:
    """`reviewbot action`."""
    from reviewbot.app.dispatch import act  # noqa: PLC0415
    from reviewbot.cli.bootstrap import open_ports, read_event  # noqa: PLC0415
    from reviewbot.settings.environment import read_environment  # noqa: PLC0415

    environment = read_environment(call.env)
    with open_ports(environment, call.out) as ports:
        return act(ports, environment.inputs, read_event(environment)).exit_status


def collect(call: Call) -> int:
    """`reviewbot collect`."""
    return action(replace(call, env={**call.env, "INPUT_COMMAND": "collect"}))


def render(call: Call) -> int:
    """`reviewbot render`."""
    from reviewbot.cli.convert import DOCUMENTS, read_stored, write_document  # noqa: PLC0415

    kind = call.chosen.to
    write_document(call.out, kind, DOCUMENTS[kind](read_stored(call.chosen.report)))
    return 0


def companion(call: Call) -> int:
    """`reviewbot demo` and `reviewbot sandbox`."""
    from reviewbot.cli.companion import run_companion  # noqa: PLC0415

    return run_companion(call.chosen.name, call.chosen.rest, call.env, call.out)


def review(call: Call) -> int:
    """`reviewbot review`."""
    from reviewbot.cli.review import run_review  # noqa: PLC0415

    return run_review(call)


def apply(call: Call) -> int:
    """`reviewbot apply`."""
    from reviewbot.cli.apply import run_apply  # noqa: PLC0415

    return run_apply(call)


def plan(call: Call) -> int:
    """`reviewbot plan`."""
    from reviewbot.cli.plan import run_plan  # noqa: PLC0415

    return run_plan(call)


def init(call: Call) -> int:
    """`reviewbot init`."""
    from reviewbot.cli.init import run_init  # noqa: PLC0415

    return run_init(call)


def doctor(call: Call) -> int:
    """`reviewbot doctor`."""
    from reviewbot.cli.doctor import run_doctor  # noqa: PLC0415

    return run_doctor(call)


def config(call: Call) -> int:
    """`reviewbot config`."""
    from reviewbot.cli.config import run_config  # noqa: PLC0415

    return run_config(call)
