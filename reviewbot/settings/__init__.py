"""Read the settings and the environment once, into immutable values."""

from reviewbot.settings.table import INPUTS, Input, Settings, peek_settings, read_settings

__all__ = ["INPUTS", "Input", "Settings", "peek_settings", "read_settings"]
