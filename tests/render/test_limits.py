"""All texts fit GitHub's limits. A body that is too long would be refused after the review was paid."""

from __future__ import annotations

import re
import time
import tracemalloc
from collections.abc import Callable

import cmarkgfm  # type: ignore[import-untyped]  # the package has no type hints
import pytest
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]  # likewise

from reviewbot.domain.codevf.attachments import Sent
from reviewbot.domain.findings.markers import with_state
from reviewbot.domain.findings.placement import Why
from reviewbot.domain.model.review import Leftover, Severity
from reviewbot.domain.selection.selection import Held, HeldBecause
from reviewbot.domain.text.size_limits import FINDING, FINDING_STATE
from reviewbot.render.renderer import Renderer
from reviewbot.render.view_models.review import (
    BypassView,
    DuplicateView,
    FindingStateView,
    ProgressView,
    PromptView,
    SummaryView,
)
from reviewbot.values import replace
from tests.domain.builders import COMMENT_LIMIT
from tests.render.view_builders import (
    ANSWER,
    ASKED,
    CALLER,
    CHANGED,
    CLOSED_GATE,
    COMMENT,
    FIXED,
    FOLLOW_UP,
    FOLLOWED,
    INJECTION,
    LEDGER,
    PROMPT,
    RACE,
    WAIVED,
)

LARGE = "@a <b> `c` $\n```py\n" + "x" * 60_000
LONG_PATH = "a/" * 2000 + "b.py"


def flood(count: int, text: str) -> SummaryView:
    """Return many findings, each of them huge, half of them without a comment."""
    severities = tuple(Severity)
    findings = tuple(
        replace(
            CALLER if number % 2 else RACE,
            id=f"{number:010x}",
            severity=severities[number % len(severities)],
            title=text,
            explanation=text,
            code=text,
            suggestion=text,
            references=(text,) * 3,
            path=f"{LONG_PATH}{number % 50}",
            why=Why.BELOW_THRESHOLD if number % 4 == 1 else Why.NO_LINE,
            carried=number % 3 == 0,
            note=text,
            waived_by=text,
            waived_for=text,
        )
        for number in range(count)
    )
    return replace(
        CLOSED_GATE,
        findings=findings,
        leftovers=(Leftover(text, text, text),) * count,
        duplicates=(DuplicateView(text, LONG_PATH, "00"),) * count,
        waived=findings,
        closed=findings,
        progress=ProgressView(text, *[count] * 7),
        bypass=BypassView(text, text),
        awaited=text,
        sent=tuple(Sent(f"{LONG_PATH}{number}", 10, whole=True, redactions=0) for number in range(count)),
        held=(Held(LONG_PATH, HeldBecause.PATHS, text, missed=True),) * count,
        notices=(text,) * count,
        degraded=(text,) * count,
        reviewer_summary=text * 10,
        outcome=replace(CLOSED_GATE.outcome, message=text, hint=text),
        ledger=LEDGER + "<!--" + "x" * 20_000 + "-->",
    )


@pytest.fixture(scope="module", params=[(10_000, LARGE), (10_000, "ab"), (40, LARGE), (300, "\U0001f600" * 3000)])
def flooded(request: pytest.FixtureRequest) -> SummaryView:
    count, text = request.param
    return flood(count, text)


def balanced(markdown: str) -> bool:
    """Return whether nothing was cut inside a fence or a folded part."""
    html = cmarkgfm.github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE)
    return bool(html.count("<details>") == html.count("</details>") and html.rstrip().endswith("</sub></p>"))


def test_the_summary_fits_and_is_whole(renderer: Renderer, flooded: SummaryView) -> None:
    began = time.process_time()
    text = renderer.summary(flooded).text
    assert time.process_time() - began < 60
    assert len(text.encode("utf-16-le")) // 2 <= 65_000
    assert text.startswith(flooded.mark + flooded.ledger)
    assert balanced(text)
    assert "more finding" in text


def test_the_check_fits(renderer: Renderer, flooded: SummaryView) -> None:
    title, text = renderer.check(flooded)
    assert len(title) <= 255
    assert len(text.encode()) <= 65_000
    assert balanced(text)


@pytest.mark.proof
def test_the_job_summary_fits(renderer: Renderer, flooded: SummaryView) -> None:
    began = time.process_time()
    text = renderer.job_summary(flooded)
    assert time.process_time() - began < 60
    assert len(text.encode()) <= 900_000
    assert balanced(text)


@pytest.mark.proof
def test_the_log_fits(renderer: Renderer, flooded: SummaryView) -> None:
    assert len(renderer.terminal(flooded).encode("utf-8", "replace")) <= 900_000


@pytest.mark.proof
@pytest.mark.parametrize("write", [Renderer.terminal, Renderer.html])
def test_omitted_items_need_no_memory(renderer: Renderer, write: Callable[[Renderer, SummaryView], object]) -> None:
    view = flood(300, LARGE)
    tracemalloc.start()
    try:
        write(renderer, view)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 100_000_000


def test_the_worst_findings_are_kept(renderer: Renderer) -> None:
    text = renderer.summary(flood(2000, "word " * 100)).text
    assert text.count("❓ Unrated") > 5
    assert "⚪ Info" not in text


def test_thousands_of_waived_and_closed_findings_fit_and_the_rest_is_counted(
    renderer: Renderer,
) -> None:
    text = renderer.summary(replace(FOLLOWED, waived=(WAIVED,) * 4000, closed=(FIXED,) * 5000)).text
    assert "4,000 findings waived" in text
    assert "5,000 findings fixed or gone" in text
    shown = text.count("waived by `octocat`"), text.count("**fixed**")
    assert shown == (100, 100)
    assert "- and 3,900 more\n" in text
    assert "- and 4,900 more\n" in text
    assert text.count(" · carried") == 4


def test_endless_notes_on_earlier_findings_leave_space_for_the_findings(renderer: Renderer) -> None:
    endless = (replace(WAIVED, waived_for=LARGE, waived_by=LARGE),) * 50, (replace(FIXED, note=LARGE),) * 50
    carried = tuple(replace(CHANGED, note=LARGE, id=f"{at}") for at in range(20))
    view = replace(FOLLOWED, findings=carried, waived=endless[0], closed=endless[1])
    text = renderer.summary(view).text
    assert text.count("no review has confirmed") == 20
    assert text.count("waived by") >= 20
    assert text.count("**fixed**") >= 20


def test_a_finding_and_its_state_fit_into_one_comment() -> None:
    body = COMMENT.mark.ljust(FINDING.limit - 1, "x")
    word = "y" * FINDING_STATE.limit
    assert FINDING.size(with_state(f"{COMMENT.mark}\n{body[len(COMMENT.mark) :]}", word)) <= COMMENT_LIMIT
    assert word in with_state(f"{COMMENT.mark}\n", word)


@pytest.mark.parametrize("text", ["word", LARGE, "$" * 400, "\U0001f600" * 3000, "@" * 900])
@pytest.mark.parametrize("count", [1, 2, 11, 200])
def test_the_longest_comment_has_space_for_the_state_of_its_findings(renderer: Renderer, count: int, text: str) -> None:
    kinds = (CHANGED, WAIVED, FIXED)
    states = tuple(replace(kinds[at % 3], note=text, title=text, waived_for=text) for at in range(count))
    word = renderer.finding_state(FindingStateView(states, several=count > 1))
    assert len(word.encode("utf-16-le")) // 2 <= 2000
    shown = sum(word.count(kind) for kind in ("**Changed**", "**Waived**", "**Fixed**"))
    assert shown == count or re.search(f"{count - shown} (?:more )?finding", word)
    body = renderer.comment(
        replace(COMMENT, findings=(replace(INJECTION, explanation="\U0001f600 word " * 9000),) * 28)
    )
    assert len(with_state(body, word).encode("utf-16-le")) // 2 <= COMMENT_LIMIT
    assert len(body.encode("utf-16-le")) // 2 > 30_000


@pytest.mark.parametrize("count", [1, 3, 200])
def test_a_comment_fits_and_a_truncated_suggestion_cannot_be_committed(renderer: Renderer, count: int) -> None:
    huge = replace(INJECTION, explanation=LARGE, suggestion="y\n" * 50_000, title=LARGE)
    text = renderer.comment(replace(COMMENT, findings=(huge,) * count))
    assert len(text) <= 65_000
    assert text.startswith(COMMENT.mark)
    assert "```suggestion" not in text
    assert "cut here" in text
    assert balanced(text + ("" if text.endswith("</sub>") else "\n\n<sub></sub>"))


@pytest.mark.parametrize(("characters", "count", "has_prompt"), [(10, 1, True), (15_000, 1, True), (15_000, 3, False)])
def test_a_comment_leaves_out_its_prompt_before_it_shortens_a_finding(
    renderer: Renderer, characters: int, count: int, *, has_prompt: bool
) -> None:
    view = replace(COMMENT, findings=(replace(INJECTION, explanation="word " * (characters // 5)),) * count)
    text = renderer.comment(replace(view, agent_prompt=True))
    assert ("Prompt for a coding agent" in text) is has_prompt
    assert FINDING.size(text) <= FINDING.limit
    assert "cut here" not in text
    assert (text == renderer.comment(view)) is not has_prompt


def test_a_review_of_everything_keeps_a_small_findings_suggestion(renderer: Renderer) -> None:
    both = replace(COMMENT, findings=(INJECTION, replace(RACE, explanation=LARGE)))
    assert "```suggestion" in renderer.comment(both)


def test_an_annotation_fits(renderer: Renderer) -> None:
    title, message = renderer.annotation(replace(INJECTION, title=LARGE, explanation=LARGE, suggestion=LARGE))
    assert len(title) <= 255
    assert len(message.encode()) <= 60_000


HUGE = "word @x\n" * 40_000
PROMPTS = {
    "body": replace(PROMPT, title="Title", body=HUGE),
    "title": replace(PROMPT, title="t" * 50_000, body=HUGE),
    "invisible": replace(PROMPT, title="\u202e" * 9000, body="\u202e" * 9000),
    "omitted": replace(PROMPT, omitted=(LONG_PATH,) * 5000),
    "files": replace(PROMPT, file_names=((LONG_PATH, HUGE),) * 5000),
    "patterns": replace(PROMPT, path_instructions=((LONG_PATH, HUGE),) * 5000),
    "instructions": replace(PROMPT, instructions=HUGE),
    "empty": replace(
        PROMPT, title="", body="", instructions="", path_instructions=(), file_names=(), omitted=()
    ),
    "everything": replace(
        FOLLOW_UP, repository="r" * 9000, title=HUGE, body=HUGE, instructions="\u202e" * 50_000,
        path_instructions=((LONG_PATH, HUGE),) * 500, file_names=((HUGE, HUGE),) * 50, omitted=("\u202e" * 900,) * 500,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROMPTS)
def test_the_prompt_has_10_to_10_000_characters(renderer: Renderer, name: str) -> None:
    view: PromptView = PROMPTS[name]
    text = renderer.prompt(view)
    assert 10 <= len(text) <= 10_000
    assert text.endswith(f"--- {view.boundary} end")
    if name != "empty":
        assert "cut here" in text or "…" in text or "more" in text


def test_the_follow_up_section_is_kept_when_others_are_truncated(renderer: Renderer) -> None:
    text = renderer.prompt(PROMPTS["everything"])
    assert FOLLOW_UP.since in text
    assert f"{FOLLOW_UP.confirms} lists the open findings" in text


def test_the_owners_instructions_are_truncated_after_the_authors_text(renderer: Renderer) -> None:
    owners = "Money is a Decimal. " * 200
    text = renderer.prompt(replace(PROMPT, instructions=owners, title="Title", body=HUGE))
    assert owners.strip() in text
    assert "word @x" in text
    assert "cut here" in text


def test_an_author_cannot_displace_the_owners_rules(renderer: Renderer) -> None:
    rules = tuple((f"src/p{number}/**", f"Rule {number}. {'x' * 100}") for number in range(30))
    files = tuple((LONG_PATH, "the whole file") for _ in range(5))
    text = renderer.prompt(replace(PROMPT, path_instructions=rules, file_names=files, omitted=(LONG_PATH,) * 5000))
    assert all(rule in text for _, rule in rules)
    assert all(f"For files that match {pattern}:" in text for pattern, _ in rules)


def test_a_long_answer_to_a_question_is_posted_as_far_as_github_accepts_it(renderer: Renderer) -> None:
    def posted(text: str) -> str:
        return renderer.post(replace(ANSWER, word="ask", reason="", check_title="", reply=replace(ASKED, text=text)))

    assert "THE END" in posted("word " * 12_000 + "THE END")
    for hostile in ("@ann <!-- ", "&", "\U0001f600", "x"):
        text = posted(hostile * 70_000)
        assert COMMENT_LIMIT // 8 < len(text.encode("utf-16-le")) // 2 <= COMMENT_LIMIT
