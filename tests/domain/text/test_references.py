"""Which references of a finding become links: pages of documentation, and nothing that only looks like one."""

from __future__ import annotations

import pytest

from reviewbot.domain.text.bounds import shorten_line
from reviewbot.domain.text.references import DOCUMENTATION, is_documentation

PAGES = [
    "https://cwe.mitre.org/data/definitions/89.html",
    "https://owasp.org/Top10/A03_2021-Injection/",
    "https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html#defense-option-1",
    "https://developer.mozilla.org/en-US/docs/Web/API/Element/innerHTML",
    "https://docs.astral.sh/ruff/rules/subprocess-popen-with-shell-equals-true",
    "https://docs.zizmor.sh/audits/#template-injection",
    "https://www.shellcheck.net/wiki/SC2086",
    "https://github.com/hadolint/hadolint/wiki/DL3008",
]

OTHERS = [
    "http://cwe.mitre.org/data/definitions/89.html",
    "https://evil.example/cwe.mitre.org/",
    "https://cwe.mitre.org.evil.example/",
    "https://cwe.mitre.org@evil.example/",
    "https://cwe.mitre.org:443@evil.example/",
    "https://user:pass@cwe.mitre.org/",
    "https://cwe.mitre.org:8443/",
    "https://cwe.mitre.org./",
    "https://sub.cwe.mitre.org/",
    "https://CWE.mitre.org/",
    "https://cwe.mitre.org",
    "https://cwe.mitre.org\\@evil.example/",
    "https://cwe.mitre.org/\\evil.example",
    "https://cwe.mitre.org//evil.example/",
    "https://cwe.mitre.org/a/../b",
    "https://cwe.mitre.org/%2e%2e/b",
    "https://owasp.org/?next=https://evil.example",
    "https://owasp.org/x)[click](https://evil.example",
    "https://owasp.org/x\nhttps://evil.example",
    "https://owasp.org/x\n",
    " https://owasp.org/x",
    "https://owasp.org/x y",
    "https://owasp.org/`x`",
    "https://owasp.org/<b>",
    "https://\u043ewasp.org/x",
    "https://docs.astral.sh/other/",
    "https://github.com/evil/evil",
    "https://github.com/hadolint/hadolint/wiki/../../../evil/evil",
    "javascript:alert(1)//https://owasp.org/",
    "//owasp.org/x",
    "RFC 9110, section 15.5.1",
    "",
]


@pytest.mark.parametrize("address", PAGES)
def test_documentation_is_a_link(address: str) -> None:
    assert is_documentation(address)


def test_every_host_has_an_example() -> None:
    assert {address.split("/")[2] for address in PAGES} == set(DOCUMENTATION)


@pytest.mark.parametrize("reference", OTHERS)
def test_anything_else_is_code(reference: str) -> None:
    assert not is_documentation(reference)


def test_a_truncated_url_is_not_a_link() -> None:
    assert is_documentation(f"https://owasp.org/{'x' * 600}")
    assert not is_documentation(shorten_line(f"https://owasp.org/{'x' * 600}", 500))
