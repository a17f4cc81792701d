"""The HTML report is complete, inert and self-contained, checked with a parser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewbot.domain.diff.parse import DiffLine, Hunk, LineKind
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.findings.placement import SuggestionState
from reviewbot.domain.findings.tracked_finding import FindingState
from reviewbot.domain.model.review import Side
from reviewbot.render import html_escaping
from reviewbot.render.renderer import Renderer
from reviewbot.render.report import script as report_script
from reviewbot.render.view_models.excerpts import MAX_LINES, Excerpts
from reviewbot.render.view_models.review import BypassView, SummaryView
from reviewbot.values import replace
from tests.hostile.corpus import CORPUS, Kind
from tests.hostile.poison import filled
from tests.render.goldens import ERRORS, STORIES, at_a_branch, of_error
from tests.render.view_builders import (
    AWAITING,
    BYPASSED,
    CALLER,
    CLEAN,
    CLOSED_GATE,
    FIXED_REVIEW,
    FOLLOWED,
    INJECTION,
    LOCAL,
    NAMING,
    RACE,
    WAITING,
)

ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "article", "nav", "div",
    "p", "h1", "h2", "h3", "h4", "ul", "li", "a", "code", "pre", "span", "strong", "em", "br", "details", "summary",
    "table", "thead", "tbody", "tr", "th", "td", "s", "script", "button", "select", "option", "input", "dialog", "dl",
    "dt", "dd", "kbd", "b", "noscript", "wbr",
}  # fmt: skip
VOID = {"meta", "br", "input", "wbr"}
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "rel", "aria-label", "scope", "open",
    "tabindex", "data-n", "data-path", "data-entry", "data-severity", "data-category", "data-state", "data-side",
    "data-first", "data-line", "type", "hidden", "role", "value", "placeholder", "autocomplete", "spellcheck",
    "aria-hidden", "aria-pressed", "data-of",
}  # fmt: skip


class Reader(HTMLParser):
    """Refuses whatever the templates do not write, and tags that do not nest."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.texts: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.policy = ""
        self.style = ""
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        values = dict(attrs)
        assert set(values) <= ATTRIBUTES, attrs
        if values.get("http-equiv"):
            assert values["http-equiv"] == "Content-Security-Policy"
            self.policy = values["content"] or ""
        if "href" in values:
            self.links.append(values["href"] or "")
        if "id" in values:
            self.ids.append(values["id"] or "")
        if tag == "script":
            self.scripts.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            self.style += data
        elif "script" in self.open:
            self.scripts[-1] += data
        else:
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


def read(html: str) -> Reader:
    """Return the parsed page, after the checks that apply to every page."""
    html.encode()
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    assert html.startswith("<!doctype html>\n")
    assert html.endswith("</html>\n")
    assert all(link.startswith(("https://", "http://", "#file-", "#finding-")) for link in reader.links)
    assert len(reader.ids) == len(set(reader.ids))
    assert not re.search(r"url\(|@import|expression", reader.style)
    code, script = reader.scripts
    assert script == report_script()
    assert not re.search("[<>&]", code)
    assert set(json.loads(code)) == {"files", "findings"}
    return reader


CARRIED = replace(INJECTION, carried=True, state=FindingState.CHANGED)
STORY = replace(
    CLOSED_GATE,
    findings=(
        CARRIED,
        replace(CARRIED, suggestion_state=SuggestionState.SHOWN),
    ),
    wait=WAITING.wait,
    waived=(CARRIED,),
    closed=(CARRIED, replace(CARRIED, state=FindingState.FIXED)),
    bypass=BypassView("x", "x"),
    progress=FOLLOWED.progress,
)


def hostile(evil: str) -> SummaryView:
    """Return a view with this text in every field, including addresses."""
    view: SummaryView = filled(STORY, evil, frozenset({"reviewer"}))
    return view


@pytest.mark.parametrize("kind", Kind)
def test_hostile_text_in_every_field_is_only_text(renderer: Renderer, kind: Kind) -> None:
    for evil in CORPUS[kind]:
        file = FileView(evil, evil, (), text=f"{evil.replace(chr(10), ' ')}\n" * 50)
        read(renderer.html(hostile(evil), [file]))


@settings(max_examples=60)
@given(st.text(st.sampled_from("<>&\"'`*~- \n#;xX/=!\x00\x1b\u202e\ud800{}%[]()"), max_size=60))
def test_no_text_becomes_a_tag(renderer: Renderer, text: str) -> None:
    read(renderer.html(hostile(text)))


@pytest.mark.parametrize("view", [CLEAN, CLOSED_GATE, WAITING, LOCAL], ids=["clean", "gate", "waiting", "local"])
def test_the_policy_allows_our_style_and_our_script_and_nothing_else(renderer: Renderer, view: SummaryView) -> None:
    reader = read(renderer.html(view))
    style, script = (csp_hash(text) for text in (reader.style, reader.scripts[1]))
    assert reader.policy == (
        f"default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def csp_hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def test_the_page_shows_the_whole_review(renderer: Renderer) -> None:
    text = " ".join(read(renderer.html(CLOSED_GATE)).text.split())
    for finding in CLOSED_GATE.findings:
        assert finding.title.replace("`", "") in text
        assert finding.id in text
    for words in (
        "2 of 5 findings block this pull request", "1 critical", "Critical blocks security lines 41 to 42",
        "at or above fail-on: critical",
        "A solid change", "contains a bidirectional control character", "Threads of fixed findings",
        "What about the cache?", "same as b07d55e210", "7 findings in the answer",
        "src/schema.sql: too large (4.1 MB)", "1 secret redacted",
        "612 credits: 240 \N{MULTIPLICATION SIGN} 1.5 for fast", "not reported",
    ):  # fmt: skip
        assert words in text


def test_the_page_shows_what_happened_to_earlier_findings(renderer: Renderer) -> None:
    text = " ".join(read(renderer.html(BYPASSED)).text.split())
    for words in (
        "Bypassed by hubot-owner: The shop is down",
        "Since abc1234: 1 new · 4 carried from earlier reviews (1 changed, not confirmed) · 1 fixed · 1 gone",
        "High correctness carried changed, not confirmed Copy # Two orders can take",
        "Reviewer, before that change: locked is there, but take_many does not use it.",
        "And 1 more finding from earlier reviews. Only its severity is stored. Its text may be in its review thread.",
        "High · The total is a float · src/shop/total.py · waived by octocat: Prices are whole crowns",
        "fixed as of 5f1c0de · High · The session never ends · src/shop/login.py · reviewer: It ends",
        "gone as of 5f1c0de · Low · A copy of take",
    ):
        assert words in text
    assert "carried" not in read(renderer.html(CLOSED_GATE)).text


def test_the_page_of_a_review_that_waits_for_an_older_one_names_it_and_what_still_counts(renderer: Renderer) -> None:
    text = " ".join(read(renderer.html(AWAITING)).text.split())
    assert "waiting for the review of abc1234" in text
    assert "reviewbot reviews the newer commits after that" in text
    assert "Findings from earlier reviews" in text
    assert INJECTION.title in text


def test_the_text_of_the_templates_is_not_markdown(renderer: Renderer) -> None:
    for view in (CLEAN, CLOSED_GATE, WAITING, LOCAL, FIXED_REVIEW, AWAITING):
        text = read(renderer.html(view)).text
        assert "`" not in text
        assert "**" not in text
        assert "<code>" not in text


def test_text_to_paste_is_a_code_block(renderer: Renderer) -> None:
    html = renderer.html(of_error(ERRORS["permission"]))
    block = "permissions:\n  contents: read\n  pull-requests: write\n  checks: write\n  issues: read"
    assert f'<pre tabindex="0"><code>{block}</code></pre>' in html
    assert "<p><pre" not in html
    assert "`" not in read(html).text


def test_a_review_that_found_nothing_says_so(renderer: Renderer) -> None:
    assert "reported no findings" in read(renderer.html(CLEAN)).text


def test_the_local_reviewers_page_does_not_mention_costs(renderer: Renderer) -> None:
    text = read(renderer.html(LOCAL)).text
    assert not [word for word in ("credit", "CodeVF", "bought", "paid") if word in text]
    assert text.count("the runner") == 2
    assert "runner" not in read(renderer.html(at_a_branch(LOCAL))).text


def test_a_dry_runs_page_does_not_say_that_files_were_sent_or_credits_held(renderer: Renderer) -> None:
    page = renderer.html(STORIES["dry-run"])
    assert "What would be sent" in page
    assert "Would be reserved" in page
    assert not any(text in page for text in ("What was sent", "Sent to CodeVF", ">Held<", ">Used<"))


def test_a_finding_shows_its_lines_as_sent_with_a_few_around_them(renderer: Renderer) -> None:
    source = "".join(f"line_{number} = <b>{number}</b>\n" for number in range(1, 61))
    html = renderer.html(CLOSED_GATE, [FileView(INJECTION.path, INJECTION.path, (), text=source)])
    assert html.count('class="l cited"') == 2
    assert re.findall(r'data-n="(\d+)"', html) == [str(number) for number in range(38, 46)]
    assert "line_41 = <b>41</b>" in read(html).text


def test_deleted_lines_are_shown_from_the_diff() -> None:
    hunk = Hunk((DiffLine(LineKind.CONTEXT, "a", 4, 4), DiffLine(LineKind.DELETED, "gone", 5, None)))
    found = Excerpts([FileView("x.py", "x.py", (hunk,))]).of(
        replace(RACE, path="x.py", side=Side.LEFT, start_line=5, line=5)
    )
    assert [(line.number, line.text, line.cited) for line in found.lines] == [(4, "a", False), (5, "gone", True)]


def test_only_a_carriage_return_that_ends_no_line_is_shown(renderer: Renderer) -> None:
    lines = [*("x = 1" for _ in range(40)), "crlf", "lone\r", "x"]
    html = renderer.html(CLOSED_GATE, [FileView(INJECTION.path, INJECTION.path, (), text="\r\n".join(lines))])
    assert "crlf\nlone⟨U+000D⟩\nx" in read(html).text


def test_a_crlf_ends_a_line_and_any_other_carriage_return_stays() -> None:
    file = FileView("x.py", "x.py", (), text="one\r\ntwo\rthree\r\nfour\r\r\n")
    found = Excerpts([file]).of(replace(RACE, path="x.py", start_line=1, line=3))
    assert [line.text for line in found.lines] == ["one", "two\rthree", "four\r"]


def test_without_the_file_the_quote_is_shown_and_no_number_is_made_up() -> None:
    assert [line.number for line in Excerpts().of(INJECTION).lines] == [None, None]
    known = FileView(CALLER.path, CALLER.path, (), text="a\n" * 9)
    assert [line.number for line in Excerpts([known]).of(CALLER).lines] == [None, None, None]
    assert Excerpts().of(replace(NAMING, code="")).lines == ()


@pytest.mark.parametrize("last", [5, 400, 10**9])
def test_a_long_range_is_cut_and_counted(last: int) -> None:
    file = FileView("x.py", "x.py", (), text="a\n" * 500)
    found = Excerpts([file]).of(replace(RACE, path="x.py", start_line=1, line=last))
    assert len(found.lines) <= MAX_LINES + 3
    assert sum(line.cited for line in found.lines) + found.more == last


def test_thousands_of_findings_fit_and_the_omitted_ones_are_counted(renderer: Renderer) -> None:
    huge = replace(RACE, explanation="word " * 10_000, code="x\n" * 5000)
    findings = tuple(replace(huge, id=f"{number:x}") for number in range(3000))
    began = time.process_time()
    html = renderer.html(replace(CLOSED_GATE, findings=findings))
    assert time.process_time() - began < 60
    assert len(html.encode()) <= 6_000_000
    assert "more findings that are less severe" in read(html).text


def test_omitted_code_is_listed_on_the_page(renderer: Renderer) -> None:
    lines = tuple(DiffLine(LineKind.ADDED, "x" * 900, None, number) for number in range(1, 4001))
    moved = FileView("b.txt", "a.txt", ())
    large = [FileView(path, path, (Hunk(lines),)) for path in ("src/shop/users.py", "large.txt")]
    html = renderer.html(replace(CLOSED_GATE, findings=(INJECTION,)), [*large, moved])
    text = " ".join(read(html).text.split())
    assert "2 files without findings; 1 file shown without code, because the page has reached its size limit" in text
    assert text.count("The code of this file is not shown, because the page has reached its size limit.") == 2
    assert "b.txt was a.txt +0 \N{MINUS SIGN}0 No line of this file changed." in text
    assert len(html) < 500_000


def test_a_finding_links_to_its_file_whatever_is_shortened(renderer: Renderer) -> None:
    path = f"{'long/' * 200}a.py"
    hunk = Hunk((DiffLine(LineKind.ADDED, "x = 1", None, 1),))
    view = replace(CLOSED_GATE, findings=(replace(INJECTION, path=path),))
    html = renderer.html(view, [FileView(path, path, (hunk,))])
    assert html.count('<section class="file"') == 1
    assert 'data-entry="0"' in html


def test_a_repositorys_own_page_has_the_policy_of_its_own_style(renderer: Renderer) -> None:
    mine = Renderer({"report.css.j2": "h1 { color: teal }"})
    assert read(mine.html(CLEAN)).style == "h1 { color: teal }"
    assert mine.html(CLEAN) != renderer.html(CLEAN)


def test_the_same_view_gives_the_same_bytes(renderer: Renderer) -> None:
    assert renderer.html(CLOSED_GATE) == Renderer().html(CLOSED_GATE)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a `b` c", "<p>a <code>b</code> c</p>"),
        ("``a ` b`` ` c", "<p><code>a &#96; b</code> &#96; c</p>"),
        ("one\n\ntwo\nlines", "<p>one</p><p>two\nlines</p>"),
        ("first:\n- a\n- b\n  goes on", "<p>first:\n</p><ul><li>a\n</li><li>b\n  goes on</li></ul>"),
        ("x\n```python\n<b>\n```\ny", '<p>x</p><pre tabindex="0"><code>&#60;b&#62;</code></pre><p>y</p>'),
        ("~~~\nopen", '<pre tabindex="0"><code>open</code></pre>'),
        ("", ""),
    ],
)
def test_a_reviewers_text_in_blocks(text: str, html: str) -> None:
    assert html_escaping.article(text).replace("\n</", "</") == html.replace("\n</", "</")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("src/shop/a.py", "src/<wbr>shop/<wbr>a.py"),
        ("/etc/hosts", "/etc/<wbr>hosts"),
        ("/reviewbot ask is a/b right?", "/reviewbot ask is a/<wbr>b right?"),
        ("a//b/", "a//b/"),
        ("<b>/</b>", "&#60;b&#62;/<wbr>&#60;/<wbr>b&#62;"),
    ],
)
def test_code_can_break_after_a_slash(text: str, html: str) -> None:
    assert html_escaping.code(text) == f"<code>{html}</code>"
    assert html_escaping.words(f"see `{text}`") == f"see <code>{html}</code>"


def test_a_path_is_plain_in_attributes_and_in_what_is_copied(renderer: Renderer) -> None:
    html = renderer.html(CLOSED_GATE)
    assert "<h3><code>src/<wbr>shop/<wbr>users.py</code></h3>" in html
    assert 'data-path="src/shop/users.py"' in html
    assert "src/shop/users.py" in read(html).text
    assert "wbr" not in read(html).scripts[0]


def test_many_backticks_are_parsed_quickly() -> None:
    began = time.process_time()
    html_escaping.article("` `` ``` " * 100_000)
    assert time.process_time() - began < 10
