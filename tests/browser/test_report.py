"""The HTML report in a browser. After every test, the console is empty and no request was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from reviewbot.render.renderer import Renderer
from tests.browser.chromium import launched
from tests.browser.installed import AXE
from tests.browser.stories import ATTEMPTS, LATER, USUAL, USUAL_FILES, hostile, long, many, wide
from tests.render.view_builders import INJECTION

pytestmark = pytest.mark.browser

PATIENCE = 20_000.0
"""Timeout in milliseconds."""

expect.set_options(timeout=PATIENCE)

WATCH = "window.refused = []; addEventListener('securitypolicyviolation', e => refused.push(e.violatedDirective))"

NEVER_NEAR = "window.IntersectionObserver = class { observe() {} unobserve() {} }"
"""A browser that never reports intersections, so that nothing is drawn early."""


@dataclass(slots=True)
class Visit:
    """A page and its violations: console messages and requests."""

    page: Page
    messages: list[str] = field(default_factory=list)

    def finding(self, finding_id: str) -> str:
        """Return the selector of a finding."""
        return f"#finding-{finding_id}"

    @property
    def shown(self) -> int:
        """The number of visible findings."""
        return self.page.locator(".finding:visible").count()

    @property
    def current(self) -> str:
        """The selected finding."""
        return str(self.page.evaluate("document.querySelector('.current')?.id ?? ''"))

    def troubles(self) -> list[str]:
        """Return its violations, including refused attempts."""
        return [*self.messages, *self.page.evaluate("[...refused, ...(window.hacked ? ['hacked'] : [])]")]


Open = Callable[..., Visit]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@cache
def usual() -> str:
    """Return the report that most tests open."""
    return Renderer().html(USUAL, USUAL_FILES)


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    visits: list[Visit] = []

    def visit(html: str = "", *, at: str = "", script: str = "", **how: Any) -> Visit:  # noqa: ANN401 — Playwright's
        file = tmp_path / "report.html"
        file.write_text(html or usual(), encoding="utf-8")
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **how})
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.add_init_script(f"{WATCH};{script}")
        made = Visit(page)
        page.on("console", lambda message: made.messages.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: made.messages.append(str(error)))
        page.on("dialog", lambda dialog: made.messages.append(dialog.message))
        page.on("request", lambda request: made.messages.extend([request.url] * (file.as_uri() not in request.url)))
        page.goto(f"{file.as_uri()}{at}")
        visits.append(made)
        return made

    yield visit
    for made in visits:
        assert made.troubles() == []
        made.page.context.close()


def row_above(page: Page, finding: str) -> list[str]:
    """Return the numbers of the line above a finding."""
    js = "node => [...node.closest('tr').previousElementSibling.children].map(cell => cell.dataset.n ?? cell.innerText)"
    return list(page.locator(finding).evaluate(js))


def test_each_finding_stands_below_its_lines_on_its_own_side(opened: Open) -> None:
    visit = opened()
    page = visit.page
    assert row_above(page, visit.finding(INJECTION.id)) == [
        "",
        "42",
        "            query = f\"SELECT * FROM users WHERE name = '{name}'\"",
    ]
    assert row_above(page, visit.finding("aaaa000001"))[0] == "41"
    assert page.locator("tr.cited").count() == 5
    assert not page.locator(f"{visit.finding(INJECTION.id)} .excerpt").is_visible()
    assert page.evaluate("[...CSS.highlights.get('added')].map(String)") == [" > 0"]
    assert page.locator("td.code > .s", has_text="SELECT").count() == 1


def test_the_sides_are_next_to_each_other_and_findings_stay_in_place(opened: Open) -> None:
    visit = opened()
    page = visit.page
    page.click("#split")
    assert row_above(page, visit.finding("aaaa000001"))[0] == "41"
    assert row_above(page, visit.finding(INJECTION.id))[2] == "42"
    assert page.locator("#split").get_attribute("aria-pressed") == "true"
    assert page.evaluate("[...CSS.highlights.get('added')].map(String)") == [" > 0"]
    page.click("#split")
    assert len(row_above(page, visit.finding(INJECTION.id))) == 3
    order = page.locator(".finding[id]").evaluate_all("all => all.map(one => one.id.slice(8))")
    assert order.index("aaaa000001") < order.index(INJECTION.id) < order.index(LATER.id)
    assert visit.shown == 5


@pytest.mark.parametrize("script", ["", NEVER_NEAR], ids=["drawn already", "drawn on the way"])
def test_keys_move_between_findings_and_between_files(opened: Open, script: str) -> None:
    visit = opened(script=script)
    press = visit.page.keyboard.press
    seen = []
    for key in "jjjkn":
        press(key)
        seen.append(visit.current.removeprefix("finding-"))
    assert seen[1:4] == ["aaaa000001", INJECTION.id, "aaaa000001"]
    assert seen[4].startswith("file-")
    assert visit.page.url.endswith(f"#{seen[4]}")
    press("o")
    assert visit.page.locator(f"#{seen[4]} details").get_attribute("open") is None
    press("p")
    assert visit.page.evaluate("document.activeElement.innerText").startswith("src/shop/users.py")
    visit.page.click(f"{visit.finding(INJECTION.id)} h4")
    assert visit.current == f"finding-{INJECTION.id}"


def test_a_dialog_lists_the_keys_and_keys_are_ignored_while_it_is_open_or_in_a_field(opened: Open) -> None:
    page = (visit := opened()).page
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("j")
    assert visit.current == ""
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.click("#ask")
    page.click("#close")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("stock")
    assert page.input_value("#by-file") == "stock"
    assert visit.shown == 2


def test_filters_show_the_matching_findings_and_their_number(opened: Open) -> None:
    visit = opened()
    page = visit.page
    page.select_option("#by-severity", "critical")
    assert visit.shown == 1
    assert page.inner_text("#found") == "1 of 8 findings, 1 of 4 files"
    assert page.locator("nav li:visible .why").all_inner_texts() == ["1"]
    assert not page.locator("#change").is_visible()
    page.select_option("#by-severity", "")
    assert page.locator("nav li:visible .why").all_inner_texts() == ["1", "2", "2"]
    page.select_option("#by-category", "correctness")
    assert visit.shown == 1
    page.select_option("#by-category", "")
    page.select_option("#by-state", "carried")
    assert page.locator(".finding:visible h4").all_inner_texts() == ["Two orders can take the last item"]
    page.select_option("#by-state", "waived")
    assert visit.shown == 0
    assert page.locator(".past li:visible").count() == 1
    assert page.inner_text("#found") == "1 of 8 findings"
    page.locator("body").press("x")
    assert visit.shown == 5
    assert page.inner_text("#found") == ""
    page.fill("#by-file", "READ")
    assert page.locator(".file:visible").count() == 1
    assert page.locator("h2:visible").all_inner_texts()[1:2] == ["The rest of the change"]
    page.fill("#by-file", "nowhere")
    assert page.inner_text("#found") == "0 of 8 findings, 0 of 4 files"
    assert not page.locator("#findings:visible, nav:visible, #change:visible").count()
    page.click("#clear")
    assert visit.shown == 5
    assert not page.locator("#clear").is_visible()


def test_an_anchor_opens_its_finding_or_file_when_folded_or_filtered(opened: Open) -> None:
    visit = opened(at=f"#finding-{LATER.id}")
    page = visit.page
    expect(page.locator(visit.finding(LATER.id))).to_be_in_viewport()
    readme = page.locator(".file", has_text="README.md")
    page.select_option("#by-severity", "critical")
    page.evaluate("id => location.hash = id", readme.get_attribute("id"))
    expect(readme.locator("table.diff")).to_be_in_viewport()
    assert page.input_value("#by-severity") == ""
    page.locator(f"{visit.finding(INJECTION.id)} .anchor").click()
    assert page.url.endswith(f"#finding-{INJECTION.id}")


PHONE = {"viewport": {"width": 390, "height": 844}}


def height(page: Page, selector: str) -> list[float]:
    """Return the heights of the elements that are shown."""
    return [box["height"] for one in page.locator(f"{selector}:visible").all() if (box := one.bounding_box())]


def rows(page: Page, selector: str) -> int:
    """Return the number of lines on which the visible elements are."""
    return len({round(box["y"]) for one in page.locator(f"{selector}:visible").all() if (box := one.bounding_box())})


def test_on_a_phone_badges_and_the_toolbar_stay_on_their_lines(opened: Open) -> None:
    page = opened(**PHONE).page
    page.locator("table.diff").first.wait_for()
    assert max(height(page, ".badge, .severity")) < 24
    assert (rows(page, ".tools select"), rows(page, ".tools .right button")) == (1, 1)
    page.evaluate("document.querySelectorAll('.file h3 code').forEach(one => one.textContent = 'folder/'.repeat(20))")
    for row in page.locator(".file .row:has(.badge):has(h3 code):visible").all():
        whole, badge = row.bounding_box(), row.locator(".badge").bounding_box()
        assert whole
        assert badge
        assert whole["height"] > 2 * badge["height"], "the path has several lines"
        assert badge["y"] < whole["y"] + badge["height"]
    for card in page.locator(".finding:visible").all():
        severity, blocks = card.locator(".severity").bounding_box(), card.get_by_text("blocks", exact=True)
        assert severity
        for one in (card.locator(".copy"), *blocks.all()):
            box = one.bounding_box()
            assert box
            assert severity["y"] < box["y"] + box["height"] / 2 < severity["y"] + severity["height"]
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_on_a_phone_a_long_path_breaks_after_a_slash(opened: Open) -> None:
    page = opened(**PHONE).page
    code = page.locator(".file h3 code", has_text="src/shop/users.py")
    assert code.text_content() == "src/shop/users.py"
    lines = """one => {
        one.style.cssText = "display: block; width: 13ch";
        const found = {};
        for (const node of [...one.childNodes].filter((child) => child.length))
            for (let at = 0; at < node.length; at++) {
                const range = new Range();
                range.setStart(node, at);
                range.setEnd(node, at + 1);
                const top = Math.round(range.getBoundingClientRect().top);
                found[top] = (found[top] || "") + node.data[at];
            }
        return Object.values(found);
    }"""
    assert code.evaluate(lines) == ["src/shop/", "users.py"]


def test_a_copy_button_appears_under_the_mouse_and_by_keyboard(opened: Open) -> None:
    page = (visit := opened()).page
    button = page.locator(f"{visit.finding(INJECTION.id)} .copy")
    expect(button).to_have_css("opacity", "0")
    page.locator(visit.finding(INJECTION.id)).hover()
    expect(button).to_have_css("opacity", "1")
    page.mouse.move(0, 0)
    expect(button).to_have_css("opacity", "0")
    button.focus()
    expect(button).to_have_css("opacity", "1")
    button.press("Enter")
    expect(page.locator("#toast")).to_have_text("Copied")


def test_without_a_mouse_the_copy_buttons_are_shown(opened: Open) -> None:
    page = (visit := opened(**PHONE, has_touch=True, is_mobile=True)).page
    expect(page.locator(f"{visit.finding(INJECTION.id)} .copy")).to_have_css("opacity", "1")


@pytest.mark.parametrize("has_clipboard", [True, False], ids=["clipboard", "old command"])
def test_one_finding_or_all_shown_ones_are_copied_as_markdown(opened: Open, *, has_clipboard: bool) -> None:
    page = (visit := opened(permissions=["clipboard-read", "clipboard-write"])).page
    if not has_clipboard:
        page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject(new Error('no')))")
    page.click(f"{visit.finding(INJECTION.id)} .copy")
    expect(page.locator("#toast")).to_have_text("Copied")
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith("**🔴 Critical · security · blocks: SQL is put together")
    assert "[`src/shop/users.py` lines 41 to 42](https://github.com/acme/shop/blob/" in text
    page.select_option("#by-severity", "high")
    page.click("#copy-all")
    expect(page.locator("#toast")).to_have_text("2 findings copied")
    page.locator("body").press("c")  # the position is still the first finding, which is now hidden
    assert page.evaluate("navigator.clipboard.readText()").count("🟠 High") == 2


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_follows_the_browser_and_can_be_switched(opened: Open, theme: str) -> None:
    page = opened(color_scheme=theme).page
    paper = "getComputedStyle(document.body).backgroundColor"
    light, dark = "rgb(255, 255, 255)", "rgb(13, 17, 23)"
    assert page.evaluate(paper) == (light if theme == "light" else dark)
    page.keyboard.press("t")
    assert page.evaluate(paper) == (dark if theme == "light" else light)
    page.click("#theme")
    assert page.evaluate(paper) == (light if theme == "light" else dark)


def test_print_shows_every_finding_with_its_code_and_no_controls(opened: Open) -> None:
    page = (visit := opened(color_scheme="dark")).page
    for summary in page.locator("main > .file summary").all():
        summary.click()
    assert visit.shown == 0
    assert page.pdf().startswith(b"%PDF")  # which triggers the page's print event
    page.emulate_media(media="print")
    assert visit.shown == 5
    assert page.locator(".past li:visible").count() == 3
    assert not [name for name in ("#tools", "nav", ".copy", ".anchor") if page.locator(f"{name}:visible").count()]
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_three_thousand_files_are_listed_immediately_and_rendered_when_opened(opened: Open) -> None:
    page = opened(Renderer().html(*many(3000))).page
    elements = "document.querySelectorAll('*').length"
    assert page.locator(".file").count() == 3000
    assert page.evaluate(elements) < 60_000
    expect(page.locator(".placed").first).to_be_attached()
    drawn = page.locator("table.diff").count()
    assert drawn <= 3
    folded = page.locator(".others .file").nth(1500)
    folded.locator("summary").click()
    expect(folded.locator("tr.add")).to_have_count(5)
    assert page.locator("table.diff").count() <= drawn + 1
    page.fill("#by-file", "file2999")
    assert page.locator(".file:visible").count() == 1


def test_a_very_long_file_shows_its_findings_and_renders_its_code_on_request(opened: Open) -> None:
    page = opened(Renderer().html(*long())).page
    assert page.locator(".excerpt").is_visible()
    page.click(".whole")
    assert page.locator(".diff tr.add").count() == 2000
    assert not page.locator(".excerpt").is_visible()


def test_without_javascript_every_finding_is_shown_with_its_code(opened: Open) -> None:
    visit = opened(java_script_enabled=False)
    page = visit.page
    assert visit.shown == 5
    assert "SELECT * FROM users" in page.locator(f"{visit.finding(INJECTION.id)} .excerpt").inner_text()
    assert page.locator("#tools:visible, .copy:visible, dialog:visible").count() == 0
    assert "To see their code, enable JavaScript" in page.locator("noscript").inner_text()


def test_nothing_in_a_finding_or_the_code_is_executed(opened: Open) -> None:
    visit = opened(Renderer().html(*hostile()), permissions=["clipboard-read", "clipboard-write"])
    page = visit.page
    assert page.locator(".file").count() == len(set(ATTEMPTS))
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")  # which draws all of them
    expect(page.locator("table.diff")).to_have_count(len(set(ATTEMPTS)))
    assert page.locator("script, iframe, img, svg, form, object, base").count() == 2
    for key in ("s", "j", "c", "n", "t", "s"):
        page.keyboard.press(key)
    page.click("#copy-all")
    page.fill("#by-file", "<script>")
    assert page.locator(".file:visible").count() > 0
    assert page.evaluate("[...document.links].filter(a => !/^(https?:|file:)/.test(a.protocol)).length") == 0


@pytest.mark.parametrize(
    ("planted", "refused"),
    [
        ("<script>window.hacked = 1</script>", "script-src-elem"),
        ("<b id=x onclick='window.hacked = 1'>x</b>", "script-src-attr"),
        ("<img src='https://evil.example/p.png' alt=''>", "img-src"),
        ("<i style='color: red'>x</i>", "style-src-attr"),
    ],
)
def test_the_policy_refuses_injected_content(opened: Open, planted: str, refused: str) -> None:
    html = usual().replace('<main class="page">', f'<main class="page">{planted}')
    visit = opened(html)
    visit.page.evaluate("document.querySelector('#x')?.click()")
    assert any("Content Security Policy" in text for text in visit.messages)
    assert visit.page.evaluate("refused") == [refused]
    assert not visit.page.evaluate("window.hacked")
    visit.messages.clear()
    visit.page.evaluate("refused.length = 0")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_report_passes_the_accessibility_check(opened: Open, theme: str) -> None:
    page = opened(color_scheme=theme).page
    for act in ("", "s", "?"):
        if act:
            page.keyboard.press(act)
        assert violations(page) == []


def test_the_page_has_no_scrollbar_with_wide_code(opened: Open) -> None:
    page = opened(Renderer().html(*wide())).page
    scrolled = "all => all.filter(one => one.scrollWidth > one.clientWidth).length"
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.locator(".finding > pre, .suggestion > pre").evaluate_all(scrolled) == 2
        assert violations(page) == []


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """Return the rules that a page breaks, each with some of its elements."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run().then(result => result.violations)")
    return [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found]
