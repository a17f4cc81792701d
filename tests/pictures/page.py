"""Renders Markdown similarly to GitHub: with GitHub's parser and a similar style sheet."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import cmarkgfm  # type: ignore[import-untyped]  # the package has no type hints
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]  # likewise
from reviewbot_sandbox.demo.readback import Check, CodeLine, Comment

STYLE = Path(__file__).with_name("github.css")
BOT = '<b>github-actions</b><span class="bot">bot</span>'

_HIDDEN = re.compile(r"<!--.*?-->", re.DOTALL)
_SUGGESTION = re.compile(
    r'<pre lang="suggestion"><code>(.*?)</code></pre>|<pre lang="suggestion"><code></code></pre>', re.DOTALL
)
_ALERT = re.compile(
    r"<blockquote>\s*<p>\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\](?:<br />)?\n?(.*?)</blockquote>", re.DOTALL
)
_SIGNS = {"+": "add", "-": "del"}


def words(markdown: str, replaced: Sequence[CodeLine] = ()) -> str:
    """Return the words of a comment as HTML.

    Args:
        markdown: with its hidden marks.
        replaced: the lines that a suggestion in it would replace.
    """
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_HARDBREAKS
    page = cmarkgfm.github_flavored_markdown_to_html(_HIDDEN.sub("", markdown), options)
    page = _ALERT.sub(
        lambda found: f'<div class="alert"><b class="kind">{found[1].title()}</b><p>{found[2]}</div>', page
    )
    page = _SUGGESTION.sub(lambda found: _suggestion(html.unescape(found[1] or ""), replaced), page)
    return f'<div class="markdown">{page}</div>'


def _suggestion(text: str, replaced: Sequence[CodeLine]) -> str:
    first = replaced[0].number if replaced else 1
    old = [CodeLine(line.number, "-", line.text) for line in replaced]
    new = [CodeLine(first + at, "+", line) for at, line in enumerate(text.splitlines())]
    button = '<div class="act"><span>Commit suggestion</span></div>'
    return f'<div class="suggestion"><div class="head">Suggested change</div>{diff((*old, *new))}{button}</div>'


def diff(lines: Iterable[CodeLine]) -> str:
    """Lines of a diff, numbered."""
    rows = (
        f'<div class="{_SIGNS.get(line.sign, "")}"><i>{line.number}</i><s>{line.sign}</s>'
        f"<span>{html.escape(line.text)}</span></div>"
        for line in lines
    )
    return f'<div class="diff">{"".join(rows)}</div>'


def comment(body: str) -> str:
    """Return a comment in the conversation."""
    return f'<div class="box"><div class="head">{BOT} commented</div><div class="body">{words(body)}</div></div>'


def thread(path: str, code: Sequence[CodeLine], body: str) -> str:
    """Return a review comment below its lines."""
    return (
        f'<div class="box"><div class="head"><code>{html.escape(path)}</code></div>{diff(code)}'
        f'<div class="said"><div class="head">{BOT}</div>{words(body, code)}</div></div>'
    )


def thread_of(one: Comment) -> str:
    """Return a review comment as it was read back."""
    return thread(one.path, one.code, one.body)


def check(one: Check) -> str:
    """Return the page of a check: its title, and its summary."""
    title = f'<h1><span class="dot"></span>{html.escape(one.title)}</h1>'
    return (
        f'<div class="box check {one.conclusion}"><div class="head"><b>{html.escape(one.name)}</b></div>'
        f'<div class="body">{title}{words(one.page)}</div></div>'
    )


def document(parts: Iterable[str], theme: str) -> str:
    """Return a whole page; `theme` is `light` or `dark`."""
    style = STYLE.read_text(encoding="utf-8")
    head = f'<meta charset="utf-8"><title>pictures</title><style>{style}</style>'
    return f'<!DOCTYPE html><html data-theme="{theme}"><head>{head}</head><body>{"".join(parts)}</body></html>'
