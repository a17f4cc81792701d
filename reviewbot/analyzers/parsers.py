"""Parse the output of each analyzer. If the output does not have the documented format, raise only `JsonMismatch`."""

from __future__ import annotations

from msgspec import Struct, field

from reviewbot.domain.text.strict_json import JsonMismatch, Whole, read


class Edit(Struct, frozen=True, rename="camel"):
    """A replacement of the text between two positions. The field names in JSON are from shellcheck.

    Lines and columns (in characters) start at 1. The character at the second position is not replaced.
    """

    line: Whole
    column: Whole
    end_line: Whole
    end_column: Whole
    text: str = field(name="replacement")


class RawFinding(Struct, frozen=True):
    """An analyzer's finding on a copy.

    Attributes:
        file: the name of the copy, as printed by the analyzer.
        line: the first line in the copy, starting at 1. `end_line` is never smaller.
        level: the analyzer's name for the severity, in lower case.
        edits: the analyzer's own fix, if it is safe.
    """

    tool: str
    rule: str
    file: str
    line: int
    end_line: int
    level: str
    message: str
    note: str = ""
    reference: str = ""
    edits: tuple[Edit, ...] = ()


def _last_line(line: int, end_line: int, end_column: int) -> int:
    """Return the last line of a range. A range that ends before a line's first character ends on the line above."""
    return max(line, end_line - 1 if end_column == 0 else end_line)


class _Place(Struct, frozen=True):
    row: Whole
    column: Whole


class _RuffEdit(Struct, frozen=True):
    location: _Place
    end_location: _Place
    content: str


class _RuffFix(Struct, frozen=True):
    applicability: str
    message: str | None
    edits: tuple[_RuffEdit, ...]


class _Ruff(Struct, frozen=True):
    code: str | None
    filename: str
    location: _Place
    end_location: _Place
    message: str
    url: str | None
    fix: _RuffFix | None


def ruff(output: str) -> tuple[RawFinding, ...]:
    """Read `--output-format json`. Columns are counted in characters, starting at 1."""
    return tuple(_from_ruff(record) for record in read(output, tuple[_Ruff, ...]))


def _from_ruff(record: _Ruff) -> RawFinding:
    start, end, rule = record.location, record.end_location, record.code or "invalid-syntax"
    fix = None if rule in _FIXES_WITHOUT_EFFECT else record.fix
    says = fix and fix.message and rule not in _FIXES_WITH_OTHER_NAMES
    return RawFinding(
        tool="ruff",
        rule=rule,
        file=record.filename,
        line=start.row,
        end_line=_last_line(start.row, end.row, end.column - 1),
        level="error",
        message=_message(rule, record.message),
        note=f"{fix.message}." if fix and says else "",
        reference=record.url or "",
        edits=tuple(map(_ruff_edit, fix.edits)) if fix and fix.applicability == "safe" else (),
    )


def _message(rule: str, message: str) -> str:
    if rule == "invalid-syntax":
        return f"Syntax error: {message.removeprefix('SyntaxError: ')}"
    return message.partition(" should be")[0] if rule in _FIXES_WITH_OTHER_NAMES else message


_FIXES_WITHOUT_EFFECT = frozenset({"PLW1510"})
"""Rules whose fixes do not change what the code does."""

_FIXES_WITH_OTHER_NAMES = frozenset({"E711", "E712"})
"""Rules whose messages describe the fix with names from the documentation instead of names in the code."""


def _ruff_edit(edit: _RuffEdit) -> Edit:
    start, end = edit.location, edit.end_location
    return Edit(start.row, start.column, end.row, end.column, edit.content)


class _ShellcheckFix(Struct, frozen=True):
    replacements: tuple[Edit, ...]


class _ShellcheckComment(Struct, frozen=True, rename="camel"):
    code: Whole
    file: str
    line: Whole
    end_line: Whole
    level: str
    message: str
    fix: _ShellcheckFix | None = None


class _Shellcheck(Struct, frozen=True):
    comments: tuple[_ShellcheckComment, ...]


def shellcheck(output: str) -> tuple[RawFinding, ...]:
    """Read `--format json1`, where a tab is one column."""
    return tuple(_from_shellcheck(record) for record in read(output, _Shellcheck).comments)


def _from_shellcheck(record: _ShellcheckComment) -> RawFinding:
    return RawFinding(
        tool="shellcheck",
        rule=f"SC{record.code}",
        file=record.file,
        line=record.line,
        end_line=max(record.line, record.end_line),
        level=record.level,
        message=record.message,
        reference=f"https://www.shellcheck.net/wiki/SC{record.code}",
        edits=record.fix.replacements if record.fix else (),
    )


class _AstGrepPlace(Struct, frozen=True):
    line: Whole
    column: Whole


class _AstGrepRange(Struct, frozen=True):
    start: _AstGrepPlace
    end: _AstGrepPlace


class _AstGrep(Struct, frozen=True, rename="camel"):
    rule_id: str
    file: str
    range: _AstGrepRange
    severity: str
    message: str
    note: str | None = None


def ast_grep(output: str) -> tuple[RawFinding, ...]:
    """Read `--json=compact`. Line numbers start at 0."""
    return tuple(_from_ast_grep(record) for record in read(output, tuple[_AstGrep, ...]))


def _from_ast_grep(record: _AstGrep) -> RawFinding:
    line, end = record.range.start.line + 1, record.range.end
    return RawFinding(
        tool="ast-grep",
        rule=record.rule_id,
        file=record.file,
        line=line,
        end_line=_last_line(line, end.line + 1, end.column),
        level=record.severity,
        message=record.message,
        note=record.note or "",
    )


class _ZizmorSpan(Struct, frozen=True):
    start_point: _Place
    end_point: _Place


class _ZizmorConcrete(Struct, frozen=True):
    location: _ZizmorSpan


class _ZizmorFile(Struct, frozen=True):
    verbatim_path: str


class _ZizmorKey(Struct, frozen=True):
    local: _ZizmorFile = field(name="Local")


class _ZizmorSymbolic(Struct, frozen=True):
    kind: str
    key: _ZizmorKey
    annotation: str


class _ZizmorPlace(Struct, frozen=True):
    symbolic: _ZizmorSymbolic
    concrete: _ZizmorConcrete


class _ZizmorRating(Struct, frozen=True):
    severity: str
    confidence: str


class _Zizmor(Struct, frozen=True):
    ident: str
    desc: str
    url: str
    determinations: _ZizmorRating
    locations: tuple[_ZizmorPlace, ...]


def zizmor(output: str) -> tuple[RawFinding, ...]:
    """Read `--format json-v1`. Row numbers start at 0."""
    return tuple(_from_zizmor(record) for record in read(output, tuple[_Zizmor, ...]))


def _from_zizmor(record: _Zizmor) -> RawFinding:
    place = next((place for place in record.locations if place.symbolic.kind == "Primary"), None)
    if place is None:
        raise JsonMismatch("locations", "has no primary place")
    line, end = place.concrete.location.start_point.row + 1, place.concrete.location.end_point
    return RawFinding(
        tool="zizmor",
        rule=record.ident,
        file=place.symbolic.key.local.verbatim_path,
        line=line,
        end_line=_last_line(line, end.row + 1, end.column),
        level=f"{record.determinations.severity}/{record.determinations.confidence}".lower(),
        message=record.desc,
        note=f"{'This line ' * place.symbolic.annotation.startswith('may ')}{place.symbolic.annotation}.",
        reference=record.url,
    )


class _Hadolint(Struct, frozen=True):
    code: str
    file: str
    line: Whole
    level: str
    message: str


def hadolint(output: str) -> tuple[RawFinding, ...]:
    """Read `--format json`. Each message refers to a single line."""
    return tuple(_from_hadolint(record) for record in read(output, tuple[_Hadolint, ...]))


def _from_hadolint(record: _Hadolint) -> RawFinding:
    wiki = "https://www.shellcheck.net/wiki/" if record.code.startswith("SC") else _HADOLINT_WIKI
    return RawFinding(
        tool="hadolint",
        rule=record.code,
        file=record.file,
        line=record.line,
        end_line=record.line,
        level=record.level,
        message=record.message,
        reference=wiki + record.code,
    )


_HADOLINT_WIKI = "https://github.com/hadolint/hadolint/wiki/"
