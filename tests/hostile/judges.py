"""Interpret a text like GitHub and the runner, with GitHub's Markdown parser and the runner's rules."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import cmarkgfm  # type: ignore[import-untyped]  # the package has no type hints
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]  # likewise

from reviewbot.domain.text.escaping import ZWSP

LIVE = re.compile(
    r"@[a-z0-9]|#\d|gh-\d|://|www\.[a-z]|(?<![0-9a-z_])[0-9a-f]{7,40}(?![0-9a-z_])|:[a-z0-9_+-]{1,60}:", re.IGNORECASE
)
"""What GitHub links or notifies in rendered text: people, issues, addresses, commits, emoji."""


@dataclass
class Page(HTMLParser):
    """A rendered page.

    Attributes:
        tags: start tags in order.
        attributes: the attributes of all tags.
        comments: HTML comments, such as markers.
        text: the whole text.
        words: the text outside code.
        code: the text of each code span and block.
    """

    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str | None]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    depth: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "code":
            self.depth += 1
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "code"

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self.depth:
            self.code[-1] += data
        else:
            self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    @property
    def targets(self) -> list[str]:
        """Return the targets of links and the sources of images."""
        return [value or "" for name, value in self.attributes if name in {"href", "src", "srcset"}]

    @property
    def languages(self) -> list[str]:
        """Return the languages of the fenced blocks."""
        return [value or "" for name, value in self.attributes if name == "lang"]


def page(markdown: str) -> Page:
    """Render Markdown as in a GitHub comment, before sanitizing."""
    parsed = Page()
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_HARDBREAKS
    parsed.feed(cmarkgfm.github_flavored_markdown_to_html(markdown, options))
    parsed.close()
    return parsed


def live(words: str) -> list[str]:
    """Return what GitHub would link or notify in the rendered text."""
    return LIVE.findall(words)


def commands(log: str) -> list[str]:
    """Return the lines of a log that the runner executes as workflow commands.

    The runner splits lines at more characters than Python, trims them, and compares with the rules of a culture, which
    ignore some invisible characters.
    """
    seen = log.translate(dict.fromkeys(map(ord, f"\ufe0e\ufe0f{ZWSP}")))
    return [line for line in seen.splitlines() if line.strip().startswith("::") or "##[" in line]
