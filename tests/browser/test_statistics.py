"""The page of the statistics in a browser: no script, no request, readable in both themes and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from reviewbot.render.renderer import Renderer
from tests.browser.chromium import launched
from tests.browser.installed import AXE
from tests.browser.stories import ATTEMPTS
from tests.render.statistics_builders import hostile, usual

pytestmark = pytest.mark.browser

WATCH = "window.refused = []; addEventListener('securitypolicyviolation', e => refused.push(e.violatedDirective))"
GAP = 4
"""Pixels between two texts on one line."""

SIZES = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


class Visits:
    """Opens pages, and collects their console messages and requests."""

    def __init__(self, browser: Browser, file: Path) -> None:
        self.browser, self.file = browser, file
        self.messages: list[str] = []

    def open(self, html: str, width: int = 1280, theme: str = "light") -> Page:
        self.file.write_text(html, encoding="utf-8")
        context = self.browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if theme == "dark" else "light",
        )
        page = context.new_page()
        page.add_init_script(WATCH)
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("dialog", lambda dialog: self.messages.append(dialog.message))
        page.on("request", lambda request: self.messages.extend([request.url] * (request.url != self.file.as_uri())))
        page.goto(self.file.as_uri())
        self.messages += page.evaluate("[...refused, ...(window.hacked ? ['hacked'] : [])]")
        return page


@pytest.fixture
def visits(browser: Browser, tmp_path: Path) -> Iterator[Visits]:
    made = Visits(browser, tmp_path / "statistics.html")
    yield made
    assert made.messages == []
    for context in browser.contexts:
        context.close()


@pytest.mark.parametrize(("width", "theme"), SIZES)
def test_the_page_fits_and_passes_the_accessibility_check(visits: Visits, width: int, theme: str) -> None:
    page = visits.open(Renderer().statistics(usual()), width, theme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator(".chart").count() == 3
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run().then(result => result.violations)")
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []


@pytest.mark.parametrize("width", [1280, 390])
def test_texts_of_a_chart_neither_overlap_nor_are_cut(visits: Visits, width: int) -> None:
    page = visits.open(Renderer().statistics(usual()), width)
    for chart in page.locator(".chart").all():
        boxes = chart.locator("text").evaluate_all(
            "all => all.map(one => (({left, right, top, bottom}) => [left, right, top, bottom])"
            "(one.getBoundingClientRect()))"
        )
        assert len(boxes) >= 5
        for at, (left, right, top, bottom) in enumerate(boxes):
            assert 0 <= left < right <= width
            for other in boxes[at + 1 :]:
                beside = right + GAP <= other[0] or other[1] + GAP <= left
                assert beside or bottom <= other[2] + 2 or other[3] <= top + 2, boxes


def test_bars_and_dots_match_the_figures(visits: Visits) -> None:
    found = usual()
    page = visits.open(Renderer().statistics(found))
    assert page.locator("circle").count() == found.whole.reviews
    ignored = page.locator("rect.ignored title").all_text_contents()
    assert ignored == [f"{one.severity}: {one.ignored} ignored" for one in found.severities if one.ignored]
    for bar in page.locator("rect.bar").all():
        box, plot = bar.bounding_box(), page.locator(".plot").first.bounding_box()
        assert box
        assert plot
        assert plot["x"] <= box["x"]
        assert box["x"] + box["width"] <= plot["x"] + plot["width"]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_reviews_have_charts_too(visits: Visits, count: int) -> None:
    page = visits.open(Renderer().statistics(usual(count=count)), 390)
    assert page.locator("rect.bar").count() >= 1
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert "These figures are not meaningful yet, because there are fewer than 10 reviews." in page.inner_text("main")


def test_nothing_in_a_name_is_executed(visits: Visits) -> None:
    for text in dict.fromkeys(ATTEMPTS):
        page = visits.open(Renderer().statistics(hostile(text)))
        assert page.locator("script, iframe, img, form, object, base, a").count() == 0
        page.context.close()
