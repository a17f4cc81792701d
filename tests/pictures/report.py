"""Pictures of the opened HTML pages: the report, and the statistics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.chromium import launched

WIDTH, HEIGHT = 1180, 1180
"""Pixels: the verdict, the filters, and the first finding in its code."""

STATISTICS = 980, 1335
"""Width and height of the statistics in pixels: the figures and the charts."""


def shoot_report(report: Path, pictures: Mapping[str, Path]) -> None:
    """Write the pictures.

    Args:
        report: the page.
        pictures: where each goes, by theme.
    """
    with launched() as browser:
        for theme, picture in pictures.items():
            with _opened(browser, report, theme, WIDTH, HEIGHT) as page:
                page.locator("table.diff").first.wait_for()
                page.screenshot(path=picture)


def shoot_statistics(statistics: Path, pictures: Mapping[str, Path]) -> None:
    """Write the pictures, as `shoot_report` does."""
    with launched() as browser:
        for theme, picture in pictures.items():
            with _opened(browser, statistics, theme, *STATISTICS) as page:
                page.screenshot(path=picture)


@contextmanager
def _opened(browser: Browser, file: Path, theme: str, width: int, height: int) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        device_scale_factor=1.5,
    )
    page = context.new_page()
    page.goto(file.as_uri())
    yield page
    context.close()
