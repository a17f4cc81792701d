"""Where each value of the settings comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from reviewbot.domain.model.options import PathInstruction
from reviewbot.domain.redaction.detectors import secrets_of
from reviewbot.settings.configfile import read_config
from reviewbot.settings.readers import Secret
from reviewbot.settings.table import Settings, default_text, given, name_of, read_settings

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting as it holds.

    Attributes:
        value: as text; of a secret only that there is one.
        source: `default`, or the place as a problem names it.
    """

    name: str
    value: str
    source: str


def explain_settings(inputs: Mapping[str, str], config: str | None) -> tuple[Shown, ...]:
    """Every setting with where its value comes from; the arguments are those of `read_settings`.

    Raises:
        SettingsError: with every problem.
    """
    settings = read_settings(inputs, config)
    keys, _ = read_config(config) if config is not None else ({}, [])
    return tuple(
        Shown(
            name_of(row),
            _shown(getattr(settings, row.name)),
            next((place for place, _ in given(row, inputs, keys)), DEFAULT),
        )
        for row in fields(Settings)
    )


def _shown(value: object) -> str:
    match value:
        case Secret():
            return "***" if value else ""
        case tuple():
            return ", ".join(one.path if isinstance(one, PathInstruction) else str(one) for one in value)
        case str() if secrets_of([f'secret="{value}"']).strong:
            return "***"  # a key may have been pasted into the wrong place
        case _:
            return default_text(value)
