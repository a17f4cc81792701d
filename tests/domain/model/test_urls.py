"""The API key is sent only over TLS or to this machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.model.urls import check_service_url, is_loopback

GOOD_URLS = [
    ("https://codevf.com/api/v1", "https://codevf.com/api/v1/"),
    ("https://codevf.com/api/v1/", "https://codevf.com/api/v1/"),
    ("HTTPS://codevf.com", "HTTPS://codevf.com/"),
    ("https://codevf.com:8443/x", "https://codevf.com:8443/x/"),
    ("http://localhost:8080", "http://localhost:8080/"),
    ("http://127.9.9.9/", "http://127.9.9.9/"),
    ("http://[::1]:80/", "http://[::1]:80/"),
]
BAD_URLS = """
http://codevf.com http://localhost.evil.example http://127.0.0.1.evil.example http://10.0.0.1 http://0x7f.1 ftp://localhost
https:// https:///x //codevf.com codevf.com https://user@codevf.com https://@codevf.com https://u:p@codevf.com
https://codevf.com?x=1 https://codevf.com/? https://codevf.com/#x https://codevf.com/# https://codevf.com:0
https://codevf.com:99999 https://codevf.com:x https://[::1 https://codevf.com\\@evil.example javascript:x file:///etc
"""


@pytest.mark.parametrize(("url", "base"), GOOD_URLS)
def test_a_key_may_be_sent_over_https_and_to_loopback(url: str, base: str) -> None:
    assert check_service_url(url) == base


@pytest.mark.parametrize(
    "url", [*BAD_URLS.split(), "", "https://code vf.com", "https://co\ndevf.com", "https://cödevf.com"]
)
def test_a_key_may_not_be_sent_elsewhere(url: str) -> None:
    assert check_service_url(url) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:1/", True),
        ("http://127.0.0.1", True),
        ("http://[::1]", True),
        ("http://localhost.evil.example", False),
        ("http://10.0.0.1", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_only_urls_of_this_machine_are_loopback(url: str, expected: object) -> None:
    assert is_loopback(url) is expected


@given(st.text())
def test_a_text_is_downloaded_only_over_tls_or_from_loopback(url: str) -> None:
    base = check_service_url(url)
    assert base is None or base.lower().startswith("https://") or is_loopback(base)
