"""Commits that GitHub creates."""

from __future__ import annotations

import pytest

from reviewbot.domain.model.remotes import login_of, title_of


@pytest.mark.parametrize(
    ("name", "email", "login"),
    [
        ("Ann", "1+ann@users.noreply.github.com", "ann"),
        ("Ann", "ann@users.noreply.github.example.com", "ann"),
        ("x", "49699333+dependabot[bot]@users.noreply.github.com", "dependabot[bot]"),
        ("dependabot[bot]", "support@github.com", "dependabot[bot]"),
        ("dependabot[bot]", "1+ann@users.noreply.github.com", "ann"),
        ("Ann", "", "Ann"),
    ],
)
def test_an_author_is_known_by_githubs_address_or_by_name(name: str, email: str, login: str) -> None:
    assert login_of(name, email) == login


@pytest.mark.parametrize(
    ("subject", "body", "title"),
    [
        ("Merge pull request #8 from acme/more", "\nSearch by name\n\nMore", "Search by name (#8)"),
        ("Merge pull request #8 from acme/more", "", "Merge pull request #8 from acme/more"),
        ("Search by name (#8)", "More", "Search by name (#8)"),
    ],
)
def test_a_merge_has_the_title_of_its_pull_request(subject: str, body: str, title: str) -> None:
    assert title_of(subject, body) == title
