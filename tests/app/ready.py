"""Import what the action needs, once, in the process that runs are forked from.

Only that process imports this module.
"""

from __future__ import annotations

import gc

import httpcore  # httpx imports it with its first client  # noqa: F401

import reviewbot.app.dispatch  # the commands import both when they run
import reviewbot.cli.bootstrap
import reviewbot.domain.redaction.scan  # when the first text is scanned  # noqa: F401
import tests.app.forked  # noqa: F401 — where a run begins
from reviewbot.render.renderer import Renderer

Renderer().check_overrides()
# Frozen objects stay in memory pages that the children share.
gc.freeze()
