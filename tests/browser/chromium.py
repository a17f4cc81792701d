"""The installed Chromium, driven by Playwright, which downloads no browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.browser.installed import program


@contextmanager
def launched() -> Iterator[Browser]:
    """Yield a headless browser; it is closed at the end."""
    with sync_playwright() as playwright:
        # Chromium's sandbox does not work for root. The pages are generated here and load nothing.
        browser = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
