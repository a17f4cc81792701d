"""`reviewbot action` and `reviewbot collect`."""

from __future__ import annotations

from reviewbot.app.dispatch import handle
from reviewbot.cli.bootstrap import open_ports, read_event
from reviewbot.cli.invocation import Call
from reviewbot.settings.environment import read_environment


def run(call: Call) -> int:
    collecting = {"INPUT_COMMAND": "collect"} if call.chosen.name == "collect" else {}
    environment = read_environment({**call.env, **collecting})
    with open_ports(environment, call.out) as ports:
        return handle(ports, read_event(environment), environment.rerun).exit_status
