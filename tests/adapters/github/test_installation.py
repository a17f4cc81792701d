"""The repositories of an App's installation, over one connection and its rate limits."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from reviewbot_sandbox.faults import Reply

from reviewbot.errors import NotFound, PermissionMissing, RateLimited
from tests.adapters.conftest import REPO, TOKEN, GitHubOnLoopback

OTHER = "acme/other"


def test_repositories_that_cannot_be_written_are_left_out(github: GitHubOnLoopback) -> None:
    rows = [
        {"full_name": "acme/a"},
        {"full_name": "acme/b", "archived": True},
        {"full_name": "acme/c", "disabled": True},
    ]
    body = json.dumps({"total_count": 3, "repositories": rows}).encode()
    github.faults.add("/installation/repositories", Reply(200, (), body))
    assert github.forge.installed() == ("acme/a",)


def test_the_repositories_are_those_of_the_token(github: GitHubOnLoopback) -> None:
    github.world.repository(OTHER)
    github.world.repository("acme/third")
    assert set(github.forge.installed()) == {REPO, OTHER, "acme/third"}
    github.world.app_token(TOKEN, repositories=[REPO, OTHER])
    assert set(github.forge.installed()) == {REPO, OTHER}


def test_the_list_is_read_by_hundreds(github: GitHubOnLoopback) -> None:
    repos = github.world.store.repos
    for number in range(199):
        repos[f"acme/x{number}"] = replace(repos[REPO.lower()], id=10_000 + number, name=f"x{number}")
    github.sent()
    assert len(github.forge.installed()) == 200
    assert [one.path for one in github.sent()] == ["/installation/repositories"] * 2


def test_a_persons_token_has_no_installation(github: GitHubOnLoopback) -> None:
    github.world.person_token("ghp_mona", "mona")
    with github.open("ghp_mona") as forge, pytest.raises(PermissionMissing):
        list(forge.installed())


def test_another_repository_is_read_over_the_same_connection(github: GitHubOnLoopback) -> None:
    github.world.repository(OTHER)
    github.world.push(OTHER, "main", {"bot.yml": "mode: fast\n"})
    forge = github.forge.at(OTHER)
    github.sent()
    assert forge.config("bot.yml") == "mode: fast\n"
    assert github.forge.config("bot.yml") is None
    assert len(github.sent()) == 2
    assert github.forge.repository == REPO
    with pytest.raises(NotFound):
        github.forge.at("acme/none").config("bot.yml")


def test_the_rate_limit_is_shared_by_all_repositories(github: GitHubOnLoopback) -> None:
    assert github.forge.requests_left is None
    github.forge.config("bot.yml")
    first = github.forge.requests_left
    github.world.repository(OTHER)
    github.forge.at(OTHER).config("bot.yml")
    assert first is not None
    assert github.forge.requests_left == first - 1


def test_a_secondary_limit_leaves_nothing(github: GitHubOnLoopback) -> None:
    body = json.dumps({"message": "You have exceeded a secondary rate limit"}).encode()
    github.faults.add(".", Reply(403, (("Retry-After", "600"),), body), times=None)
    with pytest.raises(RateLimited):
        github.forge.config("bot.yml")
    assert github.forge.requests_left == 0
