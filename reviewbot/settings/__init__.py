"""Read the settings and the environment, each once, into a frozen value."""

from reviewbot.settings.table import INPUTS, Input, Settings, peek_settings, read_settings

__all__ = ["INPUTS", "Input", "Settings", "peek_settings", "read_settings"]
