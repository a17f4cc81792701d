"""The export tests use the views of the render tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "render"))
sys.path.insert(0, str(Path(__file__).parent))
