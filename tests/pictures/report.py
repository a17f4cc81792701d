"""A picture of the opened HTML report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.browser.chromium import launched

WIDTH, HEIGHT = 1180, 1180
"""Pixels: the verdict, the filters, and the first finding in its code."""


def shoot_report(report: Path, pictures: Mapping[str, Path]) -> None:
    """Write the pictures.

    Args:
        report: the page.
        pictures: where each goes, by theme.
    """
    with launched() as browser:
        for theme, picture in pictures.items():
            context = browser.new_context(
                viewport={"width": WIDTH, "height": HEIGHT},
                color_scheme="dark" if theme == "dark" else "light",
                device_scale_factor=1.5,
            )
            page = context.new_page()
            page.goto(report.as_uri())
            page.locator("table.diff").first.wait_for()
            page.screenshot(path=picture)
            context.close()
