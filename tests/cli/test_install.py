"""The commands that reviewbot prints install packages from where reviewbot came from."""

from __future__ import annotations

import json
from importlib import metadata

import pytest

from reviewbot.cli.install import how_to_install_analyzers, source_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("direct_url", "expected"),
    [
        (None, None),
        ({"url": "file:///srv/reviewbot.whl", "archive_info": {}}, None),
        ({"url": "file:///srv/a%20clone", "dir_info": {"editable": True}}, "/srv/a clone/sandbox"),
        (
            {"url": "https://github.com/acme/reviewbot", "vcs_info": {"vcs": "git", "commit_id": COMMIT}},
            f"git+https://github.com/acme/reviewbot@{COMMIT}#subdirectory=sandbox",
        ),
    ],
    ids=["index", "wheel", "checkout", "git"],
)
def test_the_sandbox_is_installed_from_the_source_of_reviewbot(direct_url: object, expected: str | None) -> None:
    assert source_of(json.dumps(direct_url) if direct_url else None) == expected


def test_an_uninstalled_copy_prints_the_name_of_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def distribution(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", distribution)
    assert "Install `reviewbot[local]` from its source." in how_to_install_analyzers()
