"""Says where redactions may hide code, by file and line, and which of them matter to the review."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reviewbot.domain.diff.parse import SYMLINK_MODE, ChangedFile, DiffLine
from reviewbot.domain.redaction.redactor import Redacted
from reviewbot.domain.selection.file_kinds import named_as_document
from reviewbot.domain.selection.selection import EXECUTABLE_MODE, Held, HeldBecause

_MARKS = ("+", "-", " ")
# A script by its first line, or code that a site generator, TeX, troff or Perl executes.
_RUNS = re.compile(
    r"\A#!|^[ \t]*(?:`{3,}|~{3,}|:{3,})[ \t]*\{[ \t]*(?:code-cell|jupyter-execute|eval-rst|exec\w*|plot|r|python|julia"
    r"|bash|sh|js|ojs|node|sql|ruby|perl)\b|^[ \t]*(?:`{3,}|~{3,}).*\bexec="
    r"|^[ \t]*\.\.[ \t]+(?:jupyter-execute|ipython|plot|exec\w*|code-cell|program-output|command-output|runblock)::"
    r"|^<<.*>>=|\\(?:directlua|write18|input\||begin\{(?:py|lua|sage|asy))|^[.'][ \t]*(?:sy|pso|pi)\b|^=cut\b",
    re.IGNORECASE | re.MULTILINE,
)
# A line of a list that pip installs.
_REQUIREMENT = re.compile(
    r"^[ \t]*(?:-[rc][ \t]*\S+\.txt\b|-e[ \t]*(?:\.|\S+:)|--(?:hash|(?:extra-)?index-url|find-links|requirement)\b"
    r"|[\w.-]+(?:\[[\w, .-]*\])?[ \t]*(?:@[ \t]*\S+:/|(?:===?|~=)[ \t]*[\w.*]+[ \t]*(?:[;\\#]|$)))",
    re.MULTILINE,
)
_SCRIPT = re.compile(r"</?script", re.IGNORECASE)
_SPAN = re.compile(r"(?<![`\\])`[^`]+`(?!`)")
_FENCE = re.compile(r" {0,3}(?:`{3,}[^`]*|~{3,}.*)$")
# JSX runs what stands in braces. Importing a component runs nothing of the page.
_MDX = re.compile(r"[{}]|^[ \t]*(?:import|export)\b(?!\s+[\w, ]+\s+from\s+(['\"])[^'\"]+\1;?\s*$)")


@dataclass(frozen=True, slots=True)
class RedactionPlace:
    """A place where a redaction may hide code: the line and what was redacted, in words."""

    where: str
    why: str
    in_code: bool


def redaction_places(file: ChangedFile, diff: Redacted, text: Redacted | None) -> tuple[RedactionPlace, ...]:
    """The lines of a file where a redaction may hide code, each once.

    Args:
        file: as it was before the redaction.
        diff: its section of the diff, redacted.
        text: its whole text at the head, redacted; None when there is none.
    """
    document = is_document(file)
    runs = _running_lines(file) if document else frozenset()
    found = [
        RedactionPlace(where, why, not document or line in runs)
        for line, where, why in (*_in_text(text), *_in_diff(file, diff))
    ]
    return tuple({place.where: place for place in reversed(found)}.values())[::-1]


def _in_text(text: Redacted | None) -> Iterator[tuple[int | None, str, str]]:
    for one in text.hidden if text else ():
        yield one.line, f"line {one.line}", one.detector.value


def _in_diff(file: ChangedFile, diff: Redacted) -> Iterator[tuple[int | None, str, str]]:
    """The line at the head (0: before the change; None: the file's name), the place in words, and the reason."""
    rows = _rows(file)
    for one in diff.hidden:
        row = rows.get(one.line)
        where = (
            "its name" if row is None else f"line {row.old} before the change" if row.new is None else f"line {row.new}"
        )
        yield None if row is None else row.new or 0, where, one.detector.value


def _running_lines(file: ChangedFile) -> frozenset[int]:
    """Return the numbers of a document's lines at the head that a browser or a site generator may execute.

    The number 0 stands for deleted lines. Of these, and of a file whose text is not known, all lines count if one does.
    """
    names = (file.path, file.diff.old_path)
    is_mdx = any(path.lower().endswith(".mdx") for path in names)
    shown = [line.text for line in file.diff.lines()]
    unknown = any(map(_SCRIPT.search, shown)) or (is_mdx and any(map(_MDX.search, shown)))
    if file.text is None:
        return frozenset({0, *(line.new or 0 for line in file.diff.lines())} if unknown else ())
    lines = file.text.split("\n")
    found = [*_in_scripts(lines), *(_in_jsx(lines) if is_mdx else ())]
    return frozenset([*found, 0] if unknown else found)


def _in_scripts(lines: Sequence[str]) -> Iterator[int]:
    """Yield the numbers of the lines that may be inside a `<script>`. A mention in a code span is none."""
    opened, commented, plain = False, False, True
    for number, line in enumerate(lines, start=1):
        words = _SPAN.sub("", line)
        is_fence = _FENCE.match(line) is not None
        # HTML, a table or a backtick without its pair can end a code span where it does not seem to.
        plain = plain and (is_fence or not any(sign in words for sign in "`<")) and not ("|" in line and words != line)
        found = _SCRIPT.findall(words if plain else line)
        commented = commented or ("<!--" in line and (opened or bool(found)))  # then `</script` need not end it
        if opened or found or commented:
            yield number
        opened = not found[-1].startswith("</") if found else opened


def _in_jsx(lines: Sequence[str]) -> Iterator[int]:
    """Yield the numbers of the lines from the first one on that runs as JSX; code in a fence does not."""
    fenced = runs = False
    for number, line in enumerate(lines, start=1):
        if line.startswith(("```", "~~~")):
            fenced = not fenced
        runs = runs or (not fenced and _MDX.search(line) is not None)
        if runs:
            yield number


def _rows(file: ChangedFile) -> Mapping[int, DiffLine]:
    # The lines of the hunks by their number in the section, from 1.
    lines = file.diff.text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.startswith("@@ ")), len(lines))
    numbers = (at for at, line in enumerate(lines[first:], start=first + 1) if line.startswith(_MARKS))
    return dict(zip(numbers, file.diff.lines(), strict=False))


def is_document(file: ChangedFile) -> bool:
    """Whether only people read the file, on both sides of the change, so that no code can hide in it."""
    paths = (file.path, file.diff.old_path)
    if not all(map(named_as_document, paths)):
        return False
    first = [line.text for line in file.diff.lines() if 1 in {line.old, line.new}]
    texts = [file.diff.text, *first, *(side.text or "" for side in (file.old, file.new) if side)]
    lines = [line.text for line in file.diff.lines()]
    modes = {side.mode for side in (file.old, file.new) if side}
    return not (
        modes & {EXECUTABLE_MODE, SYMLINK_MODE}
        or any(_RUNS.search(text) for text in (*texts, "\n".join(["", *lines])))
        or (any(path.lower().endswith(".txt") for path in paths) and any(map(_REQUIREMENT.search, [*texts, *lines])))
    )


def held_for(path: str, places: tuple[RedactionPlace, ...]) -> Held | None:
    """Hold the file, and make the review partial, for the first redaction that may hide code; None without one."""
    code = [place for place in places if place.in_code]
    if not code:
        return None
    more = f", and in {len(code) - 1:,} more" if len(code) > 1 else ""
    return Held(path, HeldBecause.REDACTED, f"{code[0].where}: {code[0].why}{more}; change that value", missed=True)


def document_notice(path: str, places: tuple[RedactionPlace, ...]) -> str:
    """A notice on unexplained redactions in a document."""
    more = f", and in {len(places) - 1:,} more places" if len(places) > 1 else ""
    first = f"`{path}`, {places[0].where}{more}: reviewbot redacted {places[0].why}."
    return f"{first} If it is real, revoke it; an example needs no action."


def secrets_notice(path: str) -> str:
    """A notice on a document that would be held back as a file of secrets if it were code."""
    first = f"Most of `{path}` is secrets. It is a document, so reviewbot redacted them and did not hold it back."
    return f"{first} If one is real, revoke it; examples need no action."
