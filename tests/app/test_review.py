"""A whole review: the action as a subprocess with a runner's environment, checked against GitHub's state."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from reviewbot_sandbox.codevf import Answer, Deliverables, Delivered, FreeText, JsonMessage, Structured, TaskRequest
from reviewbot_sandbox.faults import RecordedThen, Reply
from reviewbot_sandbox.github.model.records import ReviewState

from reviewbot.domain.findings.markers import review_mark
from tests.app.rig import CLEAN, REPO, Rig, answer, earlier, finding, open_rig, with_state

SHELL = finding(
    "app.py",
    12,
    severity="critical",
    category="security",
    title="A shell runs what the caller sends",
    code="os.system(command)",
    existing_code="os.system(command)\n",
    suggestion="subprocess.run([command], check=True)\n",
)


def anchors(rig: Rig) -> dict[str, tuple[str, str | None, int | None, int | None]]:
    """Map each comment's title to (path, side, first line, last line)."""
    found = {}
    for comment in rig.comments():
        at = rig.world.store.threads[comment.thread_id].anchor
        title = comment.body.splitlines()[1].rpartition(": ")[2].strip("*")
        found[title] = (at.path, at.side.value if at.line else None, at.start_line, at.line)
    return found


def test_every_finding_is_placed_at_its_code(tmp_path: Path) -> None:
    says = answer(
        SHELL,
        finding("app.py", 10, title="context"),
        finding("app.py", 30, side="LEFT", code="value_30 = 30", title="deleted"),
        finding("app.py", 11, end_line=12, title="range"),
        finding("app.py", 38, code="   11| import os", title="wrong number"),
        finding("app.py", 12, end_line=20, title="past the hunk"),
        finding("app.py", 22, title="off the diff"),
        finding("gone.py", 1, code="never there", title="quote of nothing"),
        finding("elsewhere.py", 3, title="not in the change"),
        finding("b/new file.py", 2, title="a path as in a diff"),
        finding("gone.py", 1, side="LEFT", title="in a deleted file"),
    )
    with open_rig(tmp_path, engineer=lambda _: says) as rig:
        done = rig.run()
        assert anchors(rig) == {
            "A shell runs what the caller sends": ("app.py", "RIGHT", None, 12),
            "context": ("app.py", "RIGHT", None, 10),
            "deleted": ("app.py", "LEFT", None, 30),
            "range": ("app.py", "RIGHT", 11, 12),
            "wrong number": ("app.py", "RIGHT", None, 11),
            "past the hunk": ("app.py", "RIGHT", 12, 15),
            "off the diff": ("app.py", None, None, None),
            "a path as in a diff": ("new file.py", "RIGHT", None, 2),
            "in a deleted file": ("gone.py", "LEFT", None, 1),
            "quote of nothing": ("gone.py", None, None, None),
        }
        [summary] = rig.summaries()
        assert "not in the change" in summary
        assert "at or above `fail-on: critical`" in summary
        assert "**Reviewed by** CodeVF in 1 minute." in summary
        assert all("/reviewbot waive" in one.body or "Resolve this conversation" in one.body for one in rig.comments())
        [check] = rig.checks()
        assert (check.name, check.status, check.conclusion) == ("CodeVF review", "completed", "failure")
        assert done.exit_status == 1
        assert done.outputs["verdict"] == "fail"
        assert done.outputs["reason"] == "gate"
        assert (done.outputs["findings"], done.outputs["critical"], done.outputs["posted"]) == ("11", "1", "10")


def test_a_verified_suggestion_can_be_committed(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(SHELL)) as rig:
        rig.run()
        [comment] = rig.comments()
        assert "```suggestion\nsubprocess.run([command], check=True)\n```" in comment.body


def test_a_suggestion_for_other_code_cannot_be_committed(tmp_path: Path) -> None:
    stale = {**SHELL, "existing_code": "os.system(other)\n"}
    with open_rig(tmp_path, engineer=lambda _: answer(stale)) as rig:
        rig.run()
        [comment] = rig.comments()
        assert "```suggestion" not in comment.body
        assert "subprocess.run([command], check=True)" in comment.body


def test_a_clean_review_is_green_and_says_so(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        done = rig.run()
        assert done.exit_status == 0
        assert (done.outputs["status"], done.outputs["verdict"], done.outputs["findings"]) == ("completed", "pass", "0")
        [check] = rig.checks()
        assert (check.status, check.conclusion) == ("completed", "success")
        assert not rig.comments()
        assert not rig.world.store.reviews
        assert len(rig.summaries()) == 1


def test_a_whole_first_review_takes_ten_requests(tmp_path: Path) -> None:
    findings = [finding("app.py", line, title=f"number {line}") for line in (10, 11, 12, 13)]
    with open_rig(tmp_path, engineer=lambda _: answer(*findings)) as rig:
        rig.run()
        assert len(rig.comments()) == 4
        assert len(rig.github_requests()) <= 10, rig.github_requests()


def test_a_debug_log_has_every_step_and_its_reason(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(finding("app.py", 12))) as rig:
        log = rig.run(runner={"RUNNER_DEBUG": "1"}).log
        quiet = rig.run().log
    lines = re.findall(r"::debug::(?:review|commands): (\w+) -> (\w+): (.+)", log)
    steps = [f"{phase} -> {step}" for phase, step, _ in lines]
    assert list(dict.fromkeys(steps)) == [
        "Opened -> PostOpenAnswers",
        "CaughtUp -> Finish",
        "Due -> ReadChange",
        "Ready -> OpenReviewer",
        "Pricing -> ReadTerms",
        "Priced -> FindProject",
        "Quoted -> RecordInCheckRun",
        "Intended -> CreateTask",
        "Submitted -> RecordInSummary",
        "Waiting -> PollTask",
        "Completed -> ReadResult",
        "Judged -> Refresh",
        "Publishing -> PostReview",
        "Publishing -> UpdateThreads",
        "Publishing -> ReadPosted",
        "Publishing -> WriteSummary",
        "Publishing -> WriteCheckRun",
        "Publishing -> CloseOlderChecks",
        "Published -> WriteOutput",
        "Ended -> Finish",
    ]
    page = (Path(__file__).parents[2] / "docs" / "design.md").read_text(encoding="utf-8")
    named = {(step if phase in {"Publishing", "CaughtUp"} else phase, reason) for phase, step, reason in lines}
    assert all(f"| `{name}` | {reason} |" in page for name, reason in named)
    for returned in (
        r"ReadTerms returned TermsRead \(\d+ credits\)",
        r"CreateTask returned TaskCreated \(task task_\w+ is pending\)",
        r"Refresh returned Reread \(head [0-9a-f]{7}, ledger 1\)",
        r"PollTask returned TaskRead \(task task_\w+ is completed\)",
    ):
        assert re.search(f"::debug::{returned}", log), re.findall("::debug::.* returned .*", log)
    assert "::debug::reviewed: status completed, verdict pass" in log
    assert " -> " not in quiet


def test_a_debug_log_has_the_error_that_a_step_returned(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        log = rig.run(runner={"RUNNER_DEBUG": "1"}, expertise="alchemy").log
    assert re.search(r"::debug::ReadTerms returned Failed \(ServiceRefused: .+ `alchemy`\.\)", log)


def test_the_same_change_is_never_bought_or_reported_twice(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(SHELL, finding("app.py", 22, title="off the diff"))) as rig:
        rig.run()
        before = (rig.summaries(), [one.body for one in rig.comments()], rig.checks())
        done = rig.run()
        assert len(rig.service.tasks()) == 1
        assert (rig.summaries(), [one.body for one in rig.comments()], rig.checks()) == before
        assert done.exit_status == 1
        assert (done.outputs["posted"], done.outputs["new"]) == ("0", "2")


def test_a_comment_that_a_person_deleted_is_not_posted_again(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(SHELL)) as rig:
        rig.run()
        rig.world.delete_comment(rig.comments()[0].id)
        done = rig.run()
        assert not rig.comments()
        assert done.exit_status == 1, "a deleted comment still blocks"


def test_a_new_push_is_a_new_purchase_in_the_same_summary(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(SHELL)) as rig:
        rig.run()
        rig.world.push(REPO, "topic", {"extra.py": "x = 1\n"}, author="mona")
        done = rig.run()
        assert len(rig.service.tasks()) == 2
        assert len(rig.summaries()) == 1
        assert len(rig.comments()) == 1, "the finding has a comment already"
        assert done.outputs["new"] == "0"


def test_a_rebase_that_changes_nothing_buys_nothing(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(SHELL)) as rig:
        rig.run()
        rig.world.push(REPO, "topic", {}, message="Empty", author="mona")
        done = rig.run()
        assert len(rig.service.tasks()) == 1
        [check] = rig.checks()
        assert check.conclusion == "failure", "the new head has the verdict"
        assert done.outputs["reviewed-sha"] == rig.world.pull(REPO, 1).head_sha


def test_json_in_a_message_is_read(tmp_path: Path) -> None:
    inner: dict[str, Any] = {"summary": "Inside.", "files": [{"path": "app.py", "findings": [{**SHELL}]}]}
    says = JsonMessage(inner, fenced=True, before="Here you go:\n", after="\nBye.")
    with open_rig(tmp_path, engineer=lambda _: says) as rig:
        assert rig.run().outputs["critical"] == "1"


def test_an_answer_in_a_deliverable_is_read(tmp_path: Path) -> None:
    inner: dict[str, Any] = {"summary": "Inside.", "files": [{"path": "app.py", "findings": [{**SHELL}]}]}
    files = (Delivered("review.json", json.dumps(inner).encode(), "application/json"),)
    with open_rig(tmp_path, engineer=lambda _: Deliverables(files, "See the file.")) as rig:
        done = rig.run()
        assert done.outputs["critical"] == "1"
        assert "See the file." in rig.summaries()[0]


def test_a_purchase_whose_response_is_lost_and_whose_retry_is_refused_is_made_once(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer({**SHELL, "path": "app.py"})) as rig:
        rig.codevf_faults.add("/tasks/create", RecordedThen(504), method="POST", nth=1, times=1)
        rig.codevf_faults.add("/tasks/create", Reply(403, body=b"{}"), method="POST", nth=2, times=1)
        assert rig.run().outputs["reason"] == "unreachable"
        assert rig.run(payload=rig.event("synchronize")).outputs["critical"] == "1"
        assert len(rig.service.tasks()) == 1


def test_free_text_is_shown_whole_and_is_never_green(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: FreeText("Line 12 worries me.\nBut I like the rest.")) as rig:
        done = rig.run()
        assert done.exit_status == 3
        assert (done.outputs["verdict"], done.outputs["reason"]) == ("none", "unreadable")
        assert rig.checks()[0].conclusion == "action_required"
        assert "Line 12 worries me." in rig.summaries()[0]
        assert "But I like the rest." in rig.summaries()[0]


def test_malformed_parts_are_kept_and_the_rest_is_used(tmp_path: Path) -> None:
    broken = Structured({"summary": "", "files": [{"path": "app.py", "findings": [{**SHELL}, {"oops": 1}, "text"]}]})
    with open_rig(tmp_path, engineer=lambda _: broken) as rig:
        done = rig.run()
        assert done.exit_status == 3
        assert (done.outputs["verdict"], done.outputs["critical"]) == ("fail", "1")
        assert len(rig.comments()) == 1
        assert "oops" in rig.summaries()[0]


def test_an_unrated_finding_blocks(tmp_path: Path) -> None:
    odd = finding("app.py", 11, severity="catastrophic")
    with open_rig(tmp_path, engineer=lambda _: answer(odd)) as rig:
        done = rig.run()
        assert (done.exit_status, done.outputs["unrated"]) == (1, "1")
        assert rig.run(fail_on="never").exit_status == 1, "the settings at submission apply"


def test_fail_on_never_does_not_block(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(SHELL)) as rig:
        done = rig.run(fail_on="never")
        assert (done.exit_status, done.outputs["verdict"]) == (0, "pass")
        assert len(rig.comments()) == 1


def test_severities_below_the_threshold_are_listed_in_the_summary(tmp_path: Path) -> None:
    quiet = finding("app.py", 11, severity="low", title="whispered")
    with open_rig(tmp_path, engineer=lambda _: answer(SHELL, quiet)) as rig:
        rig.run(comment_from="medium")
        assert len(rig.comments()) == 1
        assert "whispered" in rig.summaries()[0]


def test_the_report_file_holds_the_findings_and_the_manifest(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(SHELL)) as rig:
        done = rig.run(json_file="out/report.json")
        report = json.loads((done.workspace / "out/report.json").read_text(encoding="utf-8"))
        assert done.outputs["json-file"] == "out/report.json"
        assert [one["title"] for one in report["findings"]] == ["A shell runs what the caller sends"]
        assert report["findings"][0]["commentUrl"] == next(iter(urls(rig)))
        assert {one["path"] for one in report["manifest"]["sent"]} == {"app.py", "gone.py", "new file.py"}
        assert all(len(one["sha256"]) == 64 for one in report["manifest"]["sent"])


def urls(rig: Rig) -> set[str]:
    """Return the URLs of the review comments."""
    return {f"{rig.github_url}/{REPO}/pull/1#discussion_r{one.id}" for one in rig.comments()}


def test_the_summary_links_to_every_comment(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(SHELL, finding("app.py", 22, title="off the diff"))) as rig:
        done = rig.run()
        assert len(urls(rig)) == 2
        assert all(url in rig.summaries()[0] for url in urls(rig))
        assert done.outputs["summary-url"].startswith(f"{rig.github_url}/{REPO}/pull/1#issuecomment-")


def test_the_check_lists_all_findings_if_there_are_more_than_its_fifty_annotations(tmp_path: Path) -> None:
    many = [finding("app.py", 12, severity="low", title=f"number {index}") for index in range(75)]
    worst = finding("app.py", 12, severity="critical", title="the worst")
    with open_rig(tmp_path, engineer=lambda _: answer(*many, worst)) as rig:
        done = rig.run(max_comments="10")
        [check] = rig.checks()
        assert len(check.output.annotations) == 50
        assert check.output.annotations[0].title.endswith("the worst")
        listed = check.output.summary or ""
        assert all(f"number {index}" in listed for index in range(75))
        assert done.outputs["findings"] == "76"
        assert "1 of 76 findings blocks" in rig.summaries()[0]


def test_the_diff_and_numbered_files_are_sent(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        rig.run()
        [sent] = [one.body for one in rig.codevf_faults.log if one.target.endswith("tasks/create")]
        assert isinstance(sent, dict)
        names = [one["fileName"] for one in sent["attachments"]]
        assert names == ["change.diff", "app.py", "new_file.py", "context.md"]
        assert '=== "new file.py" (2 lines)\n   1| def track(parcel):\n' in sent["attachments"][2]["content"]
        assert 10 <= len(sent["prompt"]) <= 10_000
        assert sent["metadata"]["pullRequest"] == 1
        assert sent["idempotencyKey"][14] == "4"
        assert sent["responseSchema"]["required"] == ["summary", "files"]


def sent_by(rig: Rig) -> dict[str, Any]:
    """Return the body of the only task that was created."""
    [sent] = [one.body for one in rig.codevf_faults.log if one.target.endswith("tasks/create")]
    assert isinstance(sent, dict)
    return sent


def test_up_to_four_files_are_sent_under_their_own_names(tmp_path: Path) -> None:
    more = {"lib/app.py": "x = 1\n", "change.diff": "diff --git a/x b/x\n", "new file.py": None}
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        rig.world.push(REPO, "topic", more, author="mona")
        done = rig.run(json_file="report.json")
        sent = sent_by(rig)
    texts = {one["fileName"]: one["content"] for one in sent["attachments"]}
    assert next(iter(texts)) == "change.diff"
    assert set(texts) == {"change.diff", "change.diff.txt", "app.py", "lib-app.py", "context.md"}
    assert {one["mimeType"] for one in sent["attachments"]} == {"text/plain"}
    assert texts["lib-app.py"] == '=== "lib/app.py" (1 line)\n   1| x = 1\n'
    assert '- lib-app.py: the file "lib/app.py" at the head, with numbered lines\n' in sent["prompt"]
    manifest = json.loads((done.workspace / "report.json").read_text(encoding="utf-8"))["manifest"]["sent"]
    assert {one["path"]: one["attachment"] for one in manifest} == {
        "app.py": "app.py",
        "lib/app.py": "lib-app.py",
        "change.diff": "change.diff.txt",
        "gone.py": None,
    }


def test_five_files_are_sent_as_a_bundle_with_an_index(tmp_path: Path) -> None:
    more = {f"lib/{number}.py": f"x = {number}\n" for number in range(3)}
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        rig.world.push(REPO, "topic", more, author="mona")
        rig.run()
        sent = sent_by(rig)
    assert [one["fileName"] for one in sent["attachments"]] == ["change.diff", "files-1.txt", "context.md"]
    index = sent["attachments"][1]["content"].partition("\n\n")[0].splitlines()
    assert index[0].startswith("INDEX")
    assert {'- "lib/0.py" (1 line)', '- "new file.py" (2 lines)'} < set(index[1:])
    assert "- files-1.txt: an index, then whole files" in sent["prompt"]


def test_the_local_reviewer_needs_no_account(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        done = rig.run(reviewer="local", codevf_api_key="", fail_on="low")
        assert done.exit_status == 1, done.log
        assert not rig.codevf_faults.log
        assert {rig.world.store.threads[one.thread_id].anchor.path for one in rig.comments()} >= {"new file.py"}
        assert rig.checks()[0].name == "reviewbot (local)"
        assert "credit" not in rig.summaries()[0]


def test_requested_changes_are_dismissed_when_nothing_blocks(tmp_path: Path) -> None:
    def engineer(request: TaskRequest) -> Answer:
        return answer(previous=with_state(request, "fixed")) if earlier(request) else answer(SHELL)

    with open_rig(tmp_path, engineer=engineer) as rig:
        rig.run(review_event="request-changes")
        assert [one.state.name for one in rig.world.store.reviews.values()] == ["CHANGES_REQUESTED"]
        rig.world.push(REPO, "topic", {"app.py": "fixed = 1\n"}, author="mona")
        assert rig.run(review_event="request-changes").exit_status == 0
        assert [one.state.name for one in rig.world.store.reviews.values()] == ["DISMISSED"]


def test_changes_are_requested_whenever_findings_begin_to_block(tmp_path: Path) -> None:
    """The request needs no comment on a line, ends with a bypass, and stays dismissed if a person dismissed it."""
    on_file = finding("app.py", 11, severity="critical", title="No line of the file", code="no such code")
    with open_rig(tmp_path, engineer=lambda _: answer(on_file)) as rig:

        def states() -> list[str]:
            """Return the states of the reviews. GitHub makes a review of each comment on a file."""
            found = [one.state.name for one in rig.world.store.reviews.values()]
            return [state for state in found if state != "COMMENTED"]

        rig.run(review_event="request-changes")
        assert states() == ["CHANGES_REQUESTED"]
        assert any("open findings block this pull request" in one.body for one in rig.world.store.reviews.values())
        assert len(rig.comments()) == 1
        rig.run(review_event="request-changes")
        assert states() == ["CHANGES_REQUESTED"]
        for number, one in rig.world.store.reviews.items():
            if one.state is ReviewState.CHANGES_REQUESTED:
                rig.world.store.reviews[number] = replace(one, state=ReviewState.DISMISSED)
        rig.run(review_event="request-changes")
        assert states() == ["DISMISSED"], "a maintainer dismissed it"


def test_only_a_pending_review_with_reviewbots_mark_is_deleted(tmp_path: Path) -> None:
    """GitHub allows one pending review per user. A person whose token reviewbot uses may have a draft."""
    with open_rig(tmp_path, engineer=lambda _: answer(SHELL)) as rig:
        draft = rig.world.review(REPO, rig.number, "github-actions[bot]", event=None, body="My notes.")
        assert rig.run().outputs["critical"] == "1"
        assert rig.world.store.reviews[draft.id].state is ReviewState.PENDING
        assert "A shell runs what the caller sends" in rig.summaries()[0], (
            "GitHub refuses a second review beside the draft"
        )
        left = replace(draft, body=f"{review_mark('')}\n")
        rig.world.store.reviews[draft.id] = left
        rig.run()
        assert draft.id not in rig.world.store.reviews
        assert len(rig.comments()) == 1


def test_a_comment_that_blocks_has_a_prompt_for_an_agent_if_the_setting_says_so(tmp_path: Path) -> None:
    minor = finding("app.py", 11, severity="low", title="An unused import")
    with open_rig(tmp_path, engineer=lambda _: answer(SHELL, minor), config="agent-prompt: true\n") as rig:
        rig.run()
        shell, other = sorted((one.body for one in rig.comments()), key=lambda body: "unused import" in body)
        head = rig.world.pull(REPO, rig.number).head_sha
        assert "<summary>Prompt for a coding agent</summary>" in shell
        assert f"Fix 1 finding from a code review. Line numbers refer to commit `{head}`." in shell
        assert "- File: `app.py`, line 12\n" in shell
        assert "coding agent" not in other
    with open_rig(tmp_path / "without", engineer=lambda _: answer(SHELL)) as rig:
        rig.run()
        assert "coding agent" not in rig.comments()[0].body
