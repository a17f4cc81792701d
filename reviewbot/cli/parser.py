"""The command line: what can be said, and the help that teaches it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn, TypeAlias

from reviewbot import __version__
from reviewbot.cli import help_text
from reviewbot.cli.invocation import LONGEST_WAIT, Call
from reviewbot.domain.model.options import FailOn, ReviewerKind
from reviewbot.domain.model.review import Mode
from reviewbot.errors import SettingsError, did_you_mean

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 — the only name it has

FORMATS = ("text", "short", "json", "sarif", "rdjson", "markdown", "github")

COMPANIONS = {
    "demo": "a whole review on this machine: no account, no cost, under a minute",
    "sandbox": "GitHub and CodeVF on this machine, with a pull request to try",
}
"""Commands of another distribution, which parses their options."""

KINDS = ("sarif", "rdjson", "html", "markdown")
"""The kinds of documents that `commands.render` makes of a report; it is imported only when it makes one."""

REVIEWERS = [str(one) for one in ReviewerKind]


class _Parser(argparse.ArgumentParser):
    """A parser that suggests the nearest command, option or choice."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and the message, and exit with status 2."""
        if found := _CHOICE.search(message):
            choices = re.findall(r"[\w-]+", found["choices"])
            message = f"{message[: found.start()]}unknown value '{found['given']}'" + (
                did_you_mean(found["given"], choices) or f" (choose from {', '.join(choices)})"
            )
        super().error(message)

    def refuse_unknown(self, argument: str) -> NoReturn:
        """Exit with status 2 for an argument that this parser does not have."""
        options = re.findall(r"--[a-z][a-z-]*", self.format_help())
        self.error(f"unknown argument '{argument}'{did_you_mean(argument.partition('=')[0], options)}")


_CHOICE = re.compile(r"invalid choice: '(?P<given>.*)' \(choose from (?P<choices>.*)\)", re.DOTALL)


def make_parser() -> _Parser:
    """Return the parser of all commands; `run` of its result is the command."""
    parser = _Parser(
        prog="reviewbot",
        description="Code review of a pull request in a workflow, or of a branch on this machine.",
        epilog=help_text.START,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=lambda call: _teach(parser, call), parser=parser)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(metavar="command", dest="name")
    _add_review(commands)
    _add_apply(commands)
    _add_plan(commands)
    _add_render(commands)
    for name, told in COMPANIONS.items():
        commands.add_parser(name, help=told, add_help=False)
    _add_init(commands)
    _add_doctor(commands)
    _add_config(commands)
    _add(commands, "action", "", "what the GitHub Action's container runs")
    _add(commands, "collect", "", "the action with `command: collect`", module="action")
    return parser


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what the arguments choose; `run` of it is the command."""
    match arguments:
        case [name, *rest] if name in COMPANIONS:
            return argparse.Namespace(run=_opened("companion"), name=name, rest=rest)
        case _:
            chosen, unknown = make_parser().parse_known_args(arguments)
            if unknown:
                chosen.parser.refuse_unknown(unknown[0])
            return chosen


def _teach(parser: argparse.ArgumentParser, call: Call) -> int:
    call.err.write(parser.format_help())
    return SettingsError.exit_status


def _opened(module: str) -> Callable[[Call], int]:
    """Return a command whose module is imported when it runs.

    What one command needs costs the others half a second, or may not be installed. So `--version`, help and a mistyped
    option answer at once, and the action never imports Rich.
    """

    def run(call: Call) -> int:
        status: int = import_module(f"reviewbot.cli.commands.{module}").run(call)
        return status

    return run


def _add(commands: Commands, name: str, usage: str, told: str, *, module: str = "") -> argparse.ArgumentParser:
    description, examples = help_text.TEXTS[name]
    parser = commands.add_parser(
        name,
        help=told,
        usage=f"reviewbot {name} {usage}".strip(),
        description=description,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=_opened(module or name), parser=parser)
    return parser


def _add_review(commands: Commands) -> None:
    review = _add(commands, "review", "[options]", "review this branch, here")
    what = review.add_argument_group("what is reviewed")
    what.add_argument("--base", metavar="REF", help="what to compare with; default: origin's default branch")
    what.add_argument("--head", metavar="REF", help="the branch or commit; default: what is checked out")
    what.add_argument("--staged", action="store_true", help="what is staged, against the last commit (local reviewer)")
    what.add_argument("--pr", type=_pull_number, metavar="N", help="a pull request, read with GITHUB_TOKEN")
    what.add_argument("--repo", metavar="OWNER/NAME", help="where the pull request is; default: this clone's origin")
    # Each of these is an input of the action, too.
    who = review.add_argument_group("who reviews, and the gate")
    who.add_argument("--reviewer", choices=REVIEWERS, help="codevf, or local without an account")
    who.add_argument("--expertise", metavar="TAG", help="a CodeVF tag, by name or number")
    who.add_argument("--codevf-project", metavar="NAME", help="the account's project; default: the repository's name")
    who.add_argument("--codevf-url", metavar="URL", help="where CodeVF's API is")
    _add_pricing(who)
    told = "the least severity that blocks: %(choices)s; default: critical, or high with the local reviewer"
    who.add_argument("--fail-on", choices=[str(one) for one in FailOn], metavar="SEVERITY", help=told)
    told = f"how long to wait, 0 to {LONGEST_WAIT}; default: {LONGEST_WAIT}"
    who.add_argument("--wait-minutes", metavar="N", help=told)
    who.add_argument("--dry-run", action="store_true", help="show what would be sent and held; send nothing")
    which = review.add_argument_group("which review")
    told = "another review of a change that has one: it is bought a second time"
    which.add_argument("--again", action="store_true", help=told)
    how = review.add_argument_group("how it is shown")
    how.add_argument("--format", choices=FORMATS, default="text", metavar="FORMAT", help="of the result: %(choices)s")
    how.add_argument("--quiet", action="store_true", help="the findings and the verdict; nothing when there are none")
    how.add_argument("--plain", action="store_true", help="no colour, nothing that moves (so does NO_COLOR for colour)")


def _add_pricing(parser: argparse._ActionsContainer) -> None:
    """Add the inputs that decide what a review costs."""
    told = "CodeVF's service level: %(choices)s; default: fast"
    parser.add_argument("--mode", choices=[str(one) for one in Mode], metavar="MODE", help=told)
    parser.add_argument("--max-credits", metavar="N", help="what the price is computed from; default: 240")
    told = "which files; can be said several times, ! leaves out"
    parser.add_argument("--paths", metavar="PATTERN", action="append", help=told)


def _add_apply(commands: Commands) -> None:
    apply = _add(commands, "apply", "[REPORT.json] [ID ...] [--check]", "apply the fixes of the last review")
    told = "a JSON report, then findings; default: the last review here, and every suggestion that fits"
    apply.add_argument("words", nargs="*", default=(), metavar="REPORT.json | ID", help=told)
    apply.add_argument("--check", action="store_true", help="show the patch, change nothing")


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", type=Path, metavar="REPORT.json", help="what `--format json` or `json-file` wrote")


def _add_plan(commands: Commands) -> None:
    plan = _add(commands, "plan", "[options]", "what reviews of past merges would have cost")
    plan.add_argument("--since", default="90d", metavar="TIME", help="such as 90d, 12w, 6m, 1y or a date; default: 90d")
    told = "into which was merged; default: what is checked out"
    plan.add_argument("--branch", default="HEAD", metavar="REF", help=told)
    most, told = between(int, 1, 10_000), "merges at most, the newest; default: 200"
    plan.add_argument("--most", type=most, default=200, metavar="N", help=told)
    _add_pricing(plan)
    plan.add_argument("--plain", action="store_true", help="no colour, nothing that moves")


def _add_render(commands: Commands) -> None:
    render = _add(commands, "render", "REPORT.json --to KIND", "a JSON report as another kind of file")
    _add_report(render)
    render.add_argument("--to", choices=KINDS, required=True, metavar="KIND", help="%(choices)s")


def _add_init(commands: Commands) -> None:
    init = _add(commands, "init", "[options]", "write the workflows and a config file")
    told = "the action, by all forty digits of its commit; default: what this program was installed from"
    init.add_argument("--action", metavar="OWNER/NAME@COMMIT", help=told)
    told = "advisory runs on pull_request; gate on pull_request_target, forks included, the key in an environment"
    init.add_argument("--as", dest="kind", choices=("advisory", "gate"), help=told)
    init.add_argument("--reviewer", choices=REVIEWERS, help="codevf, or local without an account")
    told = "the App whose check the ruleset requires, where the token is an App's; default: GitHub Actions"
    init.add_argument("--source", type=between(int, 1, 10**12), metavar="APP_ID", help=told)
    init.add_argument("--no-config", action="store_true", help="leave the config file out: there is one already")
    init.add_argument("--force", action="store_true", help="replace the files that are there")


def _add_doctor(commands: Commands) -> None:
    doctor = _add(commands, "doctor", "[options]", "whether reviews of a repository would work")
    doctor.add_argument("--repo", metavar="OWNER/NAME", help="the repository; default: this clone's origin")
    _add_inputs(doctor)


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    told = "an input that the workflow sets; can be said several times"
    parser.add_argument("--input", dest="inputs", action="append", default=[], metavar="NAME=VALUE", help=told)


def _add_config(commands: Commands) -> None:
    config = _add(commands, "config", "check|show [options]", "check the settings, or show where each comes from")
    config.add_argument("what", choices=("check", "show"), help="tell the problems, or the settings")
    config.add_argument("file", nargs="?", metavar="FILE", help="default: .github/reviewbot.yml of this clone")
    _add_inputs(config)


def _pull_number(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,8}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not the number of a pull request; for example: --pr 12")
    return int(text)


def between(kind: type[int | float], least: float, most: float) -> Callable[[str], float]:
    """Return a reader of an option's number; argparse shows its error."""

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = kind(least - 1)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least:.15g} to {most:.15g}")
        return value

    return read
