"""Escape untrusted strings in linear time, with one function per destination.

The zero-width space (`ZWSP`) is the only invisible character that these functions add. `visible` shows a ZWSP of the
input as `⟨U+200B⟩`, so that every ZWSP in the output comes from reviewbot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise

ZWSP = "\u200b"
"""A character that prevents mentions and links. Backslashes do not, because GitHub searches the rendered text."""

_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters except line feed and tab
    "\u00ad\u034f\u061c\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u180b-\u180f"  # format characters
    "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159"  # fillers: letters and symbols without a shape
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"  # zero-width, bidirectional, and separators
    "\ud800-\udfff"  # surrogates, which cannot be encoded
    "\ufe00-\ufe0d"  # variation selectors, except the two for emoji
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"  # tag characters and selectors that can hide text
    "]"
    # A selector for emoji is visible only after a symbol or U+2139, or in a keycap. In a name, it makes another name.
    "|(?<![^\\w\x00-\x7f\ufe0e\ufe0f])(?<![0-9#*\u2139])[\ufe0e\ufe0f]|(?<=[0-9#*])[\ufe0e\ufe0f](?!\u20e3)"
)


def visible(text: str) -> str:
    """Show invisible characters and terminal escape sequences, e.g., `⟨U+202E⟩`, and convert CRLF to LF."""
    return _INVISIBLE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text.replace("\r\n", "\n"))


def quoted(text: str) -> str:
    """Prefix each line with `> `, which distinguishes the lines from reviewbot's own."""
    return "\n".join(f"> {line}" for line in visible(text).split("\n"))


def invisible_character(line: str) -> str | None:
    """Return the first invisible character of a line, e.g., `U+202E`, or None. Ignore a final CR."""
    found = _INVISIBLE.search(line.removesuffix("\r"))
    return f"U+{ord(found[0]):04X}" if found else None


_COMMIT = r"(?<![0-9A-Za-z_])[0-9a-fA-F]{7,40}(?![0-9A-Za-z_])"
# GitHub links these references in the *rendered* text, so only an inserted character prevents the links.
_REFERENCES = rf"""
    (?P<commit>{_COMMIT})
  | (?P<broken>
        @                             # a mention, an email address, owner/repository@commit
      | \#(?=\d|\Z)                   # an issue or a pull request
      | GH-(?=\d)                     # the same
      | :(?=//)                       # a URL; cmark treats a ZWSP after the slashes as part of the host
      | www(?=\.)                     # likewise
      | :(?=[0-9A-Za-z_+-]{{1,60}}:)  # an emoji's name
    )
"""
_MARKDOWN = re.compile(_REFERENCES + r"| (?P<html>[&<>$]) | (?P<mark>[\\`*_\[\]|~\#])", re.VERBOSE | re.IGNORECASE)
_LIST_NUMBER = re.compile(r"\d{1,9}(?=[.)])")

_ENTITIES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "$": "<span>$</span>",  # GitHub's documented way to escape a dollar sign
}


def _inert(found: re.Match[str]) -> str:
    piece = found[0]
    match found.lastgroup:
        case "commit":  # six digits are too short for a reference
            return ZWSP.join(piece[start : start + 6] for start in range(0, len(piece), 6))
        case "html":
            return _ENTITIES[piece]
        case "mark":
            return "\\" + piece
        case _:
            return ("\\#" if piece == "#" else piece) + ZWSP


def _line(line: str) -> str:
    # Escape characters with a meaning at the start of a line. A `/` could be a command for another bot.
    line = line.strip(" \t")
    if line.startswith(("-", "+", "=", ":", "/")):
        return "\\" + line
    number = _LIST_NUMBER.match(line)
    return f"{number[0]}\\{line[number.end() :]}" if number else line


def _lines(markdown: str) -> str:
    return "\n".join(_line(line) for line in markdown.split("\n"))


def markdown_text(text: str) -> str:
    """Return GitHub Markdown that shows a string literally, without leading and trailing whitespace of lines."""
    return _lines(_MARKDOWN.sub(_inert, visible(text)))


def markdown_line(text: str) -> str:
    """Return `markdown_text` on one line, for headings, list items and table cells."""
    return markdown_text(re.sub("[ \t\n]+", " ", visible(text)).strip(" "))


_MOST_BACKTICKS = 60
# GitHub's parser ignores code spans with 80 backticks or more, and counts the backticks of a fence only up to 255.
# Longer delimiters would not enclose the content.
_LONG_RUN = re.compile(f"`{{{_MOST_BACKTICKS}}}(?=`)")


def code_text(text: str) -> str:
    """Show invisible characters, and break runs of more than 60 backticks."""
    return _LONG_RUN.sub(rf"\g<0>{ZWSP}", visible(text))


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def code_span(text: str) -> str:
    """Return a code span that shows a string on one line. An empty string becomes a space."""
    code = code_text(text).replace("\n", " ") or " "
    marks = "`" * (_longest_run(code) + 1)
    pad = " " if _is_padded(code) or code.startswith("`") or code.endswith("`") else ""
    return f"{marks}{pad}{code}{pad}{marks}"


def _is_padded(code: str) -> bool:
    """Return whether CommonMark strips one space from each side of a code span."""
    return code.startswith(" ") and code.endswith(" ") and code.strip(" ") != ""


def code_cell(text: str) -> str:
    """Return a code span for a table cell, where `|` needs a backslash."""
    return code_span(text).replace("|", "\\|")


def fence(text: str, info: str = "") -> str:
    """Return a fenced block with a fence that the untrusted string `text` cannot close."""
    return enclosed(code_text(text).removesuffix("\n"), info)


def enclosed(code: str, info: str = "") -> str:
    """Return a fenced block without escaping its content, e.g., Markdown that contains fences."""
    marks = "`" * max(3, _longest_run(code) + 1)
    return f"{marks}{_language(info)}\n{code}\n{marks}"


def _language(info: str) -> str:
    return re.sub("[^A-Za-z0-9+-]", "", info)


_FENCE = re.compile(r" {0,3}(?P<marks>`{3,}(?=[^`]*\Z)|~{3,})[ \t]*(?P<info>[^ \t]*)")
ACTIVE = ("suggestion", "mermaid", "math", "geojson", "topojson", "stl")
"""Languages that GitHub renders as a suggestion, a formula, a diagram, a map or a 3D model."""


_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,38}")
"""A person's login, with `_` for managed users. A bot's login ends with `[bot]`, and a team's name contains a `/`."""


def mention(login: str) -> str:
    """Return a mention, which notifies a person, or an empty string if `login` is not a person's."""
    return f"@{login}" if _LOGIN.fullmatch(login) else ""


def prose(text: str) -> str:
    """Escape a reviewer's Markdown, except code spans and fenced blocks."""
    out: list[str] = []
    for info, lines in fenced_blocks(visible(text).rstrip("\n")):
        if info is None:
            out += map(_words, _paragraphs(lines))
        else:
            active = _language(info).lower().startswith(ACTIVE)
            out.append(fence("\n".join(lines) + "\n", "" if active else info))
    return "\n".join(out)


def fenced_blocks(text: str) -> Iterator[tuple[str | None, Sequence[str]]]:
    """Yield the lines of each fenced block with its info string, and the lines between two blocks with None."""
    lines, at = text.split("\n"), 0
    while at < len(lines):
        opening = _FENCE.match(lines[at])
        ends = partial(_closes, opening["marks"]) if opening else _FENCE.match
        end = next((number for number in range(at + 1, len(lines)) if ends(lines[number])), len(lines))
        yield (opening["info"], lines[at + 1 : end]) if opening else (None, lines[at:end])
        at = end + 1 if opening else end


def _closes(marks: str, line: str) -> bool:
    closing = line.strip(" \t")
    return len(closing) >= len(marks) and not closing.strip(marks[0])


def _paragraphs(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    """Split lines before each blank line, because a code span cannot contain one."""
    starts = [at for at, line in enumerate(lines) if at == 0 or not line.strip(" \t")]
    return (lines[start:end] for start, end in pairwise((*starts, len(lines))))


def _words(lines: Sequence[str]) -> str:
    # As in CommonMark, two backtick runs of equal length enclose a code span.
    text = "\n".join(lines)
    out: list[str] = []
    at = 0
    for start, end, (closes, stop) in code_spans(text):
        if start >= at and text[start - 1 : start] != "\\":
            code = text[end:closes].replace("\n", " ")
            out += (_MARKDOWN.sub(_inert, text[at:start]), code_span(code[1:-1] if _is_padded(code) else code))
            at = stop
    out.append(_MARKDOWN.sub(_inert, text[at:]))
    return _lines("".join(out))


def code_spans(text: str) -> list[tuple[int, int, tuple[int, int]]]:
    """Return the span of each run of backticks, with the span of the next run of the same length. Omit other runs."""
    found = []
    nearest: dict[int, tuple[int, int]] = {}
    for run in reversed([one.span() for one in re.finditer("`+", text)]):
        length = run[1] - run[0]
        if length in nearest:
            found.append((*run, nearest[length]))
        nearest[length] = run
    return found[::-1]


def command_data(text: str) -> str:
    """Escape the message of a workflow command (`::error::HERE`)."""
    return visible(text).replace("%", "%25").replace("\n", "%0A")


def command_property(text: str) -> str:
    """Escape a property of a workflow command (`::error title=HERE::`)."""
    return command_data(text).replace(":", "%3A").replace(",", "%2C")


# The runner ignores emoji selectors, and would also ignore a ZWSP, so a space is inserted.
_SELECTOR = "[\ufe0e\ufe0f]?"
_COMMAND = re.compile(rf"\A[\s\ufe0e\ufe0f]*:(?={_SELECTOR}:)|\#{_SELECTOR}\#(?={_SELECTOR}\[)")


def log_line(text: str) -> str:
    """Return one log line without a workflow command, i.e., `::name::` at the start or `##[name]` anywhere."""
    return log_text(visible(text).replace("\n", " "))


def log_text(text: str) -> str:
    """Disable workflow commands. Keep everything else, including terminal colors."""
    return "\n".join(_COMMAND.sub(lambda found: found[0] + " ", line) for line in text.split("\n"))


_OBEYED = re.compile(r"^::|##\[", re.MULTILINE)


def may_command(text: str) -> bool:
    """Return whether the text may contain a workflow command, whatever characters the runner takes as line ends."""
    return _OBEYED.search(re.sub(r"[^!-~\n]", "", "\n".join(text.splitlines()))) is not None
