"""Read untrusted YAML 1.2, and the restricted YAML of the config file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import starmap
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import ComposerError
from ruamel.yaml.constructor import ConstructorError, DuplicateKeyError, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, Event, NodeEvent, ScalarEvent
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode
from ruamel.yaml.parser import ParserError
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.scanner import ScannerError

from reviewbot.domain.text.escaping import visible
from reviewbot.errors import Problem

CONFIG_BYTES = 65_536
CONFIG_DEPTH = 10

_LONG_NUMBER = re.compile("[-+]?0[xo][0-9A-Fa-f_]{20,}")
"""Matches long hexadecimal and octal numbers, because Python refuses to format them in a message."""


class NotYaml(Exception):
    """A string is not YAML or repeats a key. The message shows no values, because they may be secrets."""

    def __init__(self, error: Exception, text: str) -> None:
        where = ""
        if isinstance(error, ReaderError):
            *above, line = _LINE_END.split(text[: error.position])
            where = _position(len(above), len(line))
        elif isinstance(error, MarkedYAMLError) and error.problem_mark:
            where = _position(error.problem_mark.line, error.problem_mark.column)
        super().__init__(f"{where}{_reason(error)}")
        self.repeats_a_key = isinstance(error, DuplicateKeyError)


_LINE_END = re.compile(r"\r\n|[\r\n]")


def _position(line: int, column: int) -> str:
    """Return the prefix of a message. `line` and `column` start at 0."""
    return f"line {line + 1}, column {column + 1}: "


_QUOTED = re.compile("'([^']*)'")
_OPENED = {"while scanning a quoted scalar": "quote", "while parsing a flow sequence": "list"}
"""Names for the parser's contexts. A message shows the name and where the context begins."""
_CONSTRUCTED = {"found unhashable key": "a key is not plain text", "invalid value": "invalid number or date"}
"""The messages for the constructor's errors. Other errors of the constructor may quote values."""
_ENDED = re.compile(r"but (got|found) \(?'<stream end>',?\)?|found unexpected end of stream")
_TAB = r"character '\t' that cannot start any token"
_HARMLESS = re.compile("<[a-z ]+>|.{1,2}")
"""Matches quoted strings that a message may show: token names, or at most two characters. Others may be secrets."""


def _reason(error: Exception) -> str:
    if isinstance(error, DuplicateKeyError):
        return error.problem or "duplicate key"
    if isinstance(error, ReaderError):
        kind = "control" if unicodedata.category(chr(error.character)) == "Cc" else "invalid"
        return f"{kind} character U+{error.character:04X}"
    if isinstance(error, ComposerError) and error.context:
        return "more than one document"
    if isinstance(error, ConstructorError):
        return _CONSTRUCTED.get(error.problem or "", "invalid YAML")
    if not isinstance(error, ScannerError | ParserError):
        return "invalid YAML"
    text = _ENDED.sub("found the end of the file", error.problem or "invalid YAML")
    text = text.replace("the node content", "a value")
    text = text.replace(_TAB, "a tab; indent with spaces")
    text = text.replace("mapping values are not allowed here", "`:` in an unquoted value, or wrong indentation")
    text = text.replace("that cannot start any token", "at the start of an unquoted value")
    text = _QUOTED.sub(lambda found: f"`{found[1]}`" if _HARMLESS.fullmatch(found[1]) else "…", text)
    opened, begin = _OPENED.get(error.context or ""), error.context_mark
    if opened and begin:
        text += f", in the {opened} that starts in line {begin.line + 1}, column {begin.column + 1}"
    return text


def yaml_events(text: str) -> Iterator[tuple[Event, int]]:
    """Yield YAML events with their depth, or raise `NotYaml`.

    The caller can stop at deep nesting, because the parser takes minutes for ten thousand levels.
    """
    depth = 0
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
            yield event, depth
    except (YAMLError, ValueError) as error:
        raise NotYaml(error, text) from None


class _Constructor(SafeConstructor):
    """Locates invalid numbers and dates, and reports a duplicate key without its values, which may be secrets."""

    def construct_object(self, node: Node, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 — as in the base class
        try:
            return super().construct_object(node, deep)
        except ValueError:
            raise ConstructorError(None, None, "invalid value", node.start_mark) from None

    def check_mapping_key(self, node: MappingNode, key_node: Node, mapping: Any, key: object, value: object) -> bool:  # noqa: ANN401, ARG002 — as in the base class
        if key in mapping:
            # Imported here because the detectors load slowly, and only a duplicate key needs them.
            from reviewbot.domain.redaction.detectors import is_secret  # noqa: PLC0415

            name = "" if is_secret(str(key)) else f" `{visible(str(key))[:60]}`"
            first = next(one for one, _ in node.value if self.construct_object(one) == key).start_mark
            what = f"duplicate key{name}, first set in line {first.line + 1}, column {first.column + 1}"
            raise DuplicateKeyError(None, None, what, key_node.start_mark)
        return True


def yaml_value(text: str) -> object:
    """Parse a string as YAML, or raise `NotYaml`."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Constructor
    try:
        return yaml.load(text)
    except (YAMLError, ValueError) as error:
        raise NotYaml(error, text) from None


def read_config(text: str, where: str = "") -> tuple[dict[str, object], list[Problem]]:
    """Return the config's values by key, and the problems of the whole config. `where` is the location in a problem.

    The config is YAML 1.2 (so `on` is a string), at most 64 KB and ten levels deep. Aliases, anchors, tags and repeated
    keys are rejected, so that a small file cannot become a large value or an object.
    """
    if (bytes_ := len(text.encode("utf-8", "replace"))) > CONFIG_BYTES:
        return {}, [Problem(where, f"the file is too large ({bytes_} bytes)", f"up to {CONFIG_BYTES} bytes")]
    try:
        refused = next(filter(None, starmap(_refused, yaml_events(text))), "")
        content = None if refused else yaml_value(text)
    except NotYaml as error:
        return {}, [Problem(where, str(error), todo="Delete one of the two." if error.repeats_a_key else "")]
    if refused:
        return {}, [Problem(where, refused, todo="Put the value in quotes." if "unquoted" in refused else "")]
    if content is None:
        return {}, []
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        return {}, [Problem(where, "the top level is not a mapping with string keys", "lines such as `fail-on: high`")]
    return {key: value for key, value in content.items() if value is not None and value != ""}, []


def key_lines(text: str) -> dict[str, tuple[int, ...]]:
    """Return the line numbers, from 1, of each top-level key and its list items, or nothing for an invalid config."""
    if not read_config(text)[0]:
        return {}
    top = YAML(typ="safe", pure=True).compose(text)
    items = {key: value.value if isinstance(value, SequenceNode) else () for key, value in top.value}
    return {key.value: tuple(node.start_mark.line + 1 for node in (key, *inside)) for key, inside in items.items()}


def _refused(event: Event, depth: int) -> str:
    """Return where and why an event is rejected, or an empty string if the event is allowed."""
    if depth > CONFIG_DEPTH:
        what = f"the value is nested more than {CONFIG_DEPTH} levels deep"
    elif isinstance(event, AliasEvent):
        what = "the value starts with an unquoted `*`, which is an alias"
    elif isinstance(event, NodeEvent) and event.anchor:
        what = "the value starts with an unquoted `&`, which is an anchor"
    elif getattr(event, "tag", None):
        what = "the value starts with an unquoted `!`, which is a tag"
    elif isinstance(event, ScalarEvent) and event.implicit[0] and _LONG_NUMBER.fullmatch(event.value):
        what = "the number has too many digits; to use it as text, put it in quotes"
    else:
        return ""
    return f"{_position(event.start_mark.line, event.start_mark.column)}{what}"
