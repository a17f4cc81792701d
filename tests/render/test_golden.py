"""Golden files of all texts: one for each scenario and one for each reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import reviewbot
from reviewbot.domain.commands.authorize import Refusal
from reviewbot.domain.findings.markers import FindingMark, Heading, with_headings
from reviewbot.domain.findings.placement import Why
from reviewbot.domain.model.review import Severity
from reviewbot.domain.policy.verdict import Reason
from reviewbot.domain.selection.selection import Held, HeldBecause
from reviewbot.errors import PayloadTooLarge
from reviewbot.render.renderer import Renderer
from reviewbot.render.view_models.review import SummaryView, SumView
from reviewbot.render.view_models.truncation import worst_first
from reviewbot.values import replace
from tests.render.conftest import GOLDEN
from tests.render.goldens import (
    AT_A_BRANCH,
    GOLDENS,
    OF_A_DECISION,
    ON_FILES,
    ON_LINES,
    at_a_branch,
    check,
    of_error,
    of_reason,
)
from tests.render.view_builders import (
    ANSWER,
    BYPASSED,
    CLEAN,
    CLOSED_GATE,
    DEMO,
    FOLLOWED,
    GATE,
    INJECTION,
    NAMING,
    RACE,
    THIRTEEN,
    UNRATED,
    comment_of,
)

TEMPLATES = Path(reviewbot.__file__).parent / "templates"
_USED = re.compile(r'{% (?:include|from|extends|import) "([^"]+)"')


@pytest.mark.parametrize("name", GOLDENS)
def test_texts_equal_their_golden_files(renderer: Renderer, golden: Callable[[str, str], None], name: str) -> None:
    golden(name, GOLDENS[name].write(renderer))


def test_every_golden_file_is_of_a_text_that_is_written() -> None:
    assert {file.name for file in GOLDEN.iterdir()} == set(GOLDENS)


def test_every_template_writes_a_golden_file_or_a_part_of_one() -> None:
    shipped = {file.name: file.read_text(encoding="utf-8") for file in TEMPLATES.glob("*.j2")}
    used, fresh = set[str](), {one.template for one in GOLDENS.values()}
    while fresh:
        used |= fresh
        fresh = {name for one in fresh for name in _USED.findall(shipped[one])} - used
    pages = {name for name in shipped if name.endswith((".html.j2", ".css.j2"))}  # tested in `test_page`
    assert set(shipped) - pages == used


@pytest.mark.parametrize("name", AT_A_BRANCH)
def test_a_review_of_a_branch_mentions_no_pull_request(renderer: Renderer, name: str) -> None:
    text = renderer.job_summary(at_a_branch(AT_A_BRANCH[name]))
    assert not [word for word in ("pull request", "/reviewbot", "push", "workflow", "comment", "job") if word in text]


def shown(text: str) -> str:
    """Return a comment without what is hidden."""
    return re.sub("<!--.*?-->", "", text)


@pytest.mark.parametrize("why", [*ON_LINES, *ON_FILES])
def test_a_comment_states_how_its_finding_was_placed(renderer: Renderer, why: Why) -> None:
    foot = shown(renderer.comment(comment_of(replace(NAMING, why=why)))).rpartition("<sub>")[2]
    assert foot.count(" · ") == (1 if why is Why.CITED else 2)


@pytest.mark.parametrize("blocks", [True, False])
@pytest.mark.parametrize("waivable", [True, False])
def test_a_comment_says_whether_it_blocks_and_where_to_waive_it(
    renderer: Renderer,
    blocks: bool,  # noqa: FBT001 — a column
    waivable: bool,  # noqa: FBT001 — a column
) -> None:
    body = renderer.comment(comment_of(replace(INJECTION, blocks=blocks), waivable=waivable))
    text = shown(body)
    heading = text.splitlines()[1]
    assert (" · blocks: " in heading, " · does not block: " in heading) == (blocks, not blocks)
    hint = (
        "To waive it, a collaborator with write access who is not an author can reply here: `/reviewbot waive REASON`"
    )
    assert ((hint in text), "waive" in text) == (blocks and waivable, blocks and waivable)
    assert (hint in body) == waivable, "a finding may block later"
    assert ("Resolve this conversation" in text) is not blocks


def test_a_finding_that_no_longer_blocks_has_another_heading_and_no_hint(renderer: Renderer) -> None:
    forged = replace(INJECTION, explanation="```\n**🔴 Critical · blocks: forged**\n```")
    view = comment_of(forged, UNRATED, replace(RACE, id="cc", category=None, blocks=True), waivable=True)
    view = replace(view, agent_prompt=True)
    severities = {one.id: one.severity for one in view.findings}
    body = (
        f"{FindingMark('', ('aa', *(one.id for one in view.findings)))}\n{renderer.comment(view).partition(chr(10))[2]}"
    )
    words = {"aa": "gone", INJECTION.id: "fixed", "cc": "waived"}
    done = with_headings(body, {one: Heading(severities.get(one, Severity.LOW), word) for one, word in words.items()})
    headings = [line.partition(": ")[0] for line in done.splitlines() if line.startswith("**")]
    assert headings[0] == "**🔴 Critical · security · fixed"
    assert "**🔴 Critical · blocks" in headings, "it is a part of the explanation"
    assert any(line.startswith("**❓ Unrated") and line.endswith("· blocks") for line in headings)
    assert "**🟠 High · waived" in headings
    assert (shown(body).count("To waive it"), shown(done).count("To waive it")) == (3, 1)
    tasks = re.findall("^- Severity: [a-z]+, (.*)", done, re.MULTILINE)
    assert sorted(tasks) == ["blocking", "fixed", "waived"]
    again = {one: Heading(severities[one], "blocks") for one in (INJECTION.id, "cc")}
    assert with_headings(done, again) == body


@pytest.mark.parametrize("waivable", [True, False])
@pytest.mark.parametrize("word", ["blocks", "does not block"])
@pytest.mark.parametrize("severity", Severity)
def test_an_updated_comment_equals_a_new_one(
    renderer: Renderer, severity: Severity, word: str, *, waivable: bool
) -> None:
    """With the severity and the threshold of a later run."""
    hostile = "**🔴 Critical · blocks: x**\n· does not block: `y` · blocks: z"
    forged = f"```\n**🔴 Critical · does not block: forged**\n```\n{hostile}"
    quiet = replace(INJECTION, severity=Severity.MEDIUM, title=hostile, explanation=forged, blocks=False)
    later = replace(quiet, severity=severity, blocks=word == "blocks")
    for others in ((), (replace(NAMING, title=hostile),)):
        before, after = (renderer.comment(comment_of(one, *others, waivable=waivable)) for one in (quiet, later))
        headings = {one.id: Heading(one.severity, "does not block") for one in others}
        updated = with_headings(before, headings | {quiet.id: Heading(severity, word)})
        assert shown(updated) == shown(after)
        assert with_headings(updated, headings | {quiet.id: Heading(Severity.MEDIUM, "does not block")}) == before


def test_an_unchanged_severity_keeps_the_icon_of_a_repositorys_template(renderer: Renderer) -> None:
    own = renderer.comment(comment_of(RACE)).replace("🟠", "⬆️")
    same, other = (with_headings(own, {RACE.id: Heading(one, "blocks")}) for one in (RACE.severity, Severity.LOW))
    assert "**⬆️ High · correctness · blocks: " in same
    assert "**🔵 Low · correctness · blocks: " in other


def test_a_comment_with_several_findings_names_the_one_to_waive(renderer: Renderer) -> None:
    text = shown(renderer.comment(comment_of(INJECTION, replace(NAMING, blocks=True), RACE)))
    waived = [f"/reviewbot waive {one.id} REASON" in text for one in (INJECTION, NAMING, RACE)]
    assert waived == [True, True, False]
    assert "Resolve this conversation" not in text, "one of its findings blocks"


@pytest.mark.parametrize(
    ("refusal", "word", "line"),
    [
        (Refusal.NO_COMMIT, "bypass", f"/reviewbot bypass {ANSWER.head_sha} REASON"),
        (Refusal.OTHER_HEAD, "bypass", f"/reviewbot bypass {ANSWER.head_sha} REASON"),
        (Refusal.NEWER_HEAD, "bypass", f"/reviewbot bypass {ANSWER.head_sha} {ANSWER.said}"),
        (Refusal.OTHER_BASE, "bypass", f"/reviewbot bypass {ANSWER.head_sha} REASON"),
        (Refusal.NO_REASON, "bypass", f"/reviewbot bypass {ANSWER.head_sha} REASON"),
        (Refusal.NEWER_HEAD, "review", f"/reviewbot review {ANSWER.head_sha}"),
        (Refusal.OTHER_HEAD, "review", f"/reviewbot review {ANSWER.head_sha}"),
        (Refusal.NEWER_HEAD, "waive", f"/reviewbot waive {ANSWER.target} {ANSWER.said}"),
        (Refusal.OWN, "waive", f"/reviewbot waive {ANSWER.target} {ANSWER.said}"),
    ],
)
def test_a_refusal_has_the_line_to_paste(renderer: Renderer, refusal: Refusal, word: str, line: str) -> None:
    text = renderer.post(replace(ANSWER, word=word, refusal=refusal.value))
    assert f"\n{line}\n" in text


@pytest.mark.parametrize("refusal", [Refusal.SEVERAL_FINDINGS, Refusal.OTHER_FINDING])
def test_an_ambiguous_waiver_is_answered_with_the_ids_and_the_line_to_paste(
    renderer: Renderer, refusal: Refusal
) -> None:
    text = GOLDENS[f"refusal-{refusal.value}.md"].write(renderer)
    assert [f"- `{one.id}`: " in text for one in (INJECTION, RACE)] == [True, True]
    assert "\n/reviewbot waive ID REASON\n" in text


def test_only_a_summary_with_every_finding_in_full_is_whole(renderer: Renderer) -> None:
    title = replace(INJECTION, title="It ends with… nothing")
    whole = replace(CLOSED_GATE, findings=(title,))
    long = replace(UNRATED, explanation="word " * 20_000)
    many = tuple(replace(UNRATED, id=f"{number:010x}") for number in range(40))
    assert renderer.summary(whole).is_whole
    assert not renderer.summary(replace(whole, findings=(long,))).is_whole
    assert not renderer.summary(replace(whole, findings=many)).is_whole
    leftovers = (replace(CLOSED_GATE.leftovers[0], text="word " * 20_000),)
    assert not renderer.summary(replace(whole, leftovers=leftovers)).is_whole


def test_without_a_summary_the_check_names_what_a_command_needs_and_what_blocks(renderer: Renderer) -> None:
    rows = [row for row in check(renderer, CLOSED_GATE).splitlines() if row.startswith("- ") and " · " in row]
    findings = worst_first(CLOSED_GATE.findings)
    assert [(f"`{one.id}`" in row, "**blocks**" in row) for one, row in zip(findings, rows, strict=True)] == [
        (True, one.blocks) for one in findings
    ]


def test_nothing_blocks_a_head_with_a_bypass(renderer: Renderer) -> None:
    text = renderer.summary(BYPASSED).text + check(renderer, BYPASSED)
    assert "**blocks**" not in text
    assert "### Blocking" not in text


def _words(text: str) -> list[str]:
    """Return what a reader sees between whitespace: no addresses, hidden comments, tags and bare numbers."""
    seen = re.sub(r"<!--.*?-->|\]\([^)]*\)|<[^>]*>", " ", text)
    return [word for word in seen.split() if re.search(r"[^\W\d_]|`", word)]


@pytest.mark.parametrize("view", [THIRTEEN, DEMO], ids=["thirteen", "demo"])
def test_a_usual_summary_is_short(renderer: Renderer, view: SummaryView) -> None:
    text = renderer.summary(view).text
    assert len(worst_first(view.findings)) == 13
    assert all(f"`{one.id}`" in text for one in worst_first(view.findings))
    assert 200 < len(_words(text)) < 340


@pytest.mark.parametrize("view", [THIRTEEN, DEMO], ids=["thirteen", "demo"])
def test_the_findings_of_a_list_are_in_the_order_of_their_severity(renderer: Renderer, view: SummaryView) -> None:
    """Even if the file of a less severe one has a finding in another list."""
    text = renderer.summary(view).text
    for listed in (text.partition("### Blocking")[2].partition("<details>")[0], text.partition("do not block")[2]):
        found = re.findall(r"^- \S+ (Critical|High|Medium|Low) · ", listed, re.MULTILINE)
        assert found == sorted(found, key=["Critical", "High", "Medium", "Low"].index)
        assert found


def test_a_partial_review_without_known_files_names_where_the_causes_are(renderer: Renderer) -> None:
    view = replace(of_reason(Reason.PARTIAL), held=())
    said = "Fix the causes in the job summary of the run that bought this review, or request"
    assert said in renderer.summary(view).text
    refused = renderer.summary(of_error(PayloadTooLarge("The request is too large.", hint="Split the change."))).text
    assert "Split the change." in refused
    assert "Fix the cause above. Or a maintainer can exclude" in refused


def test_findings_that_do_not_block_are_folded(renderer: Renderer) -> None:
    shown, _, folded = renderer.summary(THIRTEEN).text.partition("<details><summary>10 findings do not block</summary>")
    folded = folded.partition("</details>\n\n")[0]
    assert [(one.id in shown, one.id in folded) for one in worst_first(THIRTEEN.findings)] == [
        (one.blocks, not one.blocks) for one in worst_first(THIRTEEN.findings)
    ]


def test_check_and_job_summary_do_not_repeat_the_list_of_the_summary(renderer: Renderer) -> None:
    listed = [one.id for one in worst_first(THIRTEEN.findings)]
    for write in (partial(check, renderer), renderer.job_summary):
        text, whole = write(THIRTEEN), write(replace(THIRTEEN, in_summary=False))
        assert not [one for one in listed if one in text]
        assert f"[The summary comment]({THIRTEEN.summary_url}) lists the findings." in text
        assert [one for one in listed if f"`{one}`" in whole] == listed


@pytest.mark.parametrize(
    ("more", "stated"),
    [
        ({"sum": SumView(13, 13, 0, 0, 0, 0)}, False),
        ({"sum": SumView(13, 12, 1, 0, 0, 0)}, False),
        ({"sum": SumView(13, 11, 0, 2, 0, 0)}, False),
        ({"sum": SumView(13, 12, 0, 0, 1, 0)}, True),
        ({"sum": SumView(13, 12, 0, 0, 0, 1)}, True),
        ({"sum": SumView(13, 12, 0, 1, 0, 0), "pull_number": 0}, False),
        ({"sum": SumView(13, 12, 0, 0, 1, 0), "pull_number": 0}, True),
    ],
)
def test_the_sum_is_stated_only_if_something_is_not_listed(
    renderer: Renderer,
    more: dict[str, Any],
    stated: bool,  # noqa: FBT001 — a column
) -> None:
    assert ("13 findings in the answer:" in renderer.summary(replace(THIRTEEN, **more)).text) is stated


def test_no_two_refusals_have_the_same_text(renderer: Renderer) -> None:
    texts = {renderer.post(replace(ANSWER, refusal=refusal.value)) for refusal in Refusal}
    assert len(texts) == len(Refusal)


def test_no_two_reasons_share_a_title(renderer: Renderer) -> None:
    titles = [renderer.check(of_reason(reason))[0] for reason in Reason]
    assert all(titles)
    assert len(set(titles)) == len(titles)


DUE = set(Reason) - {
    Reason.REVIEWED, Reason.GATE, Reason.PENDING, Reason.BYPASS, Reason.COLLECTED, Reason.COMMAND
}  # fmt: skip
"""The reasons for a run without a complete review."""


@pytest.mark.parametrize("reason", sorted(DUE))
def test_every_other_outcome_says_what_to_do_next(renderer: Renderer, reason: Reason) -> None:
    page = check(renderer, of_reason(reason))
    assert "**What to do next:**" in page or "**To fix:**" in page
    assert "\n\n\n" not in page


def test_paths_are_advised_only_for_files_that_they_can_select(renderer: Renderer) -> None:
    view = of_reason(Reason.NOTHING_SELECTED)
    texts = {
        reason: check(renderer, replace(view, held=(Held("a", reason, "", missed=False),))) for reason in HeldBecause
    }
    advised = {reason for reason, text in texts.items() if "append it to `paths`" in text}
    by_name = {HeldBecause.MINIFIED, HeldBecause.VENDORED, HeldBecause.GENERATED}
    assert advised == {HeldBecause.PATHS, *by_name}


ERRORS = sorted(one.removesuffix(".md") for one in GOLDENS if one.startswith("error-"))
FAILED = DUE - OF_A_DECISION - {Reason.SUPERSEDED, Reason.MEMORY, Reason.SHARED_HEAD}


@pytest.mark.parametrize("name", [*ERRORS, *(f"reason-{reason.value}" for reason in sorted(FAILED))])
def test_every_error_has_at_most_one_cause_and_one_way_to_fix_it(renderer: Renderer, name: str) -> None:
    page = GOLDENS[f"{name}.md"].write(renderer)
    assert page.count("**To fix:**") + page.count("**What to do next:**") == 1
    assert page.count("**Usual cause:**") <= 1


@pytest.mark.parametrize("name", ["error-refused", "error-cancelled", "error-over-budget", "error-settings"])
def test_an_exact_message_has_no_usual_cause(renderer: Renderer, name: str) -> None:
    assert "Usual cause" not in GOLDENS[f"{name}.md"].write(renderer)


@pytest.mark.parametrize("name", ["error-refused", "error-cancelled", "error-over-budget", "reason-settings"])
def test_an_error_has_something_to_paste(renderer: Renderer, name: str) -> None:
    assert "\n```" in GOLDENS[f"{name}.md"].write(renderer)


@pytest.mark.parametrize("reason", Reason)
def test_no_command_is_named_that_needs_a_summary_comment_without_one(renderer: Renderer, reason: Reason) -> None:
    view = replace(of_reason(reason), records_commands=False)
    text = renderer.summary(view).text + "".join(renderer.check(view))
    assert not re.findall("/reviewbot (?:waive|accept|bypass|ask)", text)


def test_a_bug_says_where_to_report_it(renderer: Renderer) -> None:
    assert "an issue in the action's repository" in check(renderer, of_reason(Reason.BUG))


@pytest.mark.parametrize("reason", Reason)
def test_the_local_reviewer_mentions_costs_only_if_they_are_the_reason(renderer: Renderer, reason: Reason) -> None:
    of_money = {Reason.NO_KEY, Reason.OVER_BUDGET, Reason.NOT_APPROVED, Reason.CANCELLED, Reason.REFUSED}
    if reason in of_money | {Reason.UNREACHABLE, Reason.DEFERRED, Reason.CHECKS}:
        pytest.skip("only the paid reviewer comes to this")
    view = replace(of_reason(reason), reviewer="local", cost=None, task_id="")
    text = renderer.summary(view).text + renderer.terminal(view)
    said = text.replace(view.check_name, "")
    assert not [word for word in ("credit", "CodeVF", "bought", "buy", "paid", "pays", "spen") if word in said]


@pytest.mark.parametrize(
    ("fail_on", "closing"), [("critical", 3), ("high", 4), ("medium", 5), ("info", 6), ("never", 0), ("", 2)]
)
def test_blocking_findings_include_those_no_longer_listed(fail_on: str, closing: int) -> None:
    """An old report names no `failOn`; then only its findings can be counted."""
    assert replace(FOLLOWED, fail_on=fail_on).closing == closing


def test_the_check_names_the_only_finding_that_blocks(renderer: Renderer) -> None:
    one = {severity: int(severity is INJECTION.severity) for severity in Severity}
    alone = replace(CLEAN, outcome=GATE, counts=one, findings=(INJECTION, replace(RACE, blocks=False)))
    assert f"\n/reviewbot waive {INJECTION.id} REASON\n" in renderer.check(alone)[1]
    unlisted = replace(alone, counts={severity: 2 * number for severity, number in one.items()}, fail_on="critical")
    assert "\n/reviewbot waive ID REASON\n" in renderer.check(unlisted)[1]


@pytest.mark.parametrize(("count", "words"), [(1, "1 finding,"), (2, "2 findings,")])
def test_one_finding_is_not_findings(renderer: Renderer, count: int, words: str) -> None:
    counts = {**(CLEAN.counts or {}), RACE.severity: count}
    assert words in renderer.check(replace(CLEAN, counts=counts))[0]
