"""The repository of a clone, by its remote's URL."""

from __future__ import annotations

import pytest

from reviewbot.domain.model.remotes import DirectUrl, Remote, VcsInfo, read_direct_url, read_remote


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/acme/shop",
        "https://github.com/acme/shop.git",
        "https://octocat:password@github.com/acme/shop.git/",
        "ssh://git@github.com:22/acme/shop.git",
        "git@github.com:acme/shop.git",
        "github.com:/acme/shop",
    ],
)
def test_a_url_names_a_repository_on_a_host(address: str) -> None:
    remote = read_remote(address)
    assert remote == Remote("github.com", "acme/shop")
    assert remote.url == "https://github.com/acme/shop"


@pytest.mark.parametrize("page", ["http://127.0.0.1:8080/acme/shop", "https://git.example.com:8443/acme/shop"])
def test_a_page_url_keeps_scheme_and_port(page: str) -> None:
    remote = read_remote(f"{page}.git")
    assert remote is not None
    assert remote.url == page


@pytest.mark.parametrize(
    "address", ["", "/srv/git/shop.git", "../shop", "https://github.com/acme", "file:///a/b", "a b:c/d"]
)
def test_a_url_without_host_and_repository_is_ignored(address: str) -> None:
    assert read_remote(address) is None


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"url": 5}', '{"url": "x", "vcs_info": {"vcs": "git"}}'])
def test_an_invalid_record_of_the_origin_is_ignored(text: str | None) -> None:
    assert read_direct_url(text) is None


def test_pips_record_of_the_origin_is_read() -> None:
    record = '{"url": "https://x.test/a/b", "vcs_info": {"vcs": "git", "commit_id": "c", "requested_revision": null}}'
    assert read_direct_url(record) == DirectUrl("https://x.test/a/b", VcsInfo("git", "c"))
    assert read_direct_url('{"url": "file:///x", "dir_info": {}}') == DirectUrl("file:///x", dir_info={})
