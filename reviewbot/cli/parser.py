"""The command line: what can be said, and the help that teaches it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from reviewbot import __version__
from reviewbot.cli import commands as run
from reviewbot.cli import help_formatter, help_text
from reviewbot.cli.invocation import Call
from reviewbot.cli.overrides import LONGEST_WAIT
from reviewbot.domain.model.options import FailOn, ReviewerKind
from reviewbot.domain.model.review import Mode
from reviewbot.errors import SettingsError

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 — the only name it has

LEVELS = "CodeVF's service level: %(choices)s; default: fast"

FORMATS = ("text", "json", "sarif", "rdjson", "markdown", "github")

COMPANIONS = {
    "demo": "a whole review on this machine: no account, no cost, under a minute",
    "sandbox": "GitHub and CodeVF on this machine, with a pull request to try",
}
"""Commands of another distribution, which parses their options."""

KINDS = ("sarif", "rdjson", "html", "markdown")
"""Of documents that a report can be made into; `convert` has what makes them, and is imported when one is."""


def make_parser() -> argparse.ArgumentParser:
    """The parser of everything that can be said."""
    parser = argparse.ArgumentParser(
        prog="reviewbot",
        description="A code review of a change, bought once: of a pull request in a workflow, of a branch right here.",
        epilog=help_text.START,
        formatter_class=help_formatter.Help,
    )
    parser.set_defaults(run=lambda call: _teach(parser, call))
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(metavar="command")
    _add_review(commands)
    _add_apply(commands)
    _add_plan(commands)
    _add_render(commands)
    for name, told in COMPANIONS.items():
        commands.add_parser(name, help=told, add_help=False)
    _add_init(commands)
    _add_doctor(commands)
    _add_config(commands)
    action = _taught(commands, "action", "", "what the GitHub Action's container runs", help_text.ACTION, "")
    action.set_defaults(run=run.action)
    told = "the action with `command: collect`"
    collect = _taught(commands, "collect", "", told, help_text.COLLECT, "")
    collect.set_defaults(run=run.collect)
    return parser


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what the arguments choose; `run` of it is the command."""
    match arguments:
        case [name, *rest] if name in COMPANIONS:
            return argparse.Namespace(run=run.companion, name=name, rest=rest)
        case _:
            return make_parser().parse_args(arguments)


def _teach(parser: argparse.ArgumentParser, call: Call) -> int:
    """Nothing was asked for: say what can be."""
    call.err.write(parser.format_help())
    return SettingsError.exit_status


def _taught(
    commands: Commands, name: str, usage: str, told: str, description: str, examples: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=told,
        usage=f"reviewbot {name} {usage}".strip(),
        description=description,
        epilog=examples,
        formatter_class=help_formatter.Help,
        allow_abbrev=False,
    )


def _add_review(commands: Commands) -> None:
    review = _taught(
        commands, "review", "[options]", "review this branch, here", help_text.REVIEW, help_text.REVIEW_EXAMPLES
    )
    what = review.add_argument_group("what is reviewed")
    what.add_argument("--base", metavar="REF", help="what to compare with; default: origin's default branch")
    what.add_argument("--head", metavar="REF", help="the branch or commit; default: what is checked out")
    what.add_argument("--staged", action="store_true", help="what is staged, against the last commit (local reviewer)")
    what.add_argument(
        "--pr", type=between(int, 1, 2**31 - 1), metavar="N", help="a pull request, read with GITHUB_TOKEN"
    )
    what.add_argument("--repo", metavar="OWNER/NAME", help="where the pull request is; default: this clone's origin")
    _add_reviewer(review)
    review.add_argument_group("which review").add_argument(
        "--again", action="store_true", help="another review of a change that has one: it is bought a second time"
    )
    how = review.add_argument_group("how it is shown")
    how.add_argument("--format", choices=FORMATS, default="text", metavar="FORMAT", help="of the result: %(choices)s")
    how.add_argument("--quiet", action="store_true", help="the findings and the verdict; nothing when there are none")
    how.add_argument("--plain", action="store_true", help="no colour, nothing that moves (so does NO_COLOR for colour)")
    review.set_defaults(run=run.review)


def _add_reviewer(parser: argparse.ArgumentParser) -> None:
    """The settings that can be said at a terminal; each is an input of the action, too."""
    who = parser.add_argument_group("who reviews, and the gate")
    choices = [str(one) for one in ReviewerKind]
    who.add_argument("--reviewer", choices=choices, help="codevf, or local without an account")
    who.add_argument("--mode", choices=[str(one) for one in Mode], metavar="MODE", help=LEVELS)
    who.add_argument("--expertise", metavar="TAG", help="a CodeVF tag, by name or number")
    who.add_argument("--max-credits", metavar="N", help="what the price is computed from; default: 240")
    who.add_argument("--codevf-project", metavar="NAME", help="the account's project; default: the repository's name")
    who.add_argument("--codevf-url", metavar="URL", help="where CodeVF's API is")
    who.add_argument(
        "--paths", metavar="PATTERN", action="append", help="which files; can be said several times, ! leaves out"
    )
    who.add_argument(
        "--fail-on",
        choices=[str(one) for one in FailOn],
        metavar="SEVERITY",
        help="the least severity that closes the gate: %(choices)s; default: critical",
    )
    who.add_argument(
        "--wait-minutes",
        metavar="N",
        help=f"how long to wait, 0 to {LONGEST_WAIT}; default: {LONGEST_WAIT}",
    )
    who.add_argument("--dry-run", action="store_true", help="show what would be sent and held; send nothing")


def _add_apply(commands: Commands) -> None:
    apply = _taught(
        commands,
        "apply",
        "REPORT.json [ID ...] [--check]",
        "apply the fixes of a report",
        help_text.APPLY,
        help_text.APPLY_EXAMPLES,
    )
    apply.add_argument("report", type=Path, metavar="REPORT.json", help="what `--format json` or `json-file` wrote")
    apply.add_argument("ids", nargs="*", default=(), metavar="ID", help="findings; default: all whose suggestions fit")
    apply.add_argument("--check", action="store_true", help="show the patch, change nothing")
    apply.set_defaults(run=run.apply)


def _add_plan(commands: Commands) -> None:
    plan = _taught(
        commands,
        "plan",
        "[options]",
        "what reviews of past merges would have cost",
        help_text.PLAN,
        help_text.PLAN_EXAMPLES,
    )
    plan.add_argument("--since", default="90d", metavar="TIME", help="such as 90d, 12w, 6m, 1y or a date; default: 90d")
    plan.add_argument(
        "--branch",
        default="HEAD",
        metavar="REF",
        help="into which was merged; default: what is checked out",
    )
    plan.add_argument(
        "--most",
        type=between(int, 1, 10_000),
        default=200,
        metavar="N",
        help="merges at most, the newest; default: 200",
    )
    plan.add_argument("--mode", choices=[str(one) for one in Mode], metavar="MODE", help=LEVELS)
    plan.add_argument("--max-credits", metavar="N", help="what the price is computed from; default: 240")
    plan.add_argument(
        "--paths", metavar="PATTERN", action="append", help="which files; can be said several times, ! leaves out"
    )
    plan.add_argument("--plain", action="store_true", help="no colour, nothing that moves")
    plan.set_defaults(run=run.plan)


def _add_render(commands: Commands) -> None:
    told = "a JSON report as another kind of file"
    render = _taught(commands, "render", "REPORT.json --to KIND", told, help_text.RENDER, help_text.RENDER_EXAMPLES)
    render.add_argument("report", type=Path, metavar="REPORT.json", help="what `--format json` or `json-file` wrote")
    render.add_argument("--to", choices=KINDS, required=True, metavar="KIND", help="%(choices)s")
    render.set_defaults(run=run.render)


def _add_init(commands: Commands) -> None:
    told = "write the workflows and a config file"
    init = _taught(commands, "init", "[options]", told, help_text.INIT, help_text.INIT_EXAMPLES)
    init.add_argument(
        "--action",
        metavar="OWNER/NAME@COMMIT",
        help="the action, by all forty digits of its commit; default: what this program was installed from",
    )
    init.add_argument(
        "--as",
        dest="kind",
        choices=("advisory", "gate"),
        help="advisory runs on pull_request; gate on pull_request_target, forks included, the key in an environment",
    )
    init.add_argument(
        "--reviewer", choices=[str(one) for one in ReviewerKind], help="codevf, or local without an account"
    )
    init.add_argument(
        "--source",
        type=between(int, 1, 10**12),
        metavar="APP_ID",
        help="the App whose check the ruleset requires, where the token is an App's; default: GitHub Actions",
    )
    init.add_argument("--no-config", action="store_true", help="leave the config file out: there is one already")
    init.add_argument("--force", action="store_true", help="replace the files that are there")
    init.set_defaults(run=run.init)


def _add_doctor(commands: Commands) -> None:
    told = "whether reviews of a repository would work"
    doctor = _taught(commands, "doctor", "[options]", told, help_text.DOCTOR, help_text.DOCTOR_EXAMPLES)
    doctor.add_argument("--repo", metavar="OWNER/NAME", help="the repository; default: this clone's origin")
    _add_inputs(doctor)
    doctor.set_defaults(run=run.doctor)


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    told = "an input that the workflow sets; can be said several times"
    parser.add_argument("--input", dest="inputs", action="append", default=[], metavar="NAME=VALUE", help=told)


def _add_config(commands: Commands) -> None:
    told = "check the settings, or show where each comes from"
    config = _taught(commands, "config", "check|show [options]", told, help_text.CONFIG, help_text.CONFIG_EXAMPLES)
    config.add_argument("what", choices=("check", "show"), help="tell the problems, or the settings")
    config.add_argument("file", nargs="?", metavar="FILE", help="default: .github/reviewbot.yml of this clone")
    _add_inputs(config)
    config.set_defaults(run=run.config)


def between(kind: type[int | float], least: float, most: float) -> Callable[[str], float]:
    """Return what reads a number of an option; argparse tells the user about the error."""

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = kind(least - 1)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no number from {least:g} to {most:g}")
        return value

    return read
