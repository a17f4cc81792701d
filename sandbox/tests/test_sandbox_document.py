"""sandbox/README.md names every secret of the sandbox, and its faults are valid."""

from __future__ import annotations

import json
import re
from pathlib import Path

from reviewbot_sandbox.demo import seed, services
from reviewbot_sandbox.faults import read_fault

ROOT = Path(__file__).resolve().parents[2]


def test_every_secret_is_explained() -> None:
    text = (ROOT / "sandbox" / "README.md").read_text(encoding="utf-8")
    tokens = (seed.WORKFLOW_TOKEN, seed.READER_TOKEN, seed.PERSON_TOKEN, seed.MAINTAINER_TOKEN)
    for secret in (*tokens, seed.STRANGER_TOKEN, services.API_KEY, services.POOR_KEY):
        assert f"`{secret}`" in text


def test_every_documented_fault_is_valid() -> None:
    text = (ROOT / "sandbox" / "README.md").read_text(encoding="utf-8")
    table = text.partition("| `do` |")[2]
    shown = re.findall(r"`(\{.*?\})`(?=[,| ])", table)
    assert len(shown) == 9
    for text in shown:
        read_fault(json.loads(text))
