"""Tokens with fewer permissions than the README's, and events that provide them: outcome and message of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest
from reviewbot_sandbox.codevf import Answer, TaskRequest
from reviewbot_sandbox.github import FULL, READ_ONLY, WORKFLOW, Access, App, Level, Rules, Scope

from tests.app.rig import REPO, TOKEN, Rig, answer, finding, fork, from_fork, open_rig

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory

CRITICAL = finding("app.py", 12, severity="critical", title="A shell runs it", code="os.system(command)")

NOTHING: Mapping[Scope, Access] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Token:
    """A token's permissions, and the result of a review with blocking findings.

    Attributes:
        permissions: of an App, or of a person if `login` is set.
        left: what is written on GitHub: `c`omments, `s`ummary, chec`k`.
        says: text in the log and in the job summary.
    """

    permissions: Mapping[Scope, Access]
    exit_status: int
    reason: str
    left: str
    says: tuple[str, ...] = ()
    login: str = ""


TOKENS: Mapping[str, Token] = {
    "a workflow's, as the README has it": Token(WORKFLOW, 1, "gate", "csk"),
    "without checks": Token(
        {**WORKFLOW, Scope.CHECKS: Access.NONE},
        1, "gate", "cs", ("Writing the check run failed", "checks: write"),
    ),
    "without pull-requests": Token(
        {**WORKFLOW, Scope.PULL_REQUESTS: Access.READ},
        1, "gate", "k", ("Writing the summary comment failed", "pull-requests: write"),
    ),
    "that may only read": Token(
        READ_ONLY, 4, "not-published", "", ("The token can write neither", "`checks: write` and `pull-requests: write`")
    ),
    "that may read the contents alone": Token(
        {Scope.CONTENTS: Access.READ}, 3, "permission", "", ("pull-requests: read",)
    ),
    "that may nothing": Token(NOTHING, 3, "permission", "", ("pull-requests: read",)),
    "a person's": Token(FULL, 1, "gate", "cs", ("check run failed", "of an App"), login="hubot"),
}  # fmt: skip


def left_on_github(rig: Rig) -> str:
    """Return what is written on GitHub, as in `Token.left`."""
    ours = [one for one in rig.world.store.comments.values() if one.body.startswith("<!-- reviewbot:summary")]
    return "c" * bool(rig.comments()) + "s" * bool(ours) + "k" * bool(rig.checks())


@pytest.mark.parametrize("name", TOKENS)
def test_a_tokens_missing_permissions_are_named(tmp_path: Path, name: str) -> None:
    token = TOKENS[name]
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL), permissions=token.permissions, private=True) as rig:
        if token.login:
            rig.world.grant(REPO, token.login, Level.WRITE)
            rig.world.person_token(TOKEN, token.login, permissions=token.permissions)
        done = rig.run()
        assert (done.exit_status, done.outputs["reason"]) == (token.exit_status, token.reason), done.log
        assert left_on_github(rig) == token.left
        for words in token.says:
            assert words in done.log
        if token.exit_status != 3:
            assert "A shell runs it" in "".join(
                (done.summary, *(one.body for one in rig.world.store.comments.values()))
            )
            assert done.outputs["verdict"] == "fail"


def test_an_apps_token_writes_everything_and_recognizes_its_comments(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.world.app_token(TOKEN, app=App(4711, "acme-reviews", "Acme's reviews"), permissions=WORKFLOW)
        rig.run()
        assert rig.run().exit_status == 1
        assert [len(rig.comments()), len(rig.summaries()), len(rig.checks())] == [1, 1, 1]
        assert {one.author for one in rig.world.store.comments.values()} == {"acme-reviews[bot]"}


def test_a_token_that_expires_during_the_review_loses_nothing(tmp_path: Path) -> None:
    def engineer(_: TaskRequest) -> Answer:
        del rig.world.store.tokens[TOKEN]
        return answer(CRITICAL)

    with open_rig(tmp_path, engineer=engineer) as rig:
        done = rig.run(json_file="report.json")
        assert (done.exit_status, done.outputs["reason"]) == (4, "not-published"), done.log
        assert "An App's token expires after an hour, so keep `wait-minutes` below 60" in done.log
        assert "A shell runs it" in done.summary
        assert "A shell runs it" in (done.workspace / "report.json").read_text(encoding="utf-8")
        assert [one.status for one in rig.checks()] == ["in_progress"], "no check is green meanwhile"
        rig.world.app_token(TOKEN)
        later = rig.run()
        assert (later.exit_status, left_on_github(rig), len(rig.service.tasks())) == (1, "csk", 1)


def test_an_empty_token_is_reported_before_github_is_asked(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        for command in ("review", "collect"):
            done = rig.run(github_token="", command=command)
            assert (done.exit_status, done.outputs["reason"]) == (3, "github")
            assert "The input `github-token` is empty." in done.log
            assert "Remove the input to use the workflow's token, or" in done.log
        assert not rig.github_requests()


def test_a_forks_own_event_without_a_key_names_the_event_that_has_one(tmp_path: Path) -> None:
    with open_rig(tmp_path, permissions=READ_ONLY) as rig:
        fork(rig)
        done = rig.run(payload=from_fork(rig), codevf_api_key="")
        assert (done.exit_status, done.outputs["reason"], done.outputs["verdict"]) == (0, "no-key", "none")
        for text in (done.log, done.summary):
            assert "pull_request_target" in text
            assert "You cannot fix this. GitHub does not pass the CodeVF key" in text
        assert "::notice title=No review::You cannot fix this. GitHub does not pass the CodeVF key" in done.log
        assert not left_on_github(rig)


@pytest.mark.parametrize(
    ("event", "status", "reason"), [("pull_request", 1, "gate"), ("pull_request_target", 4, "not-published")]
)
def test_a_result_may_stay_on_the_runner_only_for_a_forks_own_event(
    tmp_path: Path, event: str, status: int, reason: str
) -> None:
    with open_rig(tmp_path, permissions=READ_ONLY) as rig:
        fork(rig)
        rig.world.push("mallory/parcels", "attack", {"app.py": "eval(input())\n"}, author="mallory")
        done = rig.run(event=event, payload=from_fork(rig), codevf_api_key="", reviewer="local", fail_on="low")
        assert (done.exit_status, done.outputs["reason"]) == (status, reason), done.log
        assert "failed because the token lacks `" in done.log
        assert "::warning file=app.py,line=1" in done.log


def test_the_message_for_dependabot_names_its_own_secrets(tmp_path: Path) -> None:
    with open_rig(tmp_path, config="bots: []\n", permissions=READ_ONLY) as rig:
        rig.world.push(REPO, "bump", {"app.py": "print(1)\n"}, author="dependabot[bot]")
        rig.number = rig.world.open_pull_request(REPO, "bump", title="Bump", author="dependabot[bot]").number
        done = rig.run(codevf_api_key="")
        assert (done.exit_status, done.outputs["reason"]) == (3, "no-key")
        for text in (done.log, done.summary):
            assert "gh secret set CODEVF_API_KEY --app dependabot" in text


@pytest.mark.parametrize(("allow", "status", "tasks"), [("write", 3, 0), ("anyone", 0, 1)])
def test_a_fork_that_was_deleted_is_a_fork_and_is_still_read(
    tmp_path: Path, allow: str, status: int, tasks: int
) -> None:
    with open_rig(tmp_path) as rig:
        fork(rig)
        rig.world.delete_repository("mallory/parcels")
        payload = rig.event("synchronize", sender={"login": "mallory", "type": "User"})
        payload["pull_request"]["head"]["repo"] = None
        rig.world.store.rules = Rules(diff_files=0)
        done = rig.run(event="pull_request_target", payload=payload, allow=allow)
        assert (done.exit_status, len(rig.service.tasks())) == (status, tasks), done.log
        assert rig.checks()[0].conclusion == ("success" if tasks else "action_required")
