"""docs/sandbox.md names every flag and secret of the command, and the faults that it shows can be read."""

from __future__ import annotations

import json
import re
from pathlib import Path

from reviewbot_sandbox.demo import seed, services
from reviewbot_sandbox.fault_rules import read_fault

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")


def test_every_secret_is_explained() -> None:
    tokens = (seed.WORKFLOW_TOKEN, seed.READER_TOKEN, seed.PERSON_TOKEN, seed.STRANGER_TOKEN)
    for secret in (*tokens, services.API_KEY, services.POOR_KEY):
        assert f"`{secret}`" in TEXT


def test_every_fault_of_the_table_is_one() -> None:
    table = TEXT.partition("| `do` |")[2]
    shown = re.findall(r"`(\{.*?\})`(?=[,| ])", table)
    assert len(shown) == 9
    for text in shown:
        read_fault(json.loads(text))
