"""YAML 1.2 of somebody else: its events before anything is built, and its plain values."""

from __future__ import annotations

from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import Event


class NotYaml(Exception):
    """A text is not YAML, or holds a key twice.

    Args:
        error: the parser's, which may quote the text.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__()
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        self.line = mark.line + 1 if mark else None
        self.is_double_key = isinstance(error, DuplicateKeyError)


def events(text: str) -> Iterator[Event]:
    """The events of a text, one by one, so that the reader can stop before something large is built.

    Raises:
        NotYaml: it is not YAML.
    """
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except (YAMLError, ValueError) as error:
        raise NotYaml(error) from None


def value(text: str) -> object:
    """The value of a text.

    Raises:
        NotYaml: it is not YAML.
    """
    try:
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError) as error:
        raise NotYaml(error) from None
