"""What the action does at each start, done once in the process that its runs are forked from.

Imported there alone.
"""

from __future__ import annotations

import gc

import httpcore  # httpx imports it with its first client  # noqa: F401

import reviewbot.app.dispatch  # the commands import both when they are called
import reviewbot.cli.bootstrap
import reviewbot.domain.redaction.scan  # when the first text is scanned  # noqa: F401
import tests.app.forked  # noqa: F401 — where a run begins
from reviewbot.render.renderer import Renderer

Renderer().rehearse()
# The children share what is here, as long as nobody counts its references.
gc.freeze()
