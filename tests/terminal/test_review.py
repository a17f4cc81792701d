"""`reviewbot review` of a branch buys once, sends only selected files, and prints the same in all formats."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from reviewbot_sandbox.codevf import End, TaskLife, canned
from reviewbot_sandbox.faults import RecordedThen

from reviewbot.domain.codevf.idempotency import account_number
from reviewbot.domain.ledger.codec import decode, encode, replace_ledger
from reviewbot.domain.ledger.signing import Signer
from reviewbot.values import replace
from tests.hostile.leaks import GHP
from tests.terminal.conftest import Opened
from tests.terminal.session import CLEAN, KEY, OTHER_KEY, Clone, Result, Session

NEVER_DONE = TaskLife(pending=1e6)


def refused(result: Result) -> str:
    """Return the messages of a run that does nothing."""
    assert (result.status, result.out) == (2, "")
    return result.err


# --- Bought once ------------------------------------------------------------------------------------------------------


def test_a_branch_is_reviewed_and_blocking_findings_set_the_exit_status(open_session: Opened) -> None:
    session = open_session()
    result = session.review()
    assert result.status == 1
    assert "risky.py:5  critical correctness  blocks" in result.out
    assert "1 of 2 findings blocks\n" in result.out
    assert "This review would reserve 360 credits, and 10,000 are available." in result.err
    open_gate = session.review("--fail-on", "never")
    assert open_gate.status == 0
    assert "2 findings, none blocking\n" in open_gate.out


def test_a_finding_has_a_link_once_its_commit_is_pushed(open_session: Opened) -> None:
    session = open_session()
    session.clone.git("remote", "add", "origin", "http://localhost:8080/acme/shop.git")
    before = session.review("--format", "json").report["findings"]
    head = session.clone.git("rev-parse", "HEAD")
    session.clone.git("update-ref", "refs/remotes/origin/topic", head)
    after = session.review("--format", "json").report["findings"]
    assert [one["blobUrl"] for one in before] == [None, None]
    assert after[0]["blobUrl"] == f"http://localhost:8080/acme/shop/blob/{head}/risky.py#L5"


def test_the_same_change_is_bought_once(open_session: Opened) -> None:
    session = open_session(engineer=canned(CLEAN))
    assert (session.review().status, session.review("--head", "topic").status) == (0, 0)
    assert len(session.service.tasks()) == 1
    assert "You are not charged again" in session.review().err.replace("\n", " ")


def test_the_task_is_found_again_without_the_state_file(open_session: Opened) -> None:
    session = open_session(engineer=canned(CLEAN))
    session.review()
    shutil.rmtree(session.clone.root / ".git" / "reviewbot")
    assert session.review().status == 0
    assert len(session.service.tasks()) == 1


def test_the_task_is_found_again_from_another_clone(open_session: Opened, tmp_path: Path) -> None:
    session = open_session(engineer=canned(CLEAN))
    session.review()
    session.clone.git("clone", "--quiet", ".", str(tmp_path / "elsewhere"))
    assert session.review("--base", "origin/main", at=tmp_path / "elsewhere").status == 0
    assert len(session.service.tasks()) == 1


def test_another_account_has_a_task_of_its_own(open_session: Opened) -> None:
    session = open_session(engineer=canned(CLEAN))
    session.review()
    session.more["CODEVF_API_KEY"] = OTHER_KEY
    result = session.review()
    assert result.status == 0
    assert "signature" not in result.out
    assert len(session.service.tasks()) == 2


def test_a_task_whose_response_was_lost_is_found_by_its_key(open_session: Opened) -> None:
    session = open_session(engineer=canned(CLEAN))
    lose_answers(session)
    assert session.review().status == 3
    session.faults.clear()
    assert session.review().status == 0
    assert len(session.service.tasks()) == 1


def test_an_answer_lost_a_day_ago_is_bought_again_only_on_request(open_session: Opened) -> None:
    session = open_session(engineer=canned(CLEAN))
    lose_answers(session)
    session.review()
    session.faults.clear()
    let_a_day_pass(session)
    result = session.review()
    assert result.status == 3
    assert "`--again`" in result.out
    assert len(session.service.tasks()) == 1
    assert session.review("--again").status == 0
    assert len(session.service.tasks()) == 2


def lose_answers(session: Session) -> None:
    """A service that records tasks but whose answer is lost."""
    session.faults.add("tasks/create", RecordedThen(None), method="POST", times=None)


def let_a_day_pass(session: Session) -> None:
    """Age the clone's state beyond the lifetime of an idempotency key."""
    page, signer = session.page(), Signer(KEY, account_number(KEY), 0, "")
    text = page.read_text(encoding="utf-8")
    ledger = decode(text, signer, edited_by_other=False).ledger
    (purchase,) = ledger.purchases
    ledger = ledger.with_purchase(replace(purchase, submitted_at="2026-01-01T00:00:00+00:00"))
    page.write_text(replace_ledger(text, encode(ledger, signer)), encoding="utf-8")


def test_the_option_again_buys_another_review(open_session: Opened) -> None:
    session = open_session(engineer=canned(CLEAN))
    session.review()
    assert session.review("--again").status == 0
    assert len(session.service.tasks()) == 2


def test_more_commits_buy_what_is_new_and_keep_what_is_open(open_session: Opened) -> None:
    session = open_session()
    session.review()
    session.clone.commit({"more.py": "more = 1\n"})
    result = session.review()
    last = session.service.tasks()[-1].request
    assert "conversation.md" in [one.file_name for one in last.attachments]
    assert result.status == 1
    assert "carried" in result.out


def test_a_task_without_an_answer_is_reported_and_bought_again_by_the_next_call(open_session: Opened) -> None:
    session = open_session(life=TaskLife(0, 0, end=End.FAILED))
    result = session.review()
    assert result.status == 3
    assert "without a result" in result.out
    assert session.review().status == 3
    assert len(session.service.tasks()) == 2


def test_an_ended_wait_says_how_to_continue(open_session: Opened) -> None:
    session = open_session(life=NEVER_DONE)
    result = session.review("--wait-minutes", "0", "--base", "main", "--mode", "standard")
    assert result.status == 1
    assert "not finished yet\n" in result.out
    command = result.err.splitlines()[-1].strip()
    assert command.startswith("reviewbot review --base main --head topic --mode standard --codevf-url http")
    session.call(*command.split()[1:], "--wait-minutes", "0")
    assert len(session.service.tasks()) == 1


def test_without_a_key_nothing_is_sent_and_the_free_reviewer_is_suggested(open_session: Opened) -> None:
    session = open_session()
    session.more["CODEVF_API_KEY"] = ""
    result = session.review()
    assert result.status == 3
    assert "reviewbot review --reviewer local" in " ".join(result.out.split())
    assert not session.faults.log


def test_a_dry_run_needs_no_approval(open_session: Opened) -> None:
    session = open_session()
    session.more["CODEVF_API_KEY"] = ""
    result = session.review("--dry-run", "--mode", "standard")
    assert result.status == 0
    assert "Would be sent: 2 files" in result.out
    assert "The review would reserve 240 credits." in result.out
    assert not session.faults.log


# --- What is sent -----------------------------------------------------------------------------------------------------


def test_a_secret_is_not_sent_and_that_is_reported(open_session: Opened) -> None:
    session = open_session(engineer=canned(CLEAN))
    session.clone.commit(
        {
            "settings.py": f'"""Where the counter listens."""\n\nTOKEN = "{GHP}"\nHOST = "localhost"\n',
            ".env": f"TOKEN={GHP}\n",
        },
        f"Use {GHP}",
    )
    result = session.review()
    (task,) = session.service.tasks()
    assert GHP not in task.request.prompt + "".join(one.content for one in task.request.attachments)
    assert "1 secret redacted. Held back: 1 file." in " ".join(result.out.split())
    assert "- .env: looks like a file with secrets" in result.out
    assert GHP not in result.out + result.err + session.page().read_text(encoding="utf-8")


def test_settings_come_from_the_base_and_never_from_the_branch(open_session: Opened) -> None:
    session = open_session(base={".github/reviewbot.yml": "fail-on: never\n"})
    session.clone.commit({".github/reviewbot.yml": "fail-on: info\npaths: ['!**']\n"})
    result = session.review("--format", "json")
    assert result.status == 0
    assert [one["path"] for one in result.report["manifest"]["sent"]] == [
        ".github/reviewbot.yml",
        "app.py",
        "risky.py",
    ]


def test_a_base_with_the_local_reviewer_needs_no_reviewer_option(open_session: Opened) -> None:
    session = open_session(base={".github/reviewbot.yml": "reviewer: local\n"})
    assert session.review().status == 1
    assert session.review("--staged").status == 0
    assert not session.faults.log
    assert [one.name for one in (session.clone.root / ".git" / "reviewbot").iterdir()] == ["last-review.json"]


def test_a_work_tree_beside_the_clone_shares_its_state(open_session: Opened, tmp_path: Path) -> None:
    session = open_session(engineer=canned(CLEAN))
    session.review()
    session.clone.git("checkout", "--quiet", "main")
    session.clone.git("worktree", "add", "--quiet", str(tmp_path / "beside"), "topic")
    (tmp_path / "beside" / "deep").mkdir()
    result = session.review("--quiet", at=tmp_path / "beside" / "deep")
    assert (result.status, result.err) == (0, "")
    assert len(session.service.tasks()) == 1
    assert session.page().is_file()


def test_a_shallow_clone_is_reviewed_and_reported(open_session: Opened, tmp_path: Path) -> None:
    session = open_session(engineer=canned(CLEAN))
    whole = f"file://{session.clone.root}"
    session.clone.git("clone", "--quiet", "--depth=1", "--no-single-branch", whole, str(tmp_path / "shallow"))
    result = session.review("--base", "origin/main", at=tmp_path / "shallow")
    assert result.status == 2
    assert "Run: git fetch --unshallow" in result.err


def test_attributes_of_the_branch_hide_no_line(open_session: Opened) -> None:
    session = open_session(engineer=canned(CLEAN))
    session.clone.commit({".gitattributes": "*.py -diff linguist-generated\n"})
    session.clone.write({".git/info/attributes": "*.py -diff\n"})
    session.review()
    (task,) = session.service.tasks()
    assert "+    os.system(command)" in task.request.attachments[0].content


def test_no_program_of_the_clones_configuration_is_run(open_session: Opened, tmp_path: Path) -> None:
    session = open_session(engineer=canned(CLEAN))
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n", encoding="utf-8")
    trap.chmod(0o755)
    traps = {
        "core.fsmonitor": str(trap),
        "core.hooksPath": str(tmp_path),
        "diff.external": str(trap),
        "diff.trap.textconv": str(trap),
        "diff.trap.command": str(trap),
        "gpg.program": str(trap),
        "log.showSignature": "true",
        "core.pager": str(trap),
        "core.sshCommand": str(trap),
        "filter.trap.clean": str(trap),
        "filter.trap.process": str(trap),
    }
    for name, value in traps.items():
        session.clone.git("config", name, value)
    trapped = "* diff=trap filter=trap\n"
    session.clone.write({".git/info/attributes": trapped, ".gitattributes": trapped, "app.py": "draft = 1\n"})
    result = session.review()
    assert (result.status, "uncommitted changes in 1 file" in result.err) == (0, True)
    assert session.review("--staged", "--reviewer", "local", "--quiet").status == 0
    assert not (tmp_path / "sprung").exists()


def test_uncommitted_changes_are_not_reviewed(open_session: Opened) -> None:
    session = open_session(engineer=canned(CLEAN))
    session.clone.write({"draft.py": "draft = 1\n", "app.py": "draft = 1\n"})
    report = session.review("--format", "json").report
    assert [one["path"] for one in report["manifest"]["sent"]] == ["app.py", "risky.py"]
    assert "draft" not in session.service.tasks()[0].request.attachments[0].content


def test_uncommitted_files_are_reported_as_not_reviewed(open_session: Opened) -> None:
    session = open_session(engineer=canned(CLEAN))
    assert "uncommitted changes" not in session.review().err
    session.clone.write({"draft.py": "draft = 1\n", "app.py": "draft = 1\n"})
    session.clone.git("add", "draft.py")
    words = " ".join(session.review().err.split())
    assert (
        "This review does not include uncommitted changes in 2 files. Commit them, or `git add` them and run:" in words
    )
    assert "reviewbot review --staged --reviewer local" in words
    assert "uncommitted changes" not in session.review("--head", "main", "--base", "main").err


def test_fixes_come_with_the_commands_that_apply_them(open_session: Opened) -> None:
    session = open_session()
    result = session.review("--base", "main")
    last = result.err.splitlines()[-1]
    assert last == "1 fix available. Run `reviewbot apply` (`--check` shows the patch)."
    assert "+value_3 = 3.0\n" in session.call("apply", "--check").out
    assert session.call("apply").status == 0
    assert "value_3 = 3.0\n" in (session.clone.root / "app.py").read_text(encoding="utf-8")
    assert len(session.service.tasks()) == 1


def test_a_branch_without_changes_needs_no_review(open_session: Opened) -> None:
    session = open_session()
    result = session.review("--base", "topic")
    assert result.status == 0
    assert result.out.startswith("\nNothing to review in this change\n")
    assert (
        "reviewbot cannot compare `topic` with itself. Check out a branch, or use --base REF or --staged."
        in " ".join(result.err.split())
    )
    staged = session.review("--staged", "--reviewer", "local")
    assert "No changes are staged. Stage the files first: git add FILE" in staged.err
    assert not session.faults.log


def test_each_work_tree_has_its_own_last_review(open_session: Opened, tmp_path: Path) -> None:
    session = open_session()
    assert "no stored review of this work tree" in refused(session.call("apply"))
    session.review("--base", "main", "--quiet")
    session.clone.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "beside"))
    assert "no stored review of this work tree" in refused(session.call("apply", at=tmp_path / "beside"))
    (identifier,) = [
        one["id"] for one in session.review("--format", "json").report["findings"] if one["path"] == "app.py"
    ]
    assert f"at least its first 4 hex digits. Findings with a fix: {identifier}." in refused(
        session.call("apply", "dead")
    )
    result = session.call("apply", identifier[:4])
    head = session.clone.git("rev-parse", "HEAD")[:7]
    assert (result.status, result.err) == (
        0,
        f"Last review, of commit {head}:\nApplied {identifier} to app.py.\n",
    )


@pytest.mark.parametrize("options", ["", " --reviewer local"])
def test_the_last_review_of_something_else_is_named(open_session: Opened, options: str) -> None:
    """With the command to review what is checked out by the same reviewer, since another may cost money."""
    session = open_session()
    session.review("--base", "main", "--quiet", *options.split())
    session.clone.git("checkout", "--quiet", "main")
    assert (
        f", which is not on this branch (to review this branch, run: reviewbot review{options}):\n"
        in session.call("apply", "--check").err
    )
    session.clone.write({"app.py": "x = eval(input())\n"})
    session.clone.git("add", "app.py")
    session.review("--staged", "--reviewer", "local", "--quiet")
    assert session.call("apply", "--check").err.startswith("Last review, of staged changes:\n")


def test_a_review_without_an_answer_keeps_the_last_one(open_session: Opened) -> None:
    session = open_session()
    session.review()
    kept = session.clone.root / ".git" / "reviewbot" / "last-review.json"
    before = kept.read_text(encoding="utf-8")
    assert (kept.stat().st_mode & 0o777, KEY in before) == (0o600, False)
    session.more["CODEVF_API_KEY"] = ""
    assert session.review("--head", "topic~0", "--mode", "standard").status == 3
    assert kept.read_text(encoding="utf-8") == before


def test_a_review_that_cannot_be_stored_is_shown(open_session: Opened) -> None:
    session = open_session()
    (session.clone.root / ".git" / "reviewbot").write_text("", encoding="utf-8")
    result = session.review("--reviewer", "local", "--fail-on", "never")
    assert result.status == 0
    assert "os.system" in result.out
    assert "cannot store the review in" in " ".join(result.err.split())
    assert "reviewbot apply" not in result.err


def test_no_review_is_bought_that_cannot_be_stored(open_session: Opened) -> None:
    session = open_session()
    (session.clone.root / ".git" / "reviewbot").write_text("", encoding="utf-8")
    result = session.review()
    assert (result.status, session.service.tasks()) == (3, ())
    said = " ".join(result.out.split())
    assert "reviewbot cannot store the review in" in said
    assert "Make the folder writable. reviewbot does not buy a review that it cannot record." in said


# --- What is staged ---------------------------------------------------------------------------------------------------


def test_staged_changes_are_reviewed_as_staged(open_session: Opened) -> None:
    session = open_session()
    session.clone.write({"new.py": "import os\n\nos.system(input())\n"})
    session.clone.git("add", "new.py")
    session.clone.write({"new.py": "pass\n"})
    result = session.call("review", "--staged", "--reviewer", "local", "--quiet")
    assert result.status == 1
    assert "new.py:3  critical security  blocks" in result.out
    assert "risky.py" not in result.out
    assert not result.err
    short = session.call("review", "--staged", "--reviewer", "local", "--quiet", "--format", "short")
    assert short.out.startswith("new.py:3: critical: ")
    assert "1 finding blocks" in short.err


def test_the_first_commit_can_be_reviewed_before_it_is_made(open_session: Opened, tmp_path: Path) -> None:
    session = open_session()
    fresh = Clone(tmp_path / "fresh")
    fresh.git("init", "--quiet")
    fresh.write({"new.py": "import os\n\nos.system(input())\n"})
    fresh.git("add", "new.py")
    assert session.call("review", "--staged", "--reviewer", "local", at=fresh.root).status == 1


def test_a_hook_of_a_partial_commit_reviews_what_that_commit_contains(open_session: Opened, tmp_path: Path) -> None:
    session = open_session()
    session.clone.write({"new.py": "import os\n\nos.system(input())\n"})
    index = tmp_path / "next-index"
    shutil.copy(session.clone.root / ".git" / "index", index)
    session.clone.git("-c", "alias.with=!GIT_INDEX_FILE=$1 git add new.py #", "with", str(index))
    session.more["GIT_INDEX_FILE"] = str(index)
    assert session.call("review", "--staged", "--reviewer", "local").status == 1
    assert session.clone.git("diff", "--cached", "--name-only") == ""


# --- Formats ----------------------------------------------------------------------------------------------------------


def test_every_format_is_written_to_stdout_and_progress_to_stderr(open_session: Opened) -> None:
    session = open_session()
    result = {one: session.review("--format", one) for one in ("json", "sarif", "rdjson", "markdown", "github")}
    assert {one.status for one in result.values()} == {1}
    assert all("1 of 2 findings blocks\n" in one.err for one in result.values())
    assert len(result["json"].report["findings"]) == 2
    assert len(json.loads(result["sarif"].out)["runs"][0]["results"]) == 2
    assert len(json.loads(result["rdjson"].out)["diagnostics"]) == 2
    assert result["markdown"].out.startswith("## ")
    assert result["github"].out.splitlines()[0].startswith("::error file=risky.py,line=5,")
    assert len(session.service.tasks()) == 1


def test_the_short_format_has_one_line_for_each_finding(open_session: Opened) -> None:
    result = open_session().review("--format", "short")
    assert result.status == 1
    first, second = result.out.splitlines()
    assert re.fullmatch(r"risky\.py:5: critical: A shell runs it \[[0-9a-f]{10}\]", first)
    assert re.fullmatch(r"app\.py:3: low: A better value \[[0-9a-f]{10}\]", second)


def test_a_findings_format_is_not_written_without_an_answer(open_session: Opened) -> None:
    session = open_session()
    session.more["CODEVF_API_KEY"] = ""
    for name in ("sarif", "rdjson", "github"):
        result = session.review("--format", name)
        assert (result.status, result.out) == (3, "")
        assert "no CodeVF API key" in result.err
    assert session.review("--format", "json").report["outcome"]["reason"] == "no-key"


def test_quiet_prints_nothing_without_findings(open_session: Opened) -> None:
    session = open_session(engineer=canned(CLEAN))
    result = session.review("--quiet")
    assert (result.status, result.out, result.err) == (0, "", "")


# --- Invalid values ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--base", "nowhere"), "--base: `nowhere` is not a commit in this clone."),
        (("--base", "-x"), "--base: a value is missing"),
        (("--head", "v9\x1b[2J"), "`v9⟨U+001B⟩[2J` is not a commit in this clone."),
        (("--staged",), "--staged: a paid review can take hours"),
        (("--staged", "--reviewer", "local", "--base", "main"), "Remove --base and --head."),
        (("--pr", "1", "--head", "topic"), "--pr: cannot be combined with --base, --head or --staged"),
        (("--repo", "acme/shop"), "--repo: requires --pr"),
        (("--pr", "1"), "--repo: this clone has no remote `origin` that points to a hosted repository"),
        (("--pr", "1", "--repo", "shop"), "--repo: expected OWNER/NAME, got `shop`"),
        (("--pr", "1", "--repo", "a/b"), "--pr: reading a pull request needs a token"),
    ],
)
def test_conflicting_options_are_reported_before_anything_is_done(
    open_session: Opened, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    session = open_session()
    session.more["GITHUB_TOKEN"] = "" if "a/b" in arguments else "ghp_desk"
    try:
        text = refused(session.review(*arguments))
    except SystemExit:
        text = capsys.readouterr().err
    assert message in text
    assert not session.faults.log


def test_all_invalid_settings_are_reported_at_once(open_session: Opened) -> None:
    result = open_session().review("--max-credits", "many", "--wait-minutes", "999")
    assert result.status == 2
    assert "--max-credits: invalid value `many`" in result.err
    assert "--wait-minutes: invalid value `999`" in result.err


def test_outside_a_clone_there_is_nothing_to_review(open_session: Opened, tmp_path: Path) -> None:
    assert "is not inside a git repository" in refused(open_session().review(at=tmp_path))


# --- Unreadable files -------------------------------------------------------------------------------------------------


def test_a_binary_alone_is_nothing_to_review_and_no_failure(open_session: Opened) -> None:
    session = open_session()
    session.clone.git("checkout", "--quiet", "-b", "blob", "main")
    session.clone.commit({"blob.bin": b"\0\1\2"})
    result = session.review("--reviewer", "local", "--fail-on", "never")
    assert result.status == 0
    assert "Nothing to review in this change\n" in result.out
    assert "blob.bin: binary, without readable text; no action needed." in result.out
    assert "NOT REVIEWED" not in result.out


def test_a_file_that_is_not_utf_8_is_reported_and_the_counts_add_up(open_session: Opened) -> None:
    session = open_session()
    session.clone.git("checkout", "--quiet", "-b", "latin", "main")
    latin = "# Größe\nsize = 1\n".encode("latin-1")
    session.clone.commit({"latin.py": latin, "a.py": "x = 1\n", "b.py": "y = 1\n"})
    result = session.review("--reviewer", "local")
    out = " ".join(result.out.split())
    assert result.status == 3
    assert "1 selected file was not fully reviewed" in out
    assert re.search(r"^  reviewbot review --base main --head latin .*--paths '!latin.py'$", result.out, re.MULTILINE)
    assert "- latin.py: not UTF-8 (line 1 has the byte 0xF6; save it as UTF-8)" in out
    assert "Selected: 3 files" in out
    assert "Checked the added lines of 2 of 3 files" in out
    assert "syntax" not in out


def test_where_nothing_can_be_reviewed_the_options_to_paste_are_on_one_line(open_session: Opened) -> None:
    session, path = open_session(), "build/a rather long folder name/and a file with a name that is long/blob tool"
    session.clone.git("checkout", "--quiet", "-b", "blob", "main")
    session.clone.commit({path: b"#!/bin/sh\n\0"})
    result = session.review("--reviewer", "local")
    assert result.status == 3
    [command] = [line for line in result.out.splitlines() if line.startswith("  reviewbot review --base main")]
    assert command.endswith(f" --paths '!{path}'")
    assert "paths:" not in result.out


def test_a_file_that_is_too_large_is_reported_with_its_size_the_limit_and_the_pattern(open_session: Opened) -> None:
    session = open_session(base={"assets/big.json": "[]\n"})
    session.clone.git("checkout", "--quiet", "-b", "large", "main")
    session.clone.commit({"assets/big.json": '"some words of a list",\n' * 250_000, "a.py": "x = 1\n"})
    result = session.review("--reviewer", "local")
    out = " ".join(result.out.split())
    assert result.status == 3
    assert "- assets/big.json: too large (6.0 MB; the limit is 5.2 MB)" in out
    assert "--paths '!assets/big.json'" in out
    assert "service" not in out
