"""The threat model links existing tests, and threats without a test are listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PIN = re.compile(r"^([\w.-]+==\S+)", re.MULTILINE)
TESTS = re.compile(r"\]\(\.\./(tests/[\w/]+/test_\w+\.py|tests/test_\w+\.py)\)")


@pytest.fixture(scope="module")
def model(root: Path) -> str:
    return (root / "docs" / "threat-model.md").read_text(encoding="utf-8")


def rows(model: str) -> list[str]:
    """Return the rows of the tables, without headings."""
    return [
        line for line in model.splitlines() if line.startswith("| ") and not line.startswith(("| attack", "| mistake"))
    ]


def test_every_threat_links_tests_that_exist(model: str, root: Path) -> None:
    assert len(rows(model)) > 50
    assert not [row for row in rows(model) if not TESTS.search(row)]
    assert not [name for name in TESTS.findall(model) if not (root / name).exists()]


def test_threats_without_a_test_are_listed_with_advice(model: str, root: Path) -> None:
    """GitHub enforces a check's source, and known vulnerabilities are only listed online."""
    audit = (root / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n## Audit\n")[2].partition("\n## ")[0]
    pins = {path.name: set(PIN.findall(path.read_text(encoding="utf-8"))) for path in root.glob("requirements/*.txt")}
    asked = [pins[name] for name in re.findall(r"^pipx run pip-audit .+ requirements/(\S+)$", audit, re.MULTILINE)]
    assert set().union(*pins.values()) == set().union(*asked)
    assert "\nnpm audit\n" in audit
    assert "pin the check's source to GitHub Actions in the ruleset" in model
    assert model.count("forks.md#prevent-forged-checks") == 2


def test_the_threat_model_is_linked_from_the_readme_and_the_security_policy(root: Path) -> None:
    for name in ("README.md", "SECURITY.md"):
        text = (root / name).read_text(encoding="utf-8")
        assert "docs/threat-model.md" in text
        assert "docs/data.md" in text
