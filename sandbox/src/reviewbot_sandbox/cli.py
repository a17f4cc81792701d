"""The commands `reviewbot demo` and `reviewbot sandbox`, entry points of reviewbot."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

from reviewbot.analyzers.reviewer import examine, with_interpreter
from reviewbot.cli.invocation import signals
from reviewbot.cli.parser import Parser, between
from reviewbot.settings.environment import passed_on
from reviewbot_sandbox.command import run_sandbox
from reviewbot_sandbox.demo.scenario import run_demo
from reviewbot_sandbox.demo.services import Plan

DEMO = """\
Show a complete example review. The demo simulates GitHub and CodeVF on this
machine, opens a pull request with planted flaws, runs the action on it as a
runner does, and shows the comments, what was sent and what it cost. It needs no
account and no internet, costs nothing, and takes less than a minute.
"""

DEMO_EXAMPLES = """\
Examples:
  reviewbot demo                     the whole review
  reviewbot demo --keep              keep both services running afterwards
  reviewbot demo --plain > demo.txt  as text
"""

SANDBOX = """\
Simulate GitHub and CodeVF on this machine, with two pull requests to experiment
on. The command prints addresses, tokens and commands to try. Nothing leaves the
machine, and no real credits are spent. Press Ctrl-C to stop.
"""

SANDBOX_EXAMPLES = """\
Examples:
  reviewbot sandbox                      for an hour, on free ports
  reviewbot sandbox --lifetime 600       for ten minutes
  reviewbot sandbox --github-port 8080   on a fixed port
"""


def demo(arguments: Sequence[str], env: Mapping[str, str], out: TextIO) -> int:
    """Run `reviewbot demo` and return its exit status."""
    chosen = _parsed(_demo_parser(), arguments)
    with signals():
        return run_demo(_analyzers(env), env, out, keep=chosen.keep, plain=chosen.plain)


def sandbox(arguments: Sequence[str], env: Mapping[str, str], out: TextIO) -> int:
    """Run `reviewbot sandbox` and return its exit status."""
    chosen = _parsed(_sandbox_parser(), arguments)
    ports = chosen.github_port, chosen.codevf_port
    plan = Plan(chosen.time_scale, chosen.lifetime, *ports, rate_limits=not chosen.no_rate_limit, stranger=True)
    with signals():
        return run_sandbox(plan, _analyzers(env), env, out)


def _analyzers(env: Mapping[str, str]) -> Callable[[Sequence[tuple[str, str]]], Mapping[str, object]]:
    """Return the local reviewer in the form that the sandbox's engineer calls."""
    path_env = with_interpreter(passed_on(env))
    return lambda attachments: examine(attachments, path_env=path_env).answer


def _parsed(parser: Parser, arguments: Sequence[str]) -> argparse.Namespace:
    chosen, unknown = parser.parse_known_args(arguments)
    if unknown:
        parser.refuse_unknown(unknown[0])
    return chosen


def _parser(name: str, description: str, examples: str) -> Parser:
    return Parser(
        prog=f"reviewbot {name}",
        usage=f"reviewbot {name} [options]",
        description=description,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _demo_parser() -> Parser:
    parser = _parser("demo", DEMO, DEMO_EXAMPLES)
    parser.add_argument("--keep", action="store_true", help="keep both services running afterwards")
    parser.add_argument("--plain", action="store_true", help="no color and no animation")
    return parser


def _sandbox_parser() -> Parser:
    parser = _parser("sandbox", SANDBOX, SANDBOX_EXAMPLES)
    for name in ("GitHub", "CodeVF"):
        about = f"port of {name}; default: 0, a free port"
        parser.add_argument(f"--{name.lower()}-port", type=between(int, 0, 65_535), default=0, metavar="N", help=about)
    about = "seconds until it exits; default: 3600"
    parser.add_argument("--lifetime", type=between(float, 1, 604_800), default=3600.0, metavar="SECONDS", help=about)
    about = "real seconds per simulated second, from 0.001 to 1; default: 0.1"
    parser.add_argument("--time-scale", type=between(float, 0.001, 1), default=0.1, metavar="X", help=about)
    about = "turn off the documented rate limits of both services"
    parser.add_argument("--no-rate-limit", action="store_true", help=about)
    return parser
