"""The record of a label that skips a review is bound to label, head, base and pull request, and needs the key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reviewbot.domain.github.check_identity import SKIP_LENGTH
from reviewbot.domain.github.pull_request import LabelEvent
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.ledger.skip_record import push_record, skip_record
from reviewbot.values import replace
from tests.domain.builders import NOON, labelled, pull

SIGNER = Signer("key", 1, 7, "")
PUSHED = pull(author="renovate", author_is_bot=True)
MARKED = pull(labels=frozenset({"skip-review"}), label_events=(labelled("skip-review", "max"),))


def test_the_record_is_short_and_deterministic() -> None:
    record = skip_record(MARKED, SIGNER)
    assert record == skip_record(replace(MARKED, title="Another", is_draft=True), SIGNER)
    assert len(record) == SKIP_LENGTH


@pytest.mark.parametrize(
    "fields",
    [
        {"head_sha": "d" * 40},
        {"base_ref": "next"},
        {"label_events": (labelled("skip-review", "ann"),)},
        {"label_events": (LabelEvent("skip-review", "max", NOON + timedelta(seconds=1)),)},
    ],
)
def test_anything_else_is_another_record(fields: dict[str, Any]) -> None:
    assert skip_record(replace(MARKED, **fields), SIGNER) not in {"", skip_record(MARKED, SIGNER)}


@pytest.mark.parametrize("fields", [{"secret": "other"}, {"repository_id": 2}, {"pull_number": 8}, {"instance": "x"}])
def test_another_place_or_key_makes_another_record(fields: dict[str, Any]) -> None:
    assert skip_record(MARKED, replace(SIGNER, **fields)) != skip_record(MARKED, SIGNER)


@pytest.mark.parametrize("fields", [{"head_sha": "d" * 40}, {"base_ref": "next"}, {"author": "dependabot"}])
def test_the_record_of_a_bots_push_is_for_head_base_and_bot(fields: dict[str, Any]) -> None:
    record = push_record(PUSHED, SIGNER)
    assert push_record(replace(PUSHED, **fields), SIGNER) not in {"", record}
    assert push_record(PUSHED, replace(SIGNER, pull_number=8)) != record
    assert len(record) == SKIP_LENGTH


def test_without_a_secret_a_label_or_a_bot_there_is_none() -> None:
    assert skip_record(MARKED, replace(SIGNER, secret="")) == ""
    assert skip_record(pull(), SIGNER) == ""
    assert push_record(PUSHED, replace(SIGNER, secret="")) == ""
    assert push_record(pull(), SIGNER) == ""
