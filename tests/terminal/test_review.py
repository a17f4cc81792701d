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
from tests.terminal.ground import CLEAN, KEY, OTHER_KEY, Clone, Desk, Said

NEVER_DONE = TaskLife(pending=1e6)


def refused(said: Said) -> str:
    """Return the messages of a run that does nothing."""
    assert (said.status, said.out) == (2, "")
    return said.err


# --- Bought once ------------------------------------------------------------------------------------------------------


def test_a_branch_is_reviewed_and_blocking_findings_set_the_exit_status(sit: Opened) -> None:
    desk = sit()
    said = desk.review()
    assert said.status == 1
    assert "risky.py:5  critical correctness  blocks" in said.out
    assert "1 of 2 findings blocks\n" in said.out
    assert "This review would hold 360 credits; 10,000 are available." in said.err
    open_gate = desk.review("--fail-on", "never")
    assert open_gate.status == 0
    assert "2 findings, none blocking\n" in open_gate.out


def test_a_finding_has_a_link_once_its_commit_is_pushed(sit: Opened) -> None:
    desk = sit()
    desk.clone.git("remote", "add", "origin", "http://localhost:8080/acme/shop.git")
    before = desk.review("--format", "json").report["findings"]
    head = desk.clone.git("rev-parse", "HEAD")
    desk.clone.git("update-ref", "refs/remotes/origin/topic", head)
    after = desk.review("--format", "json").report["findings"]
    assert [one["blobUrl"] for one in before] == [None, None]
    assert after[0]["blobUrl"] == f"http://localhost:8080/acme/shop/blob/{head}/risky.py#L5"


def test_the_same_change_is_bought_once(sit: Opened) -> None:
    desk = sit(engineer=canned(CLEAN))
    assert (desk.review().status, desk.review("--head", "topic").status) == (0, 0)
    assert len(desk.service.tasks()) == 1
    assert "nothing is paid again" in desk.review().err.replace("\n", " ")


def test_the_task_is_found_again_without_the_memory(sit: Opened) -> None:
    desk = sit(engineer=canned(CLEAN))
    desk.review()
    shutil.rmtree(desk.clone.root / ".git" / "reviewbot")
    assert desk.review().status == 0
    assert len(desk.service.tasks()) == 1


def test_the_task_is_found_again_from_another_clone(sit: Opened, tmp_path: Path) -> None:
    desk = sit(engineer=canned(CLEAN))
    desk.review()
    desk.clone.git("clone", "--quiet", ".", str(tmp_path / "elsewhere"))
    assert desk.review("--base", "origin/main", at=tmp_path / "elsewhere").status == 0
    assert len(desk.service.tasks()) == 1


def test_another_account_has_a_task_of_its_own(sit: Opened) -> None:
    desk = sit(engineer=canned(CLEAN))
    desk.review()
    desk.more["CODEVF_API_KEY"] = OTHER_KEY
    said = desk.review()
    assert said.status == 0
    assert "signature" not in said.out
    assert len(desk.service.tasks()) == 2


def test_a_lost_answer_is_found_out_by_the_same_key(sit: Opened) -> None:
    desk = sit(engineer=canned(CLEAN))
    lose_answers(desk)
    assert desk.review().status == 3
    desk.faults.clear()
    assert desk.review().status == 0
    assert len(desk.service.tasks()) == 1


def test_an_answer_lost_a_day_ago_is_bought_again_only_on_request(sit: Opened) -> None:
    desk = sit(engineer=canned(CLEAN))
    lose_answers(desk)
    desk.review()
    desk.faults.clear()
    let_a_day_pass(desk)
    said = desk.review()
    assert said.status == 3
    assert "`--again`" in said.out
    assert len(desk.service.tasks()) == 1
    assert desk.review("--again").status == 0
    assert len(desk.service.tasks()) == 2


def lose_answers(desk: Desk) -> None:
    """A service that records tasks but whose answer is lost."""
    desk.faults.add("tasks/create", RecordedThen(None), method="POST", times=None)


def let_a_day_pass(desk: Desk) -> None:
    """Age the clone's state beyond the lifetime of an idempotency key."""
    page, signer = desk.page(), Signer(KEY, account_number(KEY), 0, "")
    text = page.read_text(encoding="utf-8")
    ledger = decode(text, signer, edited_by_other=False).ledger
    (purchase,) = ledger.purchases
    ledger = ledger.with_purchase(replace(purchase, submitted_at="2026-01-01T00:00:00+00:00"))
    page.write_text(replace_ledger(text, encode(ledger, signer)), encoding="utf-8")


def test_again_buys_another(sit: Opened) -> None:
    desk = sit(engineer=canned(CLEAN))
    desk.review()
    assert desk.review("--again").status == 0
    assert len(desk.service.tasks()) == 2


def test_more_commits_buy_what_is_new_and_keep_what_is_open(sit: Opened) -> None:
    desk = sit()
    desk.review()
    desk.clone.commit({"more.py": "more = 1\n"})
    said = desk.review()
    last = desk.service.tasks()[-1].request
    assert "conversation.md" in [one.file_name for one in last.attachments]
    assert said.status == 1
    assert "carried" in said.out


def test_a_task_without_an_answer_is_reported_and_bought_again_by_the_next_call(sit: Opened) -> None:
    desk = sit(life=TaskLife(0, 0, end=End.FAILED))
    said = desk.review()
    assert said.status == 3
    assert "without a result" in said.out
    assert desk.review().status == 3
    assert len(desk.service.tasks()) == 2


def test_an_ended_wait_says_how_to_continue(sit: Opened) -> None:
    desk = sit(life=NEVER_DONE)
    said = desk.review("--wait-minutes", "0", "--base", "main", "--mode", "standard")
    assert said.status == 1
    assert "not finished yet\n" in said.out
    command = said.err.splitlines()[-1].strip()
    assert command.startswith("reviewbot review --base main --head topic --mode standard --codevf-url http")
    desk.call(*command.split()[1:], "--wait-minutes", "0")
    assert len(desk.service.tasks()) == 1


def test_without_a_key_nothing_is_sent_and_the_free_reviewer_is_suggested(sit: Opened) -> None:
    desk = sit()
    desk.more["CODEVF_API_KEY"] = ""
    said = desk.review()
    assert said.status == 3
    assert "reviewbot review --reviewer local" in " ".join(said.out.split())
    assert not desk.faults.log


def test_a_dry_run_needs_no_approval(sit: Opened) -> None:
    desk = sit()
    desk.more["CODEVF_API_KEY"] = ""
    said = desk.review("--dry-run", "--mode", "standard")
    assert said.status == 0
    assert "Would be sent: 2 files" in said.out
    assert "It would hold 240 credits." in said.out
    assert not desk.faults.log


# --- What is sent -----------------------------------------------------------------------------------------------------


def test_a_secret_is_not_sent_and_that_is_reported(sit: Opened) -> None:
    desk = sit(engineer=canned(CLEAN))
    desk.clone.commit(
        {
            "settings.py": f'"""Where the counter listens."""\n\nTOKEN = "{GHP}"\nHOST = "localhost"\n',
            ".env": f"TOKEN={GHP}\n",
        },
        f"Use {GHP}",
    )
    said = desk.review()
    (task,) = desk.service.tasks()
    assert GHP not in task.request.prompt + "".join(one.content for one in task.request.attachments)
    assert "1 secret redacted. Held back: 1 file." in " ".join(said.out.split())
    assert "- .env: looks like a file with secrets" in said.out
    assert GHP not in said.out + said.err + desk.page().read_text(encoding="utf-8")


def test_settings_come_from_the_base_and_never_from_the_branch(sit: Opened) -> None:
    desk = sit(base={".github/reviewbot.yml": "fail-on: never\n"})
    desk.clone.commit({".github/reviewbot.yml": "fail-on: info\npaths: ['!**']\n"})
    said = desk.review("--format", "json")
    assert said.status == 0
    assert [one["path"] for one in said.report["manifest"]["sent"]] == [
        ".github/reviewbot.yml",
        "app.py",
        "risky.py",
    ]


def test_a_base_with_the_local_reviewer_needs_no_reviewer_option(sit: Opened) -> None:
    desk = sit(base={".github/reviewbot.yml": "reviewer: local\n"})
    assert desk.review().status == 1
    assert desk.review("--staged").status == 0
    assert not desk.faults.log
    assert [one.name for one in (desk.clone.root / ".git" / "reviewbot").iterdir()] == ["last-review.json"]


def test_a_work_tree_beside_the_clone_shares_its_memory(sit: Opened, tmp_path: Path) -> None:
    desk = sit(engineer=canned(CLEAN))
    desk.review()
    desk.clone.git("checkout", "--quiet", "main")
    desk.clone.git("worktree", "add", "--quiet", str(tmp_path / "beside"), "topic")
    (tmp_path / "beside" / "deep").mkdir()
    said = desk.review("--quiet", at=tmp_path / "beside" / "deep")
    assert (said.status, said.err) == (0, "")
    assert len(desk.service.tasks()) == 1
    assert desk.page().is_file()


def test_a_shallow_clone_is_reviewed_and_what_it_lacks_is_said(sit: Opened, tmp_path: Path) -> None:
    desk = sit(engineer=canned(CLEAN))
    whole = f"file://{desk.clone.root}"
    desk.clone.git("clone", "--quiet", "--depth=1", "--no-single-branch", whole, str(tmp_path / "shallow"))
    said = desk.review("--base", "origin/main", at=tmp_path / "shallow")
    assert said.status == 2
    assert "Run: git fetch --unshallow" in said.err


def test_attributes_of_the_branch_hide_no_line(sit: Opened) -> None:
    desk = sit(engineer=canned(CLEAN))
    desk.clone.commit({".gitattributes": "*.py -diff linguist-generated\n"})
    desk.clone.write({".git/info/attributes": "*.py -diff\n"})
    desk.review()
    (task,) = desk.service.tasks()
    assert "+    os.system(command)" in task.request.attachments[0].content


def test_nothing_that_the_clone_is_set_up_to_run_is_run(sit: Opened, tmp_path: Path) -> None:
    desk = sit(engineer=canned(CLEAN))
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
        desk.clone.git("config", name, value)
    trapped = "* diff=trap filter=trap\n"
    desk.clone.write({".git/info/attributes": trapped, ".gitattributes": trapped, "app.py": "draft = 1\n"})
    said = desk.review()
    assert (said.status, "1 file has uncommitted changes" in said.err) == (0, True)
    assert desk.review("--staged", "--reviewer", "local", "--quiet").status == 0
    assert not (tmp_path / "sprung").exists()


def test_uncommitted_changes_are_not_reviewed(sit: Opened) -> None:
    desk = sit(engineer=canned(CLEAN))
    desk.clone.write({"draft.py": "draft = 1\n", "app.py": "draft = 1\n"})
    report = desk.review("--format", "json").report
    assert [one["path"] for one in report["manifest"]["sent"]] == ["app.py", "risky.py"]
    assert "draft" not in desk.service.tasks()[0].request.attachments[0].content


def test_uncommitted_files_are_reported_as_not_reviewed(sit: Opened) -> None:
    desk = sit(engineer=canned(CLEAN))
    assert "uncommitted changes" not in desk.review().err
    desk.clone.write({"draft.py": "draft = 1\n", "app.py": "draft = 1\n"})
    desk.clone.git("add", "draft.py")
    said = " ".join(desk.review().err.split())
    assert "Not in this review: 2 files have uncommitted changes. To review what is staged:" in said
    assert "reviewbot review --staged --reviewer local" in said
    assert "uncommitted changes" not in desk.review("--head", "main", "--base", "main").err


def test_fixes_come_with_the_commands_that_apply_them(sit: Opened) -> None:
    desk = sit()
    said = desk.review("--base", "main")
    told = said.err.splitlines()[-1]
    assert told == "1 fix available: `reviewbot apply` (`--check` shows the patch)"
    assert "+value_3 = 3.0\n" in desk.call("apply", "--check").out
    assert desk.call("apply").status == 0
    assert "value_3 = 3.0\n" in (desk.clone.root / "app.py").read_text(encoding="utf-8")
    assert len(desk.service.tasks()) == 1


def test_a_branch_without_changes_needs_no_review(sit: Opened) -> None:
    desk = sit()
    said = desk.review("--base", "topic")
    assert said.status == 0
    assert said.out.startswith("\nNothing to review in this change\n")
    assert "`topic` has no commit that `topic` does not have. Commit first, or use --base REF or --staged." in " ".join(
        said.err.split()
    )
    staged = desk.review("--staged", "--reviewer", "local")
    assert "No change is staged. Stage the files first: git add FILE" in staged.err
    assert not desk.faults.log


def test_the_last_review_is_that_of_the_work_tree(sit: Opened, tmp_path: Path) -> None:
    desk = sit()
    assert "this work tree has no last review" in refused(desk.call("apply"))
    desk.review("--base", "main", "--quiet")
    desk.clone.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "beside"))
    assert "no last review" in refused(desk.call("apply", at=tmp_path / "beside"))
    (identifier,) = [one["id"] for one in desk.review("--format", "json").report["findings"] if one["path"] == "app.py"]
    assert f"at least 4 of its first characters. With a fix: {identifier}." in refused(desk.call("apply", "dead"))
    said = desk.call("apply", identifier[:4])
    head = desk.clone.git("rev-parse", "HEAD")[:7]
    assert (said.status, said.err) == (
        0,
        f"The last review, of the commit {head}:\nApplied {identifier} to app.py.\n",
    )


def test_the_last_review_of_something_else_is_named(sit: Opened) -> None:
    desk = sit()
    desk.review("--base", "main", "--quiet")
    desk.clone.git("checkout", "--quiet", "main")
    assert (
        ", which is not on this branch (to review this one: reviewbot review):\n" in desk.call("apply", "--check").err
    )
    desk.clone.write({"app.py": "x = eval(input())\n"})
    desk.clone.git("add", "app.py")
    desk.review("--staged", "--reviewer", "local", "--quiet")
    assert desk.call("apply", "--check").err.startswith("The last review, of staged changes:\n")


def test_a_review_without_an_answer_leaves_the_last_one(sit: Opened) -> None:
    desk = sit()
    desk.review()
    kept = desk.clone.root / ".git" / "reviewbot" / "last-review.json"
    before = kept.read_text(encoding="utf-8")
    assert (kept.stat().st_mode & 0o777, KEY in before) == (0o600, False)
    desk.more["CODEVF_API_KEY"] = ""
    assert desk.review("--head", "topic~0", "--mode", "standard").status == 3
    assert kept.read_text(encoding="utf-8") == before


def test_a_review_that_cannot_be_stored_is_shown(sit: Opened) -> None:
    desk = sit()
    (desk.clone.root / ".git" / "reviewbot").write_text("", encoding="utf-8")
    said = desk.review("--reviewer", "local", "--fail-on", "never")
    assert said.status == 0
    assert "os.system" in said.out
    assert "cannot be stored in" in " ".join(said.err.split())
    assert "reviewbot apply" not in said.err


# --- What is staged ---------------------------------------------------------------------------------------------------


def test_staged_changes_are_reviewed_as_staged(sit: Opened) -> None:
    desk = sit()
    desk.clone.write({"new.py": "import os\n\nos.system(input())\n"})
    desk.clone.git("add", "new.py")
    desk.clone.write({"new.py": "pass\n"})
    said = desk.call("review", "--staged", "--reviewer", "local", "--quiet")
    assert said.status == 1
    assert "new.py:3  critical security  blocks" in said.out
    assert "risky.py" not in said.out
    assert not said.err
    short = desk.call("review", "--staged", "--reviewer", "local", "--quiet", "--format", "short")
    assert short.out.startswith("new.py:3: critical: ")
    assert "1 finding blocks" in short.err


def test_the_first_commit_can_be_reviewed_before_it_is_made(sit: Opened, tmp_path: Path) -> None:
    desk = sit()
    fresh = Clone(tmp_path / "fresh")
    fresh.git("init", "--quiet")
    fresh.write({"new.py": "import os\n\nos.system(input())\n"})
    fresh.git("add", "new.py")
    assert desk.call("review", "--staged", "--reviewer", "local", at=fresh.root).status == 1


def test_a_hook_of_a_partial_commit_sees_what_that_commit_will_hold(sit: Opened, tmp_path: Path) -> None:
    desk = sit()
    desk.clone.write({"new.py": "import os\n\nos.system(input())\n"})
    index = tmp_path / "next-index"
    shutil.copy(desk.clone.root / ".git" / "index", index)
    desk.clone.git("-c", "alias.with=!GIT_INDEX_FILE=$1 git add new.py #", "with", str(index))
    desk.more["GIT_INDEX_FILE"] = str(index)
    assert desk.call("review", "--staged", "--reviewer", "local").status == 1
    assert desk.clone.git("diff", "--cached", "--name-only") == ""


# --- Formats ----------------------------------------------------------------------------------------------------------


def test_every_format_is_written_to_stdout_and_progress_to_stderr(sit: Opened) -> None:
    desk = sit()
    said = {one: desk.review("--format", one) for one in ("json", "sarif", "rdjson", "markdown", "github")}
    assert {one.status for one in said.values()} == {1}
    assert all("1 of 2 findings blocks\n" in one.err for one in said.values())
    assert len(said["json"].report["findings"]) == 2
    assert len(json.loads(said["sarif"].out)["runs"][0]["results"]) == 2
    assert len(json.loads(said["rdjson"].out)["diagnostics"]) == 2
    assert said["markdown"].out.startswith("## ")
    assert said["github"].out.splitlines()[0].startswith("::error file=risky.py,line=5,")
    assert len(desk.service.tasks()) == 1


def test_the_short_format_has_one_line_for_each_finding(sit: Opened) -> None:
    said = sit().review("--format", "short")
    assert said.status == 1
    first, second = said.out.splitlines()
    assert re.fullmatch(r"risky\.py:5: critical: A shell runs it \[[0-9a-f]{10}\]", first)
    assert re.fullmatch(r"app\.py:3: low: A better value \[[0-9a-f]{10}\]", second)


def test_a_findings_format_is_not_written_without_an_answer(sit: Opened) -> None:
    desk = sit()
    desk.more["CODEVF_API_KEY"] = ""
    for name in ("sarif", "rdjson", "github"):
        said = desk.review("--format", name)
        assert (said.status, said.out) == (3, "")
        assert "no CodeVF API key" in said.err
    assert desk.review("--format", "json").report["outcome"]["reason"] == "no-key"


def test_quiet_prints_nothing_without_findings(sit: Opened) -> None:
    desk = sit(engineer=canned(CLEAN))
    said = desk.review("--quiet")
    assert (said.status, said.out, said.err) == (0, "", "")


# --- Invalid values ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--base", "nowhere"), "--base: `nowhere` is not a commit in this clone."),
        (("--base", "-x"), "--base: a value is missing"),
        (("--head", "v9\x1b[2J"), "`v9⟨U+001B⟩[2J` is not a commit in this clone."),
        (("--staged",), "--staged: a paid review can take hours"),
        (("--staged", "--reviewer", "local", "--base", "main"), "Remove --base and --head."),
        (("--pr", "1", "--head", "topic"), "--pr: a pull request has its own base and head"),
        (("--repo", "acme/shop"), "--repo: the option is for pull requests"),
        (("--pr", "1"), "--repo: this clone has no remote `origin` that is a repository on a host"),
        (("--pr", "1", "--repo", "shop"), "--repo: `shop` is not OWNER/NAME"),
        (("--pr", "1", "--repo", "a/b"), "--pr: GITHUB_TOKEN and GH_TOKEN are empty"),
    ],
)
def test_conflicting_options_are_reported_before_anything_is_done(
    sit: Opened, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    desk = sit()
    desk.more["GITHUB_TOKEN"] = "" if "a/b" in arguments else "ghp_desk"
    try:
        text = refused(desk.review(*arguments))
    except SystemExit:
        text = capsys.readouterr().err
    assert told in text
    assert not desk.faults.log


def test_all_invalid_settings_are_reported_at_once(sit: Opened) -> None:
    said = sit().review("--max-credits", "many", "--wait-minutes", "999")
    assert said.status == 2
    assert "--max-credits: invalid value `many`" in said.err
    assert "--wait-minutes: invalid value `999`" in said.err


def test_elsewhere_than_in_a_clone_there_is_nothing_to_review(sit: Opened, tmp_path: Path) -> None:
    assert "is not inside a git repository" in refused(sit().review(at=tmp_path))


# --- Unreadable files -------------------------------------------------------------------------------------------------


def test_a_binary_alone_is_nothing_to_review_and_no_failure(sit: Opened) -> None:
    desk = sit()
    desk.clone.git("checkout", "--quiet", "-b", "blob", "main")
    desk.clone.commit({"blob.bin": b"\0\1\2"})
    said = desk.review("--reviewer", "local", "--fail-on", "never")
    assert said.status == 0
    assert "Nothing to review in this change\n" in said.out
    assert "blob.bin: It is binary, and does not look like code." in said.out
    assert "NOT REVIEWED" not in said.out


def test_a_file_that_is_not_utf_8_is_called_so_and_the_counts_add_up(sit: Opened) -> None:
    desk = sit()
    desk.clone.git("checkout", "--quiet", "-b", "latin", "main")
    latin = "# Größe\nsize = 1\n".encode("latin-1")
    desk.clone.commit({"latin.py": latin, "a.py": "x = 1\n", "b.py": "y = 1\n"})
    said = desk.review("--reviewer", "local")
    out = " ".join(said.out.split())
    assert said.status == 3
    assert "1 selected file was not fully reviewed" in out
    assert re.search(r"^  reviewbot review --base main --head latin .*--paths '!latin.py'$", said.out, re.MULTILINE)
    assert "- latin.py: not UTF-8 (save it as UTF-8)" in out
    assert "Selected: 3 files" in out
    assert "Checked the added lines of 2 of 3 files" in out
    assert "syntax" not in out


def test_where_nothing_can_be_reviewed_the_options_to_paste_are_on_one_line(sit: Opened) -> None:
    desk, path = sit(), "build/a rather long folder name/and a file with a name that is long/blob tool"
    desk.clone.git("checkout", "--quiet", "-b", "blob", "main")
    desk.clone.commit({path: b"#!/bin/sh\n\0"})
    said = desk.review("--reviewer", "local")
    assert said.status == 3
    [command] = [line for line in said.out.splitlines() if line.startswith("  reviewbot review --base main")]
    assert command.endswith(f" --paths '!{path}'")
    assert "paths:" not in said.out


def test_a_file_that_is_too_large_is_reported_with_its_size_the_limit_and_the_pattern(sit: Opened) -> None:
    desk = sit(base={"assets/big.json": "[]\n"})
    desk.clone.git("checkout", "--quiet", "-b", "large", "main")
    desk.clone.commit({"assets/big.json": '"some words of a list",\n' * 250_000, "a.py": "x = 1\n"})
    said = desk.review("--reviewer", "local")
    out = " ".join(said.out.split())
    assert said.status == 3
    assert "- assets/big.json: too large (6.0 MB; the limit is 5.2 MB)" in out
    assert "--paths '!assets/big.json'" in out
    assert "service" not in out
