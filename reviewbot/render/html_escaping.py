"""Escape untrusted text for the HTML report. Each function takes time linear in the length of the text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator

from reviewbot.domain.text.escaping import code_spans, fenced_blocks, visible

_SPECIAL = re.compile("[&<>\"'`*]")
_OF_DATA = re.compile("[<>&\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff]")
_ITEM = re.compile(r"[ \t]{0,3}[-*+] +")
_CODE = re.compile("`([^`\n]+)`")
_STRONG = re.compile(r"\*\*([^*\n]+)\*\*")
_BLOCK = re.compile("(<pre [^>]*>.*?</pre>)", re.DOTALL)
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
_INNER_SLASH = re.compile(r"(?<=[^\s/])/(?=[^\s/])")


def escaped(text: str) -> str:
    """Escape text for an element or a quoted attribute.

    Backticks and asterisks are also escaped, because unescaped ones are markup from a template.
    """
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", visible(text))


def line(text: str) -> str:
    return escaped(" ".join(visible(text).split()))


def seal(text: str) -> str:
    """Return the hash with which a content security policy allows this style sheet or script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8', 'replace')).digest()).decode()}"


def data(value: object) -> str:
    """Return JSON for a script element with data. The JSON cannot end the element or begin a comment or a tag."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _OF_DATA.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def code(text: str) -> str:
    """Return one line of code, in which a narrow window breaks a path after a slash and not inside a name."""
    return f"<code>{_INNER_SLASH.sub('/<wbr>', line(text))}</code>"


def words(text: str) -> str:
    """Return a reviewer's text as inline HTML. Only code spans are formatted."""
    out: list[str] = []
    at = 0
    for start, end, (closes, stop) in code_spans(text):
        if start >= at:
            out += (escaped(text[at:start]), code(text[end:closes]))
            at = stop
    return "".join((*out, escaped(text[at:])))


def article(text: str) -> str:
    """Return a reviewer's text as paragraphs, lists and fenced code."""
    parts = ((info, "\n".join(lines)) for info, lines in fenced_blocks(visible(text)))
    return "".join(_blocks(part, words) if info is None else block(part) for info, part in parts)


def block(text: str) -> str:
    """Return a code block that can be scrolled with the keyboard."""
    return f'<pre tabindex="0"><code>{escaped(text)}</code></pre>' if text.strip() else ""


def as_html(html: str) -> str:
    """Return escaped template text as HTML: `code`, **strong**, paragraphs and lists."""
    pieces = _BLOCK.split(html)  # the items at odd positions are code blocks
    return "".join(piece if at % 2 else _blocks(marked(piece), str) for at, piece in enumerate(pieces))


def marked(html: str) -> str:
    """Return escaped template text as inline HTML: `code` and **strong**."""
    return _STRONG.sub(r"<strong>\1</strong>", _CODE.sub(r"<code>\1</code>", html))


def _blocks(text: str, write: Callable[[str], str]) -> str:
    return "".join(
        piece for paragraph in _BLANK_LINES.split(text) for piece in _parts(paragraph.strip("\n").split("\n"), write)
    )


def _parts(lines: list[str], write: Callable[[str], str]) -> Iterator[str]:
    starts = [at for at, text in enumerate(lines) if _ITEM.match(text)]
    first = starts[0] if starts else len(lines)
    if "".join(lines[:first]).strip():
        yield f"<p>{write(chr(10).join(lines[:first]))}</p>"
    if starts:
        ends = [*starts[1:], len(lines)]
        items = ("\n".join(lines[start:end]) for start, end in zip(starts, ends, strict=True))
        yield "<ul>" + "".join(f"<li>{write(_ITEM.sub('', item, count=1))}</li>" for item in items) + "</ul>"
