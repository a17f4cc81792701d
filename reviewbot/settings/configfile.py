"""The config file's grammar: a YAML mapping, small and plain."""

from __future__ import annotations

import re

from ruamel.yaml import YAML
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, NodeEvent, ScalarEvent

from reviewbot.errors import Problem
from reviewbot.settings import yaml_text
from reviewbot.settings.yaml_text import NotYaml

CONFIG_BYTES = 65_536
CONFIG_DEPTH = 10

_LONG_NUMBER = re.compile("[-+]?0[xo][0-9A-Fa-f_]{20,}")
"""Python writes no integer of thousands of digits in decimal, so no error could show it."""


def read_config(text: str) -> tuple[dict[str, object], list[Problem]]:
    """The keys of a config file, and what is wrong with it as a whole.

    YAML 1.2 (so `on` is a word), at most 64 KB, not nested deeply, no key twice, no aliases, anchors or tags (a small
    file must not become a large value or an object).
    """
    if len(text.encode("utf-8", "replace")) > CONFIG_BYTES:
        return {}, [_problem("it is too large", f"at most {CONFIG_BYTES} bytes")]
    try:
        refused = _refused_syntax(text)
        content = yaml_text.value(text) if refused is None else None
    except NotYaml as error:
        return {}, [_problem(_told(error), "a YAML mapping, no key twice")]
    if refused is not None:
        return {}, [_problem(refused, "plain values")]
    if content is None:
        return {}, []
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        return {}, [_problem("it is not a mapping of words", "lines such as `fail-on: high`")]
    return {key: value for key, value in content.items() if value is not None and value != ""}, []


def key_lines(text: str) -> dict[str, int]:
    """The line of each key at the top of a config file, from 1; nothing when `read_config` refuses it."""
    if not read_config(text)[0]:
        return {}
    node = YAML(typ="safe", pure=True).compose(text)
    return {key.value: key.start_mark.line + 1 for key, _ in node.value}


def _refused_syntax(text: str) -> str | None:
    depth = 0
    for event in yaml_text.events(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > CONFIG_DEPTH:
            # Before anything is built: the parser takes minutes for what is nested ten thousand times.
            return "it is nested too deeply"
        if isinstance(event, AliasEvent):
            return "it holds an alias"
        if isinstance(event, NodeEvent) and event.anchor:
            return "it holds an anchor"
        if getattr(event, "tag", None):
            return "it holds a tag"
        if isinstance(event, ScalarEvent) and event.implicit[0] and _LONG_NUMBER.fullmatch(event.value):
            return "it holds a number that is too large"
    return None


def _told(error: NotYaml) -> str:
    """What is wrong, without the parser's own words where they quote the file: somebody may have put a key into it."""
    where = f" (line {error.line})" if error.line else ""
    return f"it holds a key twice{where}" if error.is_double_key else f"it is not YAML{where}"


def _problem(what: str, allowed: str) -> Problem:
    return Problem("config file", what, allowed)
