"""What the user can set, and what the runner gives: each read once, into one frozen value."""

from reviewbot.settings.table import INPUTS, Input, Settings, peek_settings, read_settings

__all__ = ["INPUTS", "Input", "Settings", "peek_settings", "read_settings"]
