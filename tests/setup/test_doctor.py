"""`reviewbot doctor` reports each problem with advice, spends nothing and shows no secret."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.faults import Reply
from reviewbot_sandbox.github import WORKFLOW, Access, RequiredCheck, Scope

from reviewbot import cli
from reviewbot.domain.model.options import ReviewerKind
from reviewbot.domain.model.repository_setup import Environment
from reviewbot.domain.model.review import Tag
from reviewbot.settings.environment import Network, read_desktop
from reviewbot.setup.audit import read_jobs
from reviewbot.setup.checkup import of_environment, of_expertise
from reviewbot.setup.files import Action, InitOptions, files
from tests.app.rig import KEY, REPO, SCALE, TOKEN, Rig, open_rig
from tests.terminal.session import Clone, Result, make_clone

COMMIT = "0123456789abcdef0123456789abcdef01234567"
WELL = files(InitOptions(Action("acme/reviewbot", COMMIT, "v1.0.0")))
REVIEW, COLLECT, COMMANDS, CONFIG = WELL
CHECK = RequiredCheck("CodeVF review", 15368)
READER, BLIND, WRONG_KEY = "ghs_reads_contents", "ghs_reads_nothing", "cvf_test_wrong"
AWAITS = "ghs_reads_statuses"
NO_ACTIONS = "ghs_reads_no_actions"


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Yield a private repository with a valid setup; tests must restore it."""
    with open_rig(tmp_path_factory.mktemp("doctor"), private=True, files=WELL) as made:
        made.world.app_token(READER, permissions={Scope.CONTENTS: Access.READ})
        made.world.app_token(BLIND, permissions={})
        made.world.repository("acme/.github")
        made.world.push("acme/.github", "main", {f"{FOLDER}/reviewbot.yml": SHARED})
        made.world.app_token(TOKEN, permissions={**WORKFLOW, Scope.ACTIONS: Access.READ})
        made.world.app_token(NO_ACTIONS)
        made.world.environment(REPO, "reviewbot", "main", "gh-readonly-queue/**")
        made.world.environment(REPO, "open")
        made.world.environment(REPO, "open to all", "main", "**/*")
        awaits = dict.fromkeys((Scope.STATUSES, Scope.ACTIONS), Access.READ)
        made.world.app_token(AWAITS, permissions={**WORKFLOW, **awaits})
        yield made


@dataclass(frozen=True, slots=True)
class Case:
    """A problem and its report.

    Attributes:
        lines: starts of lines, each with a word of the advice.
        files: changed files of the default branch; None for a missing file.
        said: inputs from the command line.
    """

    status: int
    lines: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, str | None] = field(default_factory=dict)
    required: tuple[RequiredCheck, ...] = (CHECK,)
    said: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)


def swapped(path: str, old: str, new: str) -> Mapping[str, str]:
    assert old in WELL[path]
    return {path: WELL[path].replace(old, new)}


KEY_INPUT = "codevf-api-key: ${{ secrets.CODEVF_API_KEY }}"
BY_APP = swapped(REVIEW, KEY_INPUT, f"{KEY_INPUT}\n          github-token: ${{{{ steps.app.outputs.token }}}}")


def allowing(path: str, permissions: str) -> Mapping[str, str]:
    """Return a workflow whose only job has other permissions."""
    text, left = re.subn(r"    permissions:\n(      .*\n)+", permissions, WELL[path].replace("permissions: {}\n", ""))
    assert left == 1
    return {path: text}


TYPES = "[opened, reopened, synchronize, ready_for_review, edited, labeled, unlabeled, closed]"
AWAITING = files(InitOptions(Action("acme/reviewbot", COMMIT, "v1.0.0"), wait_for=("CI",)))
ISSUES = "      issues: read # issues that the pull request closes\n"
GATE = files(InitOptions(Action("acme/reviewbot", COMMIT, "v1.0.0"), gate=True))
ACTIONS = 15368
R, C, M = (path.rpartition("/")[2] for path in (REVIEW, COLLECT, COMMANDS))

ORGANIZATION = Path("examples/organization")
CALLER, CALLED = ((ORGANIZATION / name).read_text("utf-8") for name in ("caller.yml", "reviewbot.yml"))
SHARED = CALLED.replace("OWNER/reviewbot@COMMIT", f"acme/reviewbot@{COMMIT}")
ALONE = {**dict.fromkeys((REVIEW, COLLECT, COMMANDS)), CONFIG: "context: none\n"}
FOLDER = ".github/workflows"


def calling(uses: str, *, without: str = "") -> Mapping[str, str | None]:
    assert without in CALLER
    text = CALLER.replace("YOUR-ORG/.github/.github/workflows/reviewbot.yml@COMMIT", uses).replace(without, "")
    return {**ALONE, f"{FOLDER}/reviews.yml": text}


def second_step(given: str) -> Mapping[str, str]:
    return swapped(REVIEW, KEY_INPUT, f"{KEY_INPUT}\n      - uses: acme/reviewbot@{COMMIT}\n        with: {{{given}}}")


SECURITY = ".github/reviewbot-security.yml"


def deploying(environment: str) -> Mapping[str, str]:
    old = "environment: reviewbot #"
    assert old in GATE[REVIEW]
    return {path: text.replace(old, f"environment: {environment} #") for path, text in GATE.items()}


CASES = {
    "an unknown input": Case(
        2,
        (
            (f"{R}: `Review` passes `drafts`, which is not an input of reviewbot", "Move `drafts` to the config file."),
            (f"{R}: `Review` passes `failon`, which is not an input of reviewbot", "Replace it with `fail-on`."),
            (f"{R}: `Review` passes `speed`, which is not an input of reviewbot", "Remove `speed` from `with:`."),
        ),
        swapped(
            REVIEW,
            "          codevf-api",
            "          failon: high\n          speed: 1\n          drafts: true\n          codevf-api",
        ),
    ),
    "an input in upper case": Case(
        2,
        (("settings: input `fail-on`: invalid value `hihg`", "`high`"),),
        swapped(REVIEW, "          codevf-api", "          Fail-On: hihg\n          codevf-api"),
    ),
    "an environment": Case(0, (("environment: `reviewbot` allows only `main`, `gh-readonly-queue/**`", ""),), GATE),
    "a missing environment": Case(
        2,
        (
            (
                "environment: `gone`, which `",
                "Create it under *Settings → Environments*, allow only the branch `main`",
            ),
        ),
        deploying("gone"),
    ),
    "an environment that is mistyped": Case(
        2,
        (("environment: `review-bot`, which `", f"If you meant `reviewbot`, as in `{C}`, change the name."),),
        {**GATE, REVIEW: deploying("review-bot")[REVIEW]},
    ),
    "an unprotected environment": Case(
        2,
        (("environment: `open` allows every branch", "allow only the branch `main`"),),
        deploying("{name: open, url: x}"),
    ),
    "an environment for every branch": Case(
        2,
        (("environment: `open to all` allows every branch", "*Settings → Environments → open to all → "),),
        deploying("open to all"),
    ),
    "an environment of an expression": Case(0, (), deploying("'${{ vars.WHERE }}'")),
    "an environment that cannot be read": Case(
        0,
        (("environment: the token lacks permission", "Give the token the permission `actions: read`, or the scope"),),
        GATE,
        env={"GITHUB_TOKEN": NO_ACTIONS},
    ),
    "refused key": Case(
        3, (("CodeVF: CodeVF does not accept the API key", "Check the secret"),), env={"CODEVF_API_KEY": WRONG_KEY}
    ),
    "no key": Case(3, (("key: missing", "CODEVF_API_KEY"),), env={"CODEVF_API_KEY": ""}),
    "broken key": Case(
        2, (("settings: codevf-api-key: contains whitespace", "as CodeVF issued it"),), env={"CODEVF_API_KEY": "a b"}
    ),
    "low balance": Case(
        3, (("balance: this review would reserve 13,500 credits", "Add credits"),), {CONFIG: "max-credits: 9000\n"}
    ),
    "too little left": Case(
        3, (("balance: this review would reserve 360 of", "`min-balance`"),), said=("min-balance=9999",)
    ),
    "unknown tag": Case(
        3, (("expertise: CodeVF has no active expertise `wizard`", "`engineer`"),), {CONFIG: "expertise: wizard\n"}
    ),
    "CodeVF is elsewhere": Case(
        3, (("CodeVF: reviewbot cannot reach CodeVF", "network"),), said=("codevf-url=http://127.0.0.1:9/",)
    ),
    "no token": Case(3, (("token: missing", "GITHUB_TOKEN"),), env={"GITHUB_TOKEN": ""}),
    "unknown token": Case(
        3,
        (("token: the GitHub token is invalid", "GITHUB_TOKEN=$(gh auth token)"),),
        env={"GITHUB_TOKEN": "ghs_who"},
    ),
    "missing permissions": Case(
        3,
        (
            ("pull requests: the token lacks permission", "`pull-requests: read`"),
            ("check runs: the token lacks permission", "`checks: read`"),
        ),
        env={"GITHUB_TOKEN": READER},
    ),
    "a token that sees nothing": Case(3, (("repository: ", "contents: read"),), env={"GITHUB_TOKEN": BLIND}),
    "wrong settings": Case(
        2,
        (
            ("settings: `mode` in the config file on `main`, line 1: invalid value `slow`", "`standard`"),
            ("settings: `fail_on` in the config file on `main`, line 2: unknown key; did you mean `fail-on`?", ""),
            ("settings: input `fail-on`: invalid value `hihg`", "`high`"),
            ("templates: the template `summary.md.j2`", "default branch"),
        ),
        {
            CONFIG: "mode: slow\nfail_on: high\n",
            ".github/reviewbot/summary.md.j2": "{{ nothing",
            **swapped(REVIEW, "          codevf-api", "          fail-on: hihg\n          codevf-api"),
        },
    ),
    "no workflow": Case(
        2,
        (
            (
                "workflows: `reviewbot-commands.yml` is not valid YAML: line 3, column 1",
                "Until then, GitHub ignores it",
            ),
            ("workflows: no workflow on the default branch reviews", "reviewbot init"),
            ("settings: no config file", ""),
        ),
        {REVIEW: None, COLLECT: None, COMMANDS: "name: x\njobs: [\n", CONFIG: None},
    ),
    "workflows that may too little": Case(
        2,
        (
            (f"{R}: `Review` lacks `checks: write`", "Add `checks: write`"),
            (f"{M}: `Command` lacks `pull-requests: write`", "Add `pull-requests: write`"),
            (f"{C}: `Collect` has no `permissions:`", "reviewbot init"),
        ),
        {
            **swapped(REVIEW, "      checks: write # the check\n", ""),
            **allowing(COMMANDS, "    permissions: read-all\n"),
            **allowing(COLLECT, ""),
        },
    ),
    "no issues for the context": Case(
        0,
        ((f"{R}: `Review` lacks `issues: read`, so in a private repository the reviewer", "or set `context: none`"),),
        swapped(REVIEW, ISSUES, ""),
    ),
    "no key in the workflow": Case(
        2,
        ((f"{R}: `Review` does not pass the CodeVF API key", "secrets.CODEVF_API_KEY"),),
        swapped(REVIEW, "codevf-api-key: ${{ secrets.CODEVF_API_KEY }}", "fail-on: high"),
    ),
    "the review workflow alone": Case(
        0,
        (
            ("collect: reviews that take longer than 8 minutes are not published until", "`reviewbot-collect.yml`"),
            ("commands: no workflow runs on `/reviewbot` comments", "`reviewbot-commands.yml`"),
        ),
        {COLLECT: None, COMMANDS: None},
    ),
    "the usual types and a filter": Case(
        2,
        (
            (f"{R}: `Review` does not run on `ready_for_review`", "Add `ready_for_review`"),
            (f"{R}: `Review` does not run on `closed`", "Add `closed`"),
            (f"{R}: a `paths` or `branches` filter", "input `paths`"),
        ),
        swapped(REVIEW, f"types: {TYPES}", "paths: [src/**]"),
    ),
    "another file and a number": Case(
        2,
        (
            ("settings: `fail-on` in the config file on `main`, line 1: invalid value `never ever`", "`never`"),
            ("project: number 42 was not checked", "set `codevf-project` to a name"),
        ),
        {
            "bot.yml": "fail-on: never ever\ncodevf-project: 42\n",
            **swapped(REVIEW, "          codevf-api", "          config-file: bot.yml\n          codevf-api"),
        },
    ),
    "one type": Case(0, ((f"{R}: `Review` does not run on `closed`", "Add"),), swapped(REVIEW, ", closed", "")),
    "a job that ends before its wait": Case(
        2, ((f"{R}: `Review` times out after 15 minutes", "`timeout-minutes` to 65"),), {CONFIG: "wait-minutes: 60\n"}
    ),
    "a label that starts no job": Case(
        2,
        ((f"{R}: `Review` does not run when the `approve-spend` label `buy`", '["skip-review", "buy"]'),),
        {CONFIG: "approve-spend: buy\n"},
    ),
    "checks to wait for": Case(
        2,
        (
            ("awaited checks: no check on the last commit of `main` matches `CI`", "only on pull requests"),
            ("awaited checks: no workflow runs when other checks complete", "init --force --wait-for NAME"),
            (f"{R}: `Review` lacks `statuses: read`", "Add `statuses: read`"),
            (f"{R}: `Review` lacks `actions: read`", "Add `actions: read`"),
        ),
        {CONFIG: "wait-for-checks: [CI]\n"},
        env={"GITHUB_TOKEN": AWAITS},
    ),
    "checks to wait for, with their workflow": Case(
        0,
        (("awaited checks: the token lacks permission", "`checks: read`, `statuses: read` and `actions: read`"),),
        {**AWAITING, CONFIG: "wait-for-checks: [CI]\n"},
    ),
    "versions": Case(
        2,
        (
            (f"versions: in `{C}`, the action is pinned to `v1`", "full commit SHA"),
            ("versions: the workflows run different versions", "the same commit"),
        ),
        swapped(COLLECT, COMMIT, "v1"),
    ),
    "two workflows": Case(
        0,
        ((f"workflows: `{R}` and `second.yml` can each buy", "Delete all but one"),),
        {**WELL, f"{FOLDER}/second.yml": WELL[REVIEW]},
    ),
    "not required, with another workflow": Case(
        0,
        (
            (
                "required check: `CodeVF review` is not required",
                "add it (`CodeVF review`, from GitHub Actions)",
            ),
        ),
        {**WELL, REVIEW: None, f"{FOLDER}/second.yml": WELL[REVIEW]},
        (),
    ),
    "a pasted example": Case(
        2,
        ((f"versions: `OWNER` or `COMMIT` in `{C}`, `{M}`, `{R}` is a placeholder", "commit SHA of a release"),),
        {path: text.replace(f"acme/reviewbot@{COMMIT}", "OWNER/reviewbot@COMMIT") for path, text in WELL.items()},
    ),
    "a pasted example with a commit": Case(
        2,
        ((f"versions: `OWNER` or `COMMIT` in `{C}` is a placeholder", "the owner of reviewbot"),),
        swapped(COLLECT, f"acme/reviewbot@{COMMIT}", f"OWNER/reviewbot@{COMMIT}"),
    ),
    "a pasted example beside a release": Case(
        2,
        ((f"versions: `OWNER` or `COMMIT` in `{C}` is a placeholder", "commit SHA of a release"),),
        swapped(COLLECT, f"acme/reviewbot@{COMMIT}", "OWNER/reviewbot@COMMIT"),
    ),
    "job required": Case(
        2,
        (("required check: the job `Review` is a required check", "Require the check `CodeVF review`"),),
        required=(RequiredCheck("Review", ACTIONS), CHECK),
    ),
    "any source": Case(
        2,
        (("required check: `CodeVF review` is required from any source", "*GitHub Actions*"),),
        required=(RequiredCheck("CodeVF review"),),
    ),
    "another source": Case(
        0,
        (("required check: `CodeVF review` must be reported by the App 7", "change the source"),),
        required=(RequiredCheck("CodeVF review", 7),),
    ),
    "written by an App, and required from Actions": Case(
        2,
        (("required check: `CodeVF review` is required from GitHub Actions, but another App", "to that App"),),
        BY_APP,
    ),
    "written by an App, and not required": Case(
        0,
        (("required check: `CodeVF review` is not required", "reviewbot init --as gate --source APP_ID --force"),),
        BY_APP,
        (),
    ),
    "no space behind the commit": Case(
        2,
        ((f"versions: in `{R}`, the action is pinned to `{COMMIT}#v1.0.0`, which is not a commit", "Add a space"),),
        swapped(REVIEW, f"{COMMIT} # v1.0.0", f"{COMMIT}#v1.0.0"),
    ),
    "required where only advice is given": Case(
        0, (("required check: `CodeVF review` is missing in some cases: without `pull_request_target`", "--as gate"),)
    ),
    "required where the queue is not heard": Case(
        0,
        (("required check: `CodeVF review` is missing in some cases: without `merge_group`", "--as gate"),),
        swapped(REVIEW, "pull_request:", "pull_request_target:"),
    ),
    "a called workflow of another repository": Case(
        0,
        (("reviews.yml: `Reviewbot / Review` does not use the workflow's token", ""),),
        calling("acme/.github/.github/workflows/reviewbot.yml@main"),
        required=(RequiredCheck("CodeVF review", 7),),
    ),
    "a called workflow of this repository": Case(
        0,
        (("reviews.yml: `Reviewbot / Review` does not use the workflow's token", ""),),
        {**calling("./.github/workflows/shared.yml"), f"{FOLDER}/shared.yml": SHARED},
        required=(RequiredCheck("CodeVF review", 7),),
    ),
    "a called workflow without the event of the queue": Case(
        0,
        (
            (
                "required check: `CodeVF review` is missing in some cases: without `merge_group`",
                "Add `merge_group`. Change `on:` in `reviews.yml`.",
            ),
        ),
        calling(
            "acme/.github/.github/workflows/reviewbot.yml@main", without="  merge_group: # only with a merge queue\n"
        ),
        required=(RequiredCheck("CodeVF review", 7),),
    ),
    "a called workflow that may too little": Case(
        2,
        (("reviews.yml: `Reviewbot / Review` lacks `checks: write`", "Add `checks: write`"),),
        {
            **calling("./.github/workflows/shared.yml"),
            f"{FOLDER}/shared.yml": SHARED.replace("${{ steps.app.outputs.token }}", "${{ github.token }}"),
        },
    ),
    "a called workflow that cannot be read": Case(
        3,
        (
            (
                "workflows: `reviews.yml` calls `acme/hidden/.github/workflows/reviewbot.yml@v1`, which reviewbot",
                "with a token that can read that workflow",
            ),
        ),
        calling("acme/hidden/.github/workflows/reviewbot.yml@v1"),
    ),
    "a called workflow that does not exist": Case(
        3,
        (
            (
                "workflows: `reviews.yml` calls `acme/.github/.github/workflows/reviewbot.yml@v1`, which reviewbot",
                "",
            ),
        ),
        calling("acme/.github/.github/workflows/reviewbot.yml@v1"),
    ),
    "a pasted caller": Case(
        2,
        (("workflows: `reviews.yml` calls `YOUR-ORG/.github/.github/workflows/reviewbot.yml@COMMIT`", "Replace"),),
        calling("YOUR-ORG/.github/.github/workflows/reviewbot.yml@COMMIT"),
    ),
    "a workflow that other repositories call": Case(
        0,
        (
            (
                "workflows: the reusable workflow `shared.yml` is not called",
                "call the workflow from another one: uses: ./.github/",
            ),
            ("shared.yml: `Review` does not use the workflow's token", ""),
            ("shared.yml: `Collect` does not use the workflow's token", ""),
        ),
        {**ALONE, f"{FOLDER}/shared.yml": SHARED},
    ),
    "a second step with its own config file": Case(
        2,
        (
            (f"{SECURITY}: `fail-on` in the config file on `main`, line 1: invalid value `hgih`", "`high`"),
            ("settings: valid on `main`", ""),
            (f"{R}: `Review` does not run when the `approve-spend` label `look`", '["skip-review", "look"]'),
        ),
        {
            **second_step(f'codevf-api-key: "${{{{ secrets.K }}}}", config-file: {SECURITY}'),
            SECURITY: "fail-on: hgih\napprove-spend: look\n",
        },
    ),
    "a second step with its own check": Case(
        0,
        (
            (
                "required check: `CodeVF review: security` is not required",
                "add it (`CodeVF review: security`, from GitHub Actions)",
            ),
            ("required check: `CodeVF review` from GitHub Actions is required", ""),
            (f"{SECURITY}: valid on `main`", ""),
        ),
        {
            **second_step(f'codevf-api-key: "${{{{ secrets.K }}}}", config-file: {SECURITY}'),
            SECURITY: "instance: security\n",
        },
    ),
    "a second step with the local reviewer": Case(
        0,
        (("required check: `reviewbot (local)` is not required", "add it (`reviewbot (local)`"),),
        second_step("reviewer: local"),
    ),
    "not required": Case(
        0, (("required check: `CodeVF review` is not required", "reviewbot init --as gate --force"),), required=()
    ),
}


def doctor(rig: Rig, *arguments: str, **env: str) -> Result:
    out, err = io.StringIO(), io.StringIO()
    own = {
        "PATH": os.environ["PATH"],
        "GITHUB_API_URL": rig.github_url,
        "GITHUB_SERVER_URL": rig.github_url,
        "GITHUB_TOKEN": TOKEN,
        "CODEVF_API_KEY": KEY,
        "REVIEWBOT_TIME_SCALE": str(SCALE),
    }
    url = f"codevf-url={rig.codevf_url}/api/v1/"
    status = cli.main(["doctor", "--input", url, *arguments], {**own, **env}, out, err)
    return Result(status, out.getvalue(), err.getvalue())


def report_of(rig: Rig, case: Case) -> Result:
    """Return the report of a case; restore the repository afterwards."""
    changed = {path: text for path, text in case.files.items() if text != WELL.get(path)}
    rig.world.require(REPO, *case.required)
    if changed:
        rig.world.push(REPO, "main", changed)
    try:
        said = (word for one in case.said for word in ("--input", one))
        return doctor(rig, "--repo", REPO, *said, **case.env)
    finally:
        if changed:
            rig.world.push(REPO, "main", {path: WELL.get(path) for path in changed})


def marks(said: Result) -> set[str]:
    """Return the starts of the lines."""
    return {line.split()[0] for line in said.out.splitlines()}


def noted(said: Result) -> list[str]:
    """Return the subjects of the notes; no line may be a problem."""
    assert "problem" not in marks(said), said.out
    return [line.partition(":")[0] for line, (mark, _) in lines_of(said).items() if mark == "note"]


def lines_of(said: Result) -> Mapping[str, tuple[str, str]]:
    """Return each line with its mark and its advice."""
    found = re.findall(r"^(ok|note|problem) +(.*)\n((?: +-> .*\n)*)", said.out, re.MULTILINE)
    return {line: (mark, todo) for mark, line, todo in found}


@pytest.mark.parametrize("name", CASES)
def test_problems_are_reported_with_what_to_do(rig: Rig, name: str) -> None:
    case = CASES[name]
    said = report_of(rig, case)
    assert said.status == case.status, said.out
    assert "?." not in said.out
    assert ("different versions" in said.out) == (name == "versions")
    seen = set()
    for begins, todo in case.lines:
        ((mark, advice),) = (how for line, how in lines_of(said).items() if line.startswith(begins))
        assert todo in advice, said.out
        seen.add(mark)
    assert ("problem" in seen) == bool(case.status)
    assert ("Run `reviewbot init`, and push the workflow" in said.out) == (name == "no workflow")
    assert "problem" in marks(said) or case.status == 0
    for secret in (KEY, TOKEN, WRONG_KEY, READER, BLIND, NO_ACTIONS):
        assert secret not in said.out + said.err


def test_doctor_finds_no_problem(rig: Rig) -> None:
    said = report_of(rig, Case(0, (), GATE))
    assert said.status == 0
    assert noted(said) == ["project"]
    assert "any other workflow in the repository can also report it" in said.out
    assert said.out.count("readable (write access not tested)") == 2
    for line in ("prices: with `max-credits: 240` and `mode: fast`, a review reserves 360 credits", "`engineer` 612"):
        assert line in said.out
    assert (
        f"note     project: `{REPO}` was not checked; the first review creates the project if it does not exist.\n"
        in said.out
    )
    assert "-> To use another project, set `codevf-project`" in said.out
    assert "balance: 10,000 credits are available" in said.out
    assert rig.service.tasks() == ()


@pytest.mark.parametrize(
    ("arguments", "name"),
    [((), "the name of the check depends on `instance`"), (("instance=api",), "`CodeVF review: api` is not")],
)
def test_a_check_that_no_run_writes_is_not_to_be_required(rig: Rig, arguments: tuple[str, ...], name: str) -> None:
    """See the recipe for a monorepo in `docs/recipes.md`."""
    matrix = {
        path: text.replace(KEY_INPUT, f"{KEY_INPUT}\n          instance: ${{{{ matrix.part }}}}")
        for path, text in GATE.items()
    }
    said = report_of(rig, Case(0, (), matrix, (), said=arguments))
    ((line, how),) = ((line, how) for line, how in lines_of(said).items() if line.startswith("required check: "))
    assert line.startswith(f"required check: {name}"), said.out
    assert ("add `CodeVF review: INSTANCE` to a ruleset for each" in how[1]) == (not arguments)


def test_without_context_no_job_needs_the_issues(rig: Rig) -> None:
    changed = {**swapped(REVIEW, ISSUES, ""), CONFIG: "context: none\n"}
    assert "issues: read" not in report_of(rig, Case(0, (), changed)).out


def test_a_gate_with_a_merge_queue_has_no_problem(rig: Rig) -> None:
    rig.world.require(REPO, CHECK, by_ruleset=False)
    said = report_of(rig, Case(0, (), GATE, ()))
    rig.world.require(REPO, by_ruleset=False)
    assert (said.status, noted(said)) == (0, ["project"])
    assert "`CodeVF review` from GitHub Actions is required" in said.out


def test_the_local_reviewer_needs_no_account(rig: Rig) -> None:
    local = {path: text.replace("codevf-api-key: ${{ secrets.CODEVF_API_KEY }}", "reviewer: local")
             for path, text in GATE.items() if path != COLLECT}  # fmt: skip
    before = len(rig.codevf_faults.log)
    required = (RequiredCheck("reviewbot (local)", 15368),)
    said = report_of(rig, Case(0, (), {**local, COLLECT: None}, required, env={"CODEVF_API_KEY": ""}))
    assert (said.status, marks(said)) == (0, {"ok"}), said.out
    assert len(rig.codevf_faults.log) == before


@pytest.mark.parametrize(
    ("arguments", "env", "status"),
    [
        (("--repo", REPO), {}, 0),
        (("--repo", "acme/nowhere"), {}, 3),
        (("--repo", REPO), {"GITHUB_TOKEN": READER}, 3),
        (("--repo", REPO), {"GITHUB_TOKEN": BLIND}, 3),
        (("--repo", REPO), {"GITHUB_TOKEN": ""}, 3),
        (("--repo", REPO, "--input", "codevf-project=new"), {}, 0),
        (("--repo", REPO, "--input", "min-balance=9999"), {}, 3),
    ],
)
def test_doctor_only_reads(rig: Rig, arguments: tuple[str, ...], env: Mapping[str, str], status: int) -> None:
    asked, github = len(rig.codevf_faults.log), len(rig.github_faults.log)
    rig.world.require(REPO, CHECK)
    assert doctor(rig, *arguments, **env).status == status
    assert {f"{one.method} {one.path}" for one in rig.codevf_faults.log[asked:]} == {
        "GET /api/v1/credits/balance",
        "GET /api/v1/tags",
    }
    written = [f"{one.method} {one.path}" for one in rig.github_faults.log[github:] if one.method != "GET"]
    assert set(written) <= {"POST /graphql"}
    assert not [one for one in rig.github_faults.log[github:] if "mutation" in str(one.body)]
    assert (rig.service.projects(), rig.service.tasks()) == ((), ())


def test_an_empty_repository_is_reported(rig: Rig) -> None:
    rig.world._make("acme/empty", "main", private=False)
    said = doctor(rig, "--repo", "acme/empty")
    assert lines_of(said)["repository: empty."] == (
        "problem",
        "         -> Push a first commit. reviewbot reads its settings from the default branch.\n",
    )
    assert said.status == 2
    assert "NotFound" not in said.out
    assert doctor(rig, "--repo", "acme/nowhere").status == 3


@pytest.mark.parametrize(
    ("is_dotcom", "private", "files", "noted"),
    [(True, False, GATE, 1), (True, True, GATE, 0), (False, False, GATE, 0), (True, False, WELL, 0)],
)
def test_githubs_policy_for_public_repositories_is_noted(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_dotcom: bool,
    private: bool,
    files: Mapping[str, str],
    noted: int,
) -> None:
    monkeypatch.setattr(Network, "is_dotcom", is_dotcom)
    with open_rig(tmp_path, private=private, files=files) as rig:
        said = doctor(rig, "--repo", REPO)
    policies = [line for line in said.out.splitlines() if "event policy" in line]
    assert len(policies) == noted
    assert said.out.count("allow `merge_group`, `pull_request_target`, `workflow_dispatch`") == noted


@pytest.mark.parametrize(
    ("url", "expected"), [("", True), ("https://api.github.com/", True), ("http://ghes/api/v3", False)]
)
def test_github_com_is_known_by_its_api(url: str, *, expected: bool) -> None:
    network = read_desktop({"GITHUB_API_URL": url}, None).network
    assert network.is_dotcom is expected


def test_a_server_without_rulesets_is_supported(rig: Rig) -> None:
    rig.github_faults.add("/rules/branches", Reply(404, body=b'{"message": "Not Found"}'), method="GET", times=None)
    said = report_of(rig, Case(0))
    rig.github_faults.clear()
    assert said.status == 0
    assert [how[0] for line, how in lines_of(said).items() if line.startswith("required check: ")] == ["note"]


def test_a_workflows_name_has_no_effect(rig: Rig) -> None:
    named = "a\\e[31m\\n::error::x ##[error]y"
    said = report_of(rig, Case(0, (), swapped(REVIEW, "    name: Review\n", f'    name: "{named}"\n')))
    assert "`a⟨U+001B⟩[31m ::error::x ## [error]y` has all required permissions" in said.out
    assert not re.search(r"^::|##\[|\x1b", said.out, re.MULTILINE)


def test_invalid_settings_decide_the_exit_status_of_several_problems(rig: Rig) -> None:
    assert report_of(rig, Case(2, (), {CONFIG: "mode: slow\n"}, env={"CODEVF_API_KEY": ""})).status == 2


def test_the_repository_is_the_clones_own(rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = Clone(tmp_path / "parcels")
    clone.git("init", "--quiet")
    monkeypatch.chdir(clone.root)
    bare = doctor(rig)
    assert (bare.status, "--repo: this clone has no remote `origin` that points" in bare.err) == (
        2,
        True,
    ), bare.err
    clone.git("remote", "add", "origin", f"git@github.com:{REPO}.git")
    assert f"project: `{REPO}` was not checked" in doctor(rig).out
    assert doctor(rig, "--repo", "parcels").status == 2


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Enter a clone of the repository with two merges, one of which needs no review."""
    made = make_clone(tmp_path / "parcels", {CONFIG: "max-credits: 480\n"})
    made.git("remote", "add", "origin", f"https://github.com/{REPO}.git")
    made.git("checkout", "--quiet", "main")
    made.commit({"node_modules/x.js": "{ }\n"}, "Vendored")
    monkeypatch.chdir(made.root)
    return made


_NOT_JUDGED = "note     key: not checked, because doctor found no workflow that reviews pull requests.\n"


@pytest.mark.usefixtures("clone")
def test_without_a_workflow_the_key_is_not_judged(rig: Rig) -> None:
    offline = doctor(rig, GITHUB_TOKEN="", CODEVF_API_KEY="")
    assert _NOT_JUDGED in offline.out
    assert ("problem  token: missing" in offline.out, offline.out.count("problem")) == (True, 1)
    asked = doctor(rig, "--input", "reviewer=codevf", GITHUB_TOKEN="", CODEVF_API_KEY="")
    assert "problem  key: missing" in asked.out
    wrong = doctor(rig, GITHUB_TOKEN="ghs_unknown", CODEVF_API_KEY="")
    assert _NOT_JUDGED in wrong.out


@pytest.mark.parametrize("reviewer", ReviewerKind)
def test_without_a_token_the_checked_out_workflow_names_the_reviewer(
    rig: Rig, clone: Clone, reviewer: ReviewerKind
) -> None:
    clone.commit(files(InitOptions(Action("acme/reviewbot", COMMIT, "v1.0.0"), reviewer=reviewer)), "reviewbot")
    said = doctor(rig, GITHUB_TOKEN="", CODEVF_API_KEY="")
    is_local = reviewer is ReviewerKind.LOCAL
    assert ("`local` needs no account" in said.out, "problem  key: missing" in said.out) == (is_local, not is_local)
    assert "GITHUB_TOKEN=$(gh auth token) reviewbot doctor" in said.out
    named = ("--repo", "acme/other", "--input", "paths=src docs")
    elsewhere = doctor(rig, *named, GITHUB_TOKEN="", CODEVF_API_KEY="").out
    assert _NOT_JUDGED in elsewhere
    assert "$(gh auth token) reviewbot doctor --repo acme/other --input " in elsewhere
    assert elsewhere.count(" --input 'paths=src docs'") == len(("token", "local reviewer"))


def test_a_checked_out_workflow_that_is_a_link_is_not_read(rig: Rig, clone: Clone) -> None:
    texts = files(InitOptions(Action("acme/reviewbot", COMMIT, "v1.0.0"), reviewer=ReviewerKind.LOCAL))
    (clone.root / REVIEW).parent.mkdir(parents=True)
    (clone.root / REVIEW).symlink_to(clone.root / "elsewhere.yml")
    clone.commit({"elsewhere.yml": texts[REVIEW]}, "A link")
    assert _NOT_JUDGED in doctor(rig, GITHUB_TOKEN="", CODEVF_API_KEY="").out


ROUTES = """\
max-credits-per-pr: 800
routes:
- {name: payments, paths: [app.py, 'pay/**'], draft: false, mode: standard, max-credits: 900, instructions: Mind.}
- {name: urgent, labels: [urgent], trust-author: true, fail-on: low}
- {name: rest, mode: standard}
- {name: docs, only-paths: ['docs/**'], reviewer: none}
"""


RULES = """\
ok       rule 1: `payments`: if `paths: app.py, pay/**`, `draft: false`, then `mode: standard`, `max-credits: 900`, \
`instructions: …`.
ok       rule 2: `urgent`: if `labels: urgent`, `trust-author: true`, then `fail-on: low`.
ok       rule 3: `rest`: always `mode: standard`.
note     rule 4: `docs`: if `only-paths: docs/**`, then `reviewer: none`; it has no effect, because rule 3 (`rest`) \
always matches first.
"""


def test_the_rules_are_shown(rig: Rig) -> None:
    said = report_of(rig, Case(0, (), {CONFIG: ROUTES}))
    begins = ("ok       rule", "note     rule")
    assert [line for line in said.out.splitlines() if line.startswith(begins)] == RULES.splitlines()


def test_a_plan_equals_the_dry_run_of_that_time(clone: Clone) -> None:
    out = io.StringIO()
    assert cli.main(["plan", "--since", "30d"], {"PATH": os.environ["PATH"]}, out, io.StringIO()) == 0
    assert "1 review, one per merge, would have reserved 720 credits." in out.getvalue()
    assert clone.git("status", "--porcelain") == ""


def test_a_file_that_is_not_yaml_is_reported_once_with_its_path(rig: Rig, clone: Clone) -> None:
    broken = {CONFIG: "paths:\n\t- a\n"}
    clone.commit(broken, "Mistake")
    said = report_of(rig, Case(2, (), broken))
    (line,) = (line for line in lines_of(said) if "found a tab" in line)
    assert line == f"settings: `{CONFIG}` on `main`: line 2, column 1: found a tab; indent with spaces."
    assert "before you push it, run: reviewbot config check" in lines_of(said)[line][1]


@pytest.mark.parametrize(
    ("environment", "mark", "what"),
    [
        (Environment(only_protected=True), "note", "allows every protected branch, or every branch if"),
        (Environment(()), "problem", "has no allowed branches"),
        (Environment(("main", "*")), "problem", "allows every branch"),
        (Environment(("release/*",)), "ok", "allows only `release/*`"),
    ],
)
def test_an_environment_is_for_a_few_branches(environment: Environment, mark: str, what: str) -> None:
    job, *_ = read_jobs({"a.yml": GATE[REVIEW]})[0]
    (check,) = of_environment(environment, job, "main")
    assert (check.mark, f"`reviewbot` {what}" in check.what) == (mark, True)


NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tag", "what", "status"),
    [
        ({}, None, 0),
        ({"valid_from": NOW - timedelta(days=1), "valid_to": NOW + timedelta(days=31)}, None, 0),
        ({"valid_to": NOW - timedelta(seconds=1)}, "`engineer` expired on 2026-11-28", 3),
        ({"valid_to": NOW + timedelta(days=29)}, "`engineer` expires on 2026-12-27", 0),
        ({"valid_from": NOW + timedelta(days=1)}, "`engineer` is not valid before 2026-11-29", 0),
        ({"is_deprecated": True}, "`engineer` is deprecated", 0),
    ],
)
def test_an_expertise_that_ends_or_has_ended_is_reported(tag: dict[str, Any], what: str | None, status: int) -> None:
    old = Tag(2, "cobol", Decimal(2), valid_to=NOW - timedelta(days=9))
    tags = (Tag(1, "engineer", Decimal("1.7"), **tag), old, Tag(3, "other", Decimal(1)))
    check = of_expertise("Engineer".lower(), tags, NOW)
    assert (check.what if check else None, check.status if check else 0) == (what, status)
    if check:
        assert "`other`" in check.todo
        assert "`cobol`" not in check.todo
    assert of_expertise("", tags, NOW) is None
