"""The browser that is installed here, driven by Playwright, whose own browsers are never fetched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.browser.installed import program


@contextmanager
def launched() -> Iterator[Browser]:
    """Yield a browser without a window, which ends with the block."""
    with sync_playwright() as playwright:
        # Without the sandbox, which root cannot have: the pages are our own and load nothing.
        browser = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
