"""In importlib mode a folder's own `builders` is not found, so its folder is named."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
