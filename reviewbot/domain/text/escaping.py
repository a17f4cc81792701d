"""Escapes hostile text: one function for each place that text goes to, all linear in the length of the text.

The zero-width space (`ZWSP`) is the only invisible character that we add. In the input it is made visible, so every one
in the output is ours.
"""

from __future__ import annotations

import re

ZWSP = "\u200b"
"""Stops a mention or a reference where a backslash and an entity do not: GitHub links in the rendered text."""

_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters; line feed and tab stay
    "\u00ad\u034f\u061c\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u180b-\u180f"  # marks that format
    "\u115f\u1160\u17b4\u17b5\u3164\uffa0"  # fillers: letters without a shape
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"  # zero width, bidirectional, separators
    "\ud800-\udfff"  # surrogates: no encoder takes them
    "\ufe00-\ufe0d"  # variation selectors, apart from the two that choose how an emoji looks
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"  # tag characters and the selectors that can smuggle text
    "]"
    "|(?<=[\ufe0e\ufe0f])[\ufe0e\ufe0f]"  # a second emoji selector chooses nothing
)


def visible(text: str) -> str:
    """Make invisible characters visible: a right-to-left override becomes `⟨U+202E⟩`. CRLF becomes LF.

    So no escape sequence of a terminal survives.
    """
    return _INVISIBLE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text.replace("\r\n", "\n"))


def hidden_sign(line: str) -> str | None:
    """The first invisible character of a line, as `U+202E`; the line's end does not count."""
    found = _INVISIBLE.search(line.removesuffix("\r"))
    return f"U+{ord(found[0]):04X}" if found else None


_COMMIT = r"(?<![0-9A-Za-z_])[0-9a-fA-F]{7,40}(?![0-9A-Za-z_])"
# GitHub makes something of each of these in the *rendered* text, so that only a foreign character inside stops it.
_REFERENCES = rf"""
    (?P<commit>{_COMMIT})
  | (?P<broken>
        @                             # a mention, an address of mail, owner/repository@commit
      | \#(?=\d|\Z)                   # an issue or a pull request
      | GH-(?=\d)                     # the same
      | :(?=//)                       # an address; cmark takes a ZWSP after the slashes for a part of the host
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
    "$": "<span>$</span>",  # GitHub's documented way to keep a dollar sign from opening mathematics
}


def _inert(found: re.Match[str]) -> str:
    piece = found[0]
    match found.lastgroup:
        case "commit":  # six digits are too few for a reference
            return ZWSP.join(piece[start : start + 6] for start in range(0, len(piece), 6))
        case "html":
            return _ENTITIES[piece]
        case "mark":
            return "\\" + piece
        case _:
            return ("\\#" if piece == "#" else piece) + ZWSP


def _line(line: str) -> str:
    # The start of a line has a meaning: `/` would be a command to other bots.
    line = line.strip(" \t")
    if line.startswith(("-", "+", "=", ":", "/")):
        return "\\" + line
    number = _LIST_NUMBER.match(line)
    return f"{number[0]}\\{line[number.end() :]}" if number else line


def _lines(markdown: str) -> str:
    return "\n".join(_line(line) for line in markdown.split("\n"))


def markdown_text(text: str) -> str:
    """GitHub Markdown that shows the text literally, without whitespace around its lines."""
    return _lines(_MARKDOWN.sub(_inert, visible(text)))


def markdown_line(text: str) -> str:
    """The same on one line: for headings, list items and table cells."""
    return markdown_text(_one_line(text))


def _one_line(text: str) -> str:
    return re.sub("[ \t\n]+", " ", visible(text)).strip(" ")


_MOST_BACKTICKS = 60
# GitHub's parser gives up a code span whose marks are 80 backticks or more, and counts those of a fence up to 255: what
# is inside would come alive.
_LONG_RUN = re.compile(f"`{{{_MOST_BACKTICKS}}}(?=`)")


def code_text(text: str) -> str:
    """Text for code: invisible characters are visible, and no run of backticks is too long to be enclosed."""
    return _LONG_RUN.sub(rf"\g<0>{ZWSP}", visible(text))


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def code_span(text: str) -> str:
    """A code span that shows the text on one line; a space if it is empty."""
    code = code_text(text).replace("\n", " ") or " "
    marks = "`" * (_longest_run(code) + 1)
    # CommonMark takes one blank from each side when both are there and something else is, too.
    loses_blanks = code.startswith(" ") and code.endswith(" ") and code.strip(" ")
    pad = " " if loses_blanks or code.startswith("`") or code.endswith("`") else ""
    return f"{marks}{pad}{code}{pad}{marks}"


def code_cell(text: str) -> str:
    """A code span in a table, where a bar needs a backslash even in code."""
    return code_span(text).replace("|", "\\|")


def fence(text: str, info: str = "") -> str:
    """A fenced block that nothing inside can close; the final line feed is dropped, and `info` is the language."""
    code = code_text(text).removesuffix("\n")
    marks = "`" * max(3, _longest_run(code) + 1)
    return f"{marks}{_language(info)}\n{code}\n{marks}"


def _language(info: str) -> str:
    return re.sub("[^A-Za-z0-9+-]", "", info)


_FENCE = re.compile(r" {0,3}(?P<marks>`{3,}(?=[^`]*\Z)|~{3,})[ \t]*(?P<info>[^ \t]*)")
_ACTIVE = ("suggestion", "mermaid", "math", "geojson", "topojson", "stl")
"""Languages on which GitHub acts: it commits a suggestion unchecked, and draws the others."""


def prose(text: str) -> str:
    """A reviewer's words: code spans and fenced blocks stay, everything else is shown literally."""
    lines = visible(text).rstrip("\n").split("\n")
    out: list[str] = []
    at = 0
    while at < len(lines):
        opening = _FENCE.match(lines[at])
        end = _block_end(lines, at + 1, opening["marks"]) if opening else _words_end(lines, at + 1)
        if opening is None:
            out.append(_words(lines[at:end]))
        else:
            active = _language(opening["info"]).lower().startswith(_ACTIVE)
            out.append(fence("\n".join(lines[at + 1 : end]) + "\n", "" if active else opening["info"]))
        at = end + 1 if opening else end
    return "\n".join(out)


def _block_end(lines: list[str], start: int, marks: str) -> int:
    for at in range(start, len(lines)):
        closing = lines[at].strip(" \t")
        if len(closing) >= len(marks) and not closing.strip(marks[0]):
            return at
    return len(lines)


def _words_end(lines: list[str], start: int) -> int:
    # A code span does not reach over a blank line.
    for at in range(start, len(lines)):
        if not lines[at].strip(" \t") or _FENCE.match(lines[at]):
            return at
    return len(lines)


def _words(lines: list[str]) -> str:
    # As in CommonMark, pairs of equal runs of backticks are code spans.
    text = "\n".join(lines)
    runs = [(run.start(), run.end()) for run in re.finditer("`+", text)]
    closers = _closers(runs)
    out: list[str] = []
    at = index = 0
    while index < len(runs):
        start, end = runs[index]
        closer = closers[index]
        escaped = text[start - 1 : start] == "\\"
        if closer is None or escaped:
            index += 1
            continue
        out += (_MARKDOWN.sub(_inert, text[at:start]), code_span(_unpadded(text[end : runs[closer][0]])))
        at, index = runs[closer][1], closer + 1
    out.append(_MARKDOWN.sub(_inert, text[at:]))
    return _lines("".join(out))


def _closers(runs: list[tuple[int, int]]) -> list[int | None]:
    """For each run of backticks the next one of the same length."""
    found: list[int | None] = [None] * len(runs)
    nearest: dict[int, int] = {}
    for index in reversed(range(len(runs))):
        length = runs[index][1] - runs[index][0]
        found[index] = nearest.get(length)
        nearest[length] = index
    return found


def _unpadded(code: str) -> str:
    code = code.replace("\n", " ")
    padded = code.startswith(" ") and code.endswith(" ") and code.strip(" ")
    return code[1:-1] if padded else code


def command_data(text: str) -> str:
    """The message of a workflow command (`::error::HERE`)."""
    return visible(text).replace("%", "%25").replace("\n", "%0A")


def command_property(text: str) -> str:
    """A property of a workflow command (`::error title=HERE::`)."""
    return command_data(text).replace(":", "%3A").replace(",", "%2C")


# The runner compares by culture, which overlooks an emoji selector in between; so would it a ZWSP, hence the blank.
_SELECTOR = "[\ufe0e\ufe0f]?"
_COMMAND = re.compile(rf"\A[\s\ufe0e\ufe0f]*:(?={_SELECTOR}:)|\#{_SELECTOR}\#(?={_SELECTOR}\[)")


def log_line(text: str) -> str:
    """One log line that the runner does not take for a command: `::name::` at its start, or `##[name]` anywhere."""
    return log_text(visible(text).replace("\n", " "))


def log_text(text: str) -> str:
    """The same for several lines; everything else stays, even colours."""
    return "\n".join(_COMMAND.sub(lambda found: found[0] + " ", line) for line in text.split("\n"))


_OBEYED = re.compile(r"^::|##\[", re.MULTILINE)


def may_command(text: str) -> bool:
    """Whether a runner might obey a line of this, whatever it takes for the end of one and whatever it overlooks."""
    return _OBEYED.search(re.sub(r"[^!-~\n]", "", "\n".join(text.splitlines()))) is not None


def truncate(text: str, limit: int, note: str) -> str:
    """At most `limit` characters, the note included when something was cut."""
    if len(text) <= limit:
        return text
    return (text[: max(0, limit - len(note))] + note)[:limit]
