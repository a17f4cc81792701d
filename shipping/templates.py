"""Store the templates as Python modules, so that no run compiles them.

Usage: python -I shipping/templates.py [FOLDER], with reviewbot installed. FOLDER is `reviewbot/templates/compiled` of
another installation of the same version.
"""

from __future__ import annotations

import sys
from pathlib import Path

from reviewbot.render.dialects import HTML, MARKDOWN, PLAIN
from reviewbot.render.sandbox import COMPILED, store_compiled

if __name__ == "__main__":
    for dialect in (MARKDOWN, PLAIN, HTML):
        store_compiled(dialect, Path(*sys.argv[1:]) if sys.argv[1:] else COMPILED)
