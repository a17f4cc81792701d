"""The command line: options and help of every command."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn, TypeAlias

from reviewbot import __version__
from reviewbot.cli.invocation import LONGEST_WAIT, Call
from reviewbot.domain.model.options import FailOn, ReviewerKind
from reviewbot.domain.model.review import Mode
from reviewbot.errors import SettingsError, did_you_mean

HELP = Path(__file__).with_name("help")
"""The help of each command: the text above the options, then the examples, which appear below them."""

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"  # noqa: SLF001 — the only name it has

FORMATS = ("short", "json", "sarif", "rdjson", "markdown", "github")

COMPANIONS = {
    "demo": "show a complete example review on this machine, in less than a minute",
    "sandbox": "simulate GitHub and CodeVF on this machine",
}
"""The commands of the distribution `reviewbot-sandbox`, which parses their options."""

KINDS = ("sarif", "rdjson", "html", "markdown", "prompt")
"""The formats of `commands.render`, a module that the parser does not import."""

REVIEWERS = [str(one) for one in ReviewerKind]


class Parser(argparse.ArgumentParser):
    """A parser that suggests the nearest command, option or choice."""

    def format_help(self) -> str:
        """Return the help without the placeholder that argparse prints above the commands."""
        return super().format_help().replace("  COMMAND\n", "", 1)

    def error(self, message: str) -> NoReturn:
        message = _ARGUMENT.sub(r"\g<name>: ", message).replace("expected one argument", "a value is missing")
        message = _EXPLICIT.sub(r": does not accept a value; remove `=\g<given>`.", message)
        if found := _CHOICE.search(message):
            choices, name, given = re.findall(r"[\w-]+", found["choices"]), found["name"], found["given"]
            what = f"unknown command `{given}`" if name == "COMMAND" else f"{name}: invalid value `{given}`"
            allowed = f". Allowed: {', '.join(f'`{one}`' for one in choices)}."
            message = what + (_ELSEWHERE.get((name, given)) or did_you_mean(given, choices) or allowed)
        self.print_usage(sys.stderr)
        self.exit(SettingsError.exit_status, f"reviewbot: {message}\n")

    def refuse_unknown(self, argument: str) -> NoReturn:
        """Report an unknown argument, and exit with status 2."""
        options = re.findall(r"--[a-z][a-z-]*", self.format_help())
        name = argument.partition("=")[0]
        hint = did_you_mean(name, options)
        if "--reviewer" in options and argument in REVIEWERS:
            hint = f"; did you mean `--reviewer {argument}`?"
        elif name in {"-o", "--out", "--output"}:
            hint = ". To write to a file, add this to the command: > FILE"
        elif "--head" in options and not argument.startswith("-"):
            hint = f"; to review a branch, use `--head {argument}`"
        self.error(f"unknown argument `{argument}`{hint}")


_ELSEWHERE = {
    **{
        ("COMMAND", name): f"; for the comment command, comment `/reviewbot {name}` on the pull request."
        for name in ("accept", "ask", "bypass", "cancel", "status", "unwaive", "waive")
    },
    ("--format", "html"): ". Write JSON to a file, then run: reviewbot render FILE --to html",
}
"""The advice for a command or a value that belongs elsewhere, by the argument's name and value."""

_ARGUMENT = re.compile(r"^argument (?P<name>[^:]+): ")
_CHOICE = re.compile(
    r"^(?P<name>[^:]+): invalid choice: (['\"])(?P<given>.*)\2 \(choose from (?P<choices>.*)\)", re.DOTALL
)
_EXPLICIT = re.compile(r": ignored explicit argument (['\"])(?P<given>.*)\1$", re.DOTALL)


def make_parser() -> Parser:
    """Return the parser of all commands."""
    parser = Parser(
        prog="reviewbot",
        description="Review pull requests in a workflow, or branches on this machine.",
        epilog=_help("reviewbot"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=lambda call: _print_help(parser, call), parser=parser)
    parser.add_argument("--version", action="version", version=f"reviewbot {__version__}")
    commands = parser.add_subparsers(title="Commands", metavar="COMMAND", dest="name")
    _add_review(commands)
    _add_apply(commands)
    _add_plan(commands)
    _add_stats(commands)
    _add_render(commands)
    for name, about in COMPANIONS.items():
        commands.add_parser(name, help=about, add_help=False)
    _add_init(commands)
    _add_doctor(commands)
    _add_config(commands)
    _add(commands, "action", "", "run the action for the current GitHub event")
    _add(commands, "collect", "", "run the GitHub Action with `command: collect`", module="action")
    return parser


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments. In the result, `run` is the function of the command."""
    if arguments and arguments[0] in COMPANIONS:
        return argparse.Namespace(run=_opened("companion"), name=arguments[0], rest=arguments[1:])
    chosen, unknown = make_parser().parse_known_args(arguments)
    if unknown:
        chosen.parser.refuse_unknown(unknown[0])
    return chosen


def _print_help(parser: argparse.ArgumentParser, call: Call) -> int:
    call.err.write(parser.format_help())
    return SettingsError.exit_status


def _opened(module: str) -> Callable[[Call], int]:
    """Return a function that imports the module of a command and runs the command.

    A command's imports can take half a second or fail, and `--version`, help and usage errors do not need them.
    """

    def run(call: Call) -> int:
        status: int = import_module(f"reviewbot.cli.commands.{module}").run(call)
        return status

    return run


def _help(name: str) -> str:
    return (HELP / f"{name}.txt").read_text(encoding="utf-8")


def _add(commands: Commands, name: str, usage: str, about: str, *, module: str = "") -> Parser:
    description, heading, examples = _help(name).partition("Examples:\n")
    parser = commands.add_parser(
        name,
        help=about,
        usage=f"reviewbot {name} {usage}".strip(),
        description=description,
        epilog=heading + examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=_opened(module or name), parser=parser)
    return parser


def _add_review(commands: Commands) -> None:
    review = _add(commands, "review", "[options]", "review this branch, staged changes or a pull request")
    what = review.add_argument_group("what to review")
    about = "branch or commit to compare with; default: origin's default branch"
    what.add_argument("--base", metavar="REF", help=about)
    what.add_argument("--head", metavar="REF", help="branch or commit to review; default: HEAD")
    what.add_argument("--staged", action="store_true", help="review staged changes (only with the local reviewer)")
    number, about = between(int, 1, 10**9 - 1), "number of a pull request; needs GITHUB_TOKEN or GH_TOKEN"
    what.add_argument("--pr", type=number, metavar="N", help=about)
    about = "repository of the pull request; default: this clone's origin"
    what.add_argument("--repo", metavar="OWNER/NAME", help=about)
    # Except for `--again`, each of these options is also an input of the action.
    who = review.add_argument_group("reviewer and verdict")
    who.add_argument("--reviewer", choices=REVIEWERS, help="codevf, or local: static analyzers, which need no account")
    who.add_argument("--expertise", metavar="TAG", help="CodeVF expertise tag, by name or number")
    who.add_argument("--codevf-project", metavar="NAME", help="CodeVF project; default: the repository's name")
    who.add_argument("--codevf-url", metavar="URL", help="base URL of CodeVF's API")
    _add_pricing(who)
    about = "lowest severity that blocks: %(choices)s; default: the setting or critical (local: high)"
    who.add_argument("--fail-on", choices=[str(one) for one in FailOn], metavar="SEVERITY", help=about)
    about = f"minutes to wait, 0 to {LONGEST_WAIT}; default: {LONGEST_WAIT}"
    who.add_argument("--wait-minutes", metavar="N", help=about)
    who.add_argument("--dry-run", action="store_true", help="show the files, sizes and credits; send nothing")
    who.add_argument("--again", action="store_true", help="buy another review of a change that was reviewed before")
    how = review.add_argument_group("output")
    _add_output(how, *FORMATS, more="; for HTML, see `reviewbot render`")
    about = "print only findings and the verdict, or nothing if the review passes without findings"
    how.add_argument("--quiet", action="store_true", help=about)


def _add_pricing(parser: argparse._ActionsContainer) -> None:
    about = "CodeVF's service level: %(choices)s; default: the setting or fast"
    parser.add_argument("--mode", choices=[str(one) for one in Mode], metavar="MODE", help=about)
    about = "credits for one task before multipliers, or `auto` (by the changed lines); default: the setting or 240"
    parser.add_argument("--max-credits", metavar="N", help=about)
    about = "files to review; overrides the setting; repeatable; a leading ! excludes files"
    parser.add_argument("--paths", metavar="PATTERN", action="append", help=about)


def _add_output(parser: argparse._ActionsContainer, *formats: str, more: str = "") -> None:
    about = f"format of the result: %(choices)s; default: text{more}"
    parser.add_argument("--format", choices=("text", *formats), default="text", metavar="FORMAT", help=about)
    about = "disable color and animation; NO_COLOR disables only color"
    parser.add_argument("--plain", action="store_true", help=about)


def _add_apply(commands: Commands) -> None:
    apply = _add(commands, "apply", "[REPORT.json] [ID ...] [--check]", "apply the suggestions of the last review")
    about = "JSON report, and ids of the findings to fix; default: every suggestion from the last review"
    apply.add_argument("words", nargs="*", default=(), metavar="REPORT.json | ID", help=about)
    apply.add_argument("--check", action="store_true", help="print the patch without changing files")


def _add_plan(commands: Commands) -> None:
    plan = _add(commands, "plan", "[options]", "show what reviews of past merges would have cost")
    plan.add_argument("--since", default="90d", metavar="TIME", help="90d, 12w, 6m, 1y or a date; default: 90d")
    about = "target branch of the merges; default: origin's default branch"
    plan.add_argument("--branch", metavar="REF", help=about)
    most, about = between(int, 1, 10_000), "number of merges to include, newest first, up to 10000; default: 200"
    plan.add_argument("--most", type=most, default=200, metavar="N", help=about)
    _add_pricing(plan)
    _add_output(plan, "json", "markdown")


def _add_stats(commands: Commands) -> None:
    stats = _add(commands, "stats", "[options]", "show what past reviews cost, and what happened to their findings")
    stats.add_argument("--since", default="90d", metavar="TIME", help="90d, 12w, 6m, 1y or a date; default: 90d")
    about = "a repository; repeatable; default: GITHUB_REPOSITORY, or this clone's origin"
    stats.add_argument("--repo", action="append", default=[], metavar="OWNER/NAME", help=about)
    _add_output(stats, "json", "markdown", "csv", "html")


def _add_render(commands: Commands) -> None:
    render = _add(commands, "render", f"REPORT.json --to {'|'.join(KINDS)}", "convert a JSON report to another format")
    about = "a file written by `--format json` or `json-file`"
    render.add_argument("report", type=Path, metavar="REPORT.json", help=about)
    render.add_argument("--to", choices=KINDS, required=True, metavar="KIND", help="%(choices)s")


def _add_init(commands: Commands) -> None:
    init = _add(commands, "init", "[options]", "write the workflows and a config file")
    about = "action with its full commit SHA and release; default: the installed release"
    init.add_argument("--action", metavar="OWNER/NAME@COMMIT#vX.Y.Z", help=about)
    about = "advisory (on pull_request), or gate for a required check (on pull_request_target, including forks)"
    init.add_argument("--as", dest="kind", choices=("advisory", "gate"), help=about)
    init.add_argument("--reviewer", choices=REVIEWERS, help="codevf, or local: static analyzers, which need no account")
    about = "id of the App that reports the check; default: GitHub Actions"
    init.add_argument("--source", type=between(int, 1, 10**12), metavar="APP_ID", help=about)
    about = "also write a workflow that runs when the workflow NAME completes; repeatable"
    init.add_argument("--wait-for", type=_name, action="append", default=[], metavar="NAME", help=about)
    init.add_argument("--no-config", action="store_true", help="do not write a config file")
    init.add_argument("--force", action="store_true", help="overwrite existing workflows, but keep the config file")


def _add_doctor(commands: Commands) -> None:
    doctor = _add(commands, "doctor", "[options]", "check that reviewbot can review a repository")
    doctor.add_argument("--repo", metavar="OWNER/NAME", help="default: GITHUB_REPOSITORY, or this clone's origin")
    _add_inputs(doctor)


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    about = "workflow input; repeatable"
    parser.add_argument("--input", dest="inputs", action="append", default=[], metavar="NAME=VALUE", help=about)


def _add_config(commands: Commands) -> None:
    config = _add(commands, "config", "check|show [FILE] [options]", "check the settings, or show each with its source")
    about = "list the problems or the settings"
    config.add_argument("what", choices=("check", "show"), metavar="check|show", help=about)
    config.add_argument("file", nargs="?", metavar="FILE", help="default: .github/reviewbot.yml of this clone")
    _add_inputs(config)


def _name(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("empty name. Pass the `name:` of a workflow.")
    return text


def between(kind: type[int | float], least: float, most: float) -> Callable[[str], float]:
    """Return a type for `add_argument` that accepts numbers between two bounds, both included."""

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = kind(least - 1)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"invalid number `{text}`. Allowed: {least:.15g} to {most:.15g}.")
        return value

    return read
