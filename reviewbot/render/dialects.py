"""Escape values for templates: as GitHub Markdown, as plain text (logs, titles, prompts), or as HTML.

All dialects share a set of filters. A value without a filter is escaped and put on one line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Self, TypeVar

from markupsafe import Markup
from msgspec import Struct

from reviewbot.domain.text import escaping, formatting
from reviewbot.domain.text.bounds import Cut
from reviewbot.domain.text.references import is_documentation
from reviewbot.render import html_escaping

T = TypeVar("T")

_ADDRESS = re.compile(r"https?://[^\s<>\"'`\\\x00-\x1f\x7f-\x9f]+")


def _one_line(text: str) -> str:
    return " ".join(escaping.visible(text).split()) + ("…" if isinstance(text, Cut) else "")


class Written(Markup):
    """Escaped text. `join` and `+` escape other values and put them on one line.

    This class is for plain text, from which only control characters are removed. Its subclasses are for markup.
    """

    __slots__ = ()

    line = staticmethod(_one_line)

    @classmethod
    def escape(cls, value: object, /) -> Self:
        """Escape the value, unless it is escaped already."""
        return cls(value if isinstance(value, Markup) else cls.line(str(value)))


class Markdown(Written):
    __slots__ = ()
    line = staticmethod(escaping.markdown_line)


class Html(Written):
    __slots__ = ()
    line = staticmethod(html_escaping.line)


class Dialect(Struct, frozen=True, eq=False):
    """An output format of templates: the class of escaped text, and the filters by name."""

    written: type[Written]
    filters: Mapping[str, Callable[..., object]]


def address(url: str | None) -> Markdown | None:
    """Return the URL for a Markdown link, or None if the URL is not safe there."""
    if url is None or not _ADDRESS.fullmatch(url):
        return None
    return Markdown(url.replace("(", "%28").replace(")", "%29").replace("|", "%7C").replace("@", "%40"))


def link(url: str | None) -> Html | None:
    """Return the URL for an HTML attribute, or None if the URL is not safe there."""
    return Html(html_escaping.escaped(url)) if url is not None and _ADDRESS.fullmatch(url) else None


def _markdown_reference(text: str) -> str:
    code = escaping.code_span(_one_line(text))
    return f"[{code.replace('https://', '', 1)}]({text})" if is_documentation(text) else code


def _at_line(path: object, start: object, line: object) -> str:
    first = None if start is None else _checked(start, int)
    last = "" if line is None else f":{_checked(line, int)}"
    if first is not None and line is not None and first != line:
        last = f":{first}-{line}"
    return f"{_one_line(_text(path))}{last}"


def _html_reference(text: str) -> str:
    shown = html_escaping.line(text.removeprefix("https://") if is_documentation(text) else text)
    return f'<a href="{text}" rel="noreferrer">{shown}</a>' if is_documentation(text) else f"<code>{shown}</code>"


class WrongType(Exception):
    """A template passes a value to a filter that does not accept values of this type."""


def _once(written: type[Written], write: Callable[[str], str]) -> Callable[..., Written]:
    """Return a filter that leaves escaped text unchanged."""

    def filtered(value: object) -> Written:
        return written(value if isinstance(value, Markup) else write(_text(value)))

    return filtered


def _checked(value: object, kind: type[T]) -> T:
    """Return the value if its type is `kind`. For an undefined value, `str` raises Jinja's error with its name."""
    if isinstance(value, kind) and not isinstance(value, bool):
        return value
    str(value)
    raise WrongType(f"this filter expects {_KINDS[kind]}, not {type(value).__name__}")


_KINDS: Mapping[type, str] = {str: "a string", int: "a number", datetime: "a time"}


def _text(value: object) -> str:
    return _checked(value, str)


def _cut_note(text: Cut) -> str:
    return f"cut here: {formatting.counted(text.omitted, 'more character')}"


def _in_comment(written: str, text: str) -> str:
    return f"{written}\n\n*… {_cut_note(text)}*" if isinstance(text, Cut) else written


def _markdown_fence(text: str, info: str) -> str:
    """Return a code block. Only the filter `suggestion` writes suggestions that GitHub can commit."""
    return _in_comment(escaping.fence(text, "" if info.lower().startswith(escaping.ACTIVE) else info), text)


def _phrase(text: str) -> str:
    line = _one_line(text)
    return escaping.markdown_line(line) if line.startswith(("```", "~~~")) else escaping.prose(line)


def _on_page(html: str, text: str) -> str:
    return f"{html}<p><em>… {html_escaping.line(_cut_note(text))}</em></p>" if isinstance(text, Cut) else html


def _with_commands(prose: Callable[[str], str], command: Callable[[str], str]) -> Callable[[str], str]:
    """Return a filter for reviewbot's messages, which may quote untrusted text.

    A message consists of sentences, `- ` items and indented commands.
    """

    def line_of(line: str) -> str:
        if line.startswith("- "):
            return f"- {prose(line[2:])}"
        return command(line) if line.startswith("  ") and line.strip() else prose(line)

    def with_commands(text: str) -> str:
        lines = [line_of(line) for line in text.splitlines()]
        return "\n".join(lines) + (f"\n\n… {_cut_note(text)}" if isinstance(text, Cut) else "")

    return with_commands


def _plain_text(text: str) -> str:
    return escaping.visible(text) + (f"\n[… {_cut_note(text)}]" if isinstance(text, Cut) else "")


def _texts(items: object) -> Iterable[str]:
    if not isinstance(items, Iterable):
        raise WrongType(f"this filter expects a list, not {type(items).__name__}")
    return map(_text, items)


def _with_shared(
    written: type[Written],
    fence: Callable[[str, str], str],
    filters: Mapping[str, Callable[[str], str]],
    **others: Callable[..., object],
) -> Dialect:
    shared: dict[str, Callable[..., object]] = {
        "fence": lambda value, info="": _once(written, lambda text: fence(text, _text(info)))(value),
        "enclosed": lambda value, info="": written(escaping.enclosed(str(written.escape(value)).strip("\n"), info)),
        "counted": lambda value, one, many="": formatting.counted(_checked(value, int), _text(one), _text(many)),
        "size": lambda value: written(formatting.size(_checked(value, int))),
        "duration": lambda value: written(formatting.duration(_checked(value, int))),
        "moment": lambda value: written(formatting.moment(_checked(value, datetime))),
        "number": lambda value: written(
            formatting.number(value if isinstance(value, Decimal) else _checked(value, int))
        ),
        "short": lambda value: formatting.short(_text(value)),
        "join": lambda items, between=", ": written(_text(between)).join(_texts(items)),
        "trusted": written,
        "at_line": lambda path, start, line: written(filters["code"](_at_line(path, start, line))),
    }
    return Dialect(written, {name: _once(written, write) for name, write in filters.items()} | shared | others)


MARKDOWN = _with_shared(
    Markdown,
    _markdown_fence,
    {
        "line": escaping.markdown_line,
        "text": escaping.markdown_text,
        "phrase": _phrase,
        "prose": lambda text: _in_comment(escaping.prose(text), text),
        "with_commands": _with_commands(_phrase, lambda line: escaping.code_span(_one_line(line))),
        "code": lambda text: escaping.code_span(_one_line(text)),
        "reference": _markdown_reference,
        # A block that GitHub offers to commit. An empty suggestion deletes the lines.
        "suggestion": lambda text: escaping.fence(text, "suggestion") if text else "```suggestion\n```",
        "strong": lambda text: f"**{escaping.markdown_line(text)}**",
    },
)

PLAIN = _with_shared(
    Written,
    lambda text, _: _plain_text(text),
    {
        "with_commands": _with_commands(escaping.visible, escaping.visible),
        **dict.fromkeys(("text", "prose", "suggestion"), _plain_text),
        **dict.fromkeys(("line", "phrase", "code", "strong", "reference"), _one_line),
    },
)

HTML = _with_shared(
    Html,
    lambda text, _: _on_page(html_escaping.block(text), text),
    {
        "line": html_escaping.line,
        "text": html_escaping.escaped,
        "phrase": lambda text: html_escaping.words(_one_line(text)),
        **dict.fromkeys(("prose", "with_commands"), html_escaping.words),
        "code": html_escaping.code,
        "reference": _html_reference,
        "suggestion": lambda text: _on_page(html_escaping.block(text), text),
        "strong": lambda text: f"<strong>{html_escaping.line(text)}</strong>",
        "article": lambda text: _on_page(html_escaping.article(text), text),
    },
    # These filters take template text, in which untrusted parts are already escaped.
    blocks=lambda written: Html(html_escaping.as_html(_html(written))),
    marked=lambda written: Html(html_escaping.marked(_html(written))),
)


def _html(written: object) -> str:
    return str(written) if isinstance(written, Markup) else html_escaping.escaped(_text(written))
