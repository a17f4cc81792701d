"""The same change has the same key whatever else moves, and everything that is bought changes it."""

from __future__ import annotations

import uuid
from dataclasses import replace

import codevf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.codevf.idempotency import (
    WHOLE,
    Identity,
    account_number,
    change_digest,
    key_of_part,
    scope_since,
    since_of,
)
from reviewbot.domain.diff.parse import ChangedFile
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.model.review import Mode
from tests.domain.builders import changed_file

PLAIN = Identity(5, 7, "", WHOLE, "c" * 64, Mode.FAST, "", 1)

identities = st.builds(
    Identity,
    repository_id=st.integers(1, 2**40),
    pull_number=st.integers(1, 2**31),
    instance=st.text(max_size=10),
    scope=st.text(max_size=10),
    change=st.text(max_size=64),
    mode=st.sampled_from(Mode),
    expertise=st.text(max_size=10),
    attempt=st.integers(1, 99),
)


def entry(oid: str, mode: str = "100644") -> Entry:
    return Entry(oid=oid * 40, mode=mode)


@given(identities)
def test_a_key_is_a_uuid_of_version_four_and_the_same_each_time(identity: Identity) -> None:
    parsed = uuid.UUID(identity.key())
    assert (parsed.version, parsed.variant, str(parsed)) == (4, uuid.RFC_4122, identity.key())
    assert replace(identity).key() == identity.key()
    assert len(identity.digest()) == 64


@given(identities)
def test_the_vendors_own_client_takes_the_key(identity: Identity) -> None:
    tasks = codevf.CodeVFClient(api_key="cvf_test_x").tasks
    tasks._validate_idempotency_key(identity.key())  # noqa: SLF001 — the rule is private there, and asking is free
    with pytest.raises(ValueError, match="v4"):
        tasks._validate_idempotency_key(str(uuid.uuid1()))  # noqa: SLF001 — likewise


@pytest.mark.parametrize(
    "change",
    [
        {"repository_id": 6},
        {"pull_number": 8},
        {"instance": "nightly"},
        {"change": "d" * 64},
        {"mode": Mode.STANDARD},
        {"expertise": "engineer"},
    ],
)
def test_each_part_changes_key_and_digest(change: dict[str, object]) -> None:
    other = replace(PLAIN, **change)  # type: ignore[arg-type]
    assert other.key() != PLAIN.key()
    assert other.digest() != PLAIN.digest()


@pytest.mark.parametrize("change", [{"attempt": 2}, {"scope": scope_since("a" * 40)}])
def test_attempt_and_scope_change_the_key_and_not_the_digest(change: dict[str, object]) -> None:
    other = replace(PLAIN, **change)  # type: ignore[arg-type]
    assert other.key() != PLAIN.key()
    assert other.digest() == PLAIN.digest()


def test_a_scope_tells_its_head() -> None:
    assert [since_of(scope_since(head)) for head in ("a" * 40, "")] == ["a" * 40, ""]
    assert scope_since("") == WHOLE


@given(identities, identities)
def test_two_identities_share_a_key_only_if_they_are_the_same(one: Identity, other: Identity) -> None:
    same = replace(one, expertise=one.expertise.casefold()) == replace(other, expertise=other.expertise.casefold())
    assert (one.key() == other.key()) == same


def test_the_case_of_the_expertise_does_not_matter() -> None:
    assert replace(PLAIN, expertise="Engineer").key() == replace(PLAIN, expertise="engineer").key()


def files() -> list[ChangedFile]:
    return [
        changed_file("a.py", entry("1"), entry("2")),
        changed_file("b.py", None, entry("3")),
        changed_file("c.py", entry("4"), None),
    ]


@given(st.permutations(files()))
def test_the_order_of_the_files_does_not_matter(order: list[ChangedFile]) -> None:
    assert change_digest(order) == change_digest(files())


@pytest.mark.parametrize(
    "other",
    [
        [],
        files()[:2],
        [*files()[:2], changed_file("d.py", entry("4"), None)],
        [*files()[:2], changed_file("c.py", entry("5"), None)],
        [*files()[1:], changed_file("a.py", entry("1"), entry("5"))],
        [*files()[1:], changed_file("a.py", entry("5"), entry("2"))],
        [*files()[1:], changed_file("a.py", entry("1"), entry("2", "100755"))],
        [*files()[1:], changed_file("a.py", entry("2"), entry("1"))],
    ],
)
def test_path_mode_and_both_blobs_of_each_file_count(other: list[ChangedFile]) -> None:
    assert change_digest(other) != change_digest(files())


def test_a_name_that_is_no_utf8_has_a_digest() -> None:
    assert len(change_digest([changed_file("\udcff.py", None, entry("1"))])) == 64
    assert uuid.UUID(replace(PLAIN, instance="\udcff").key()).version == 4


def test_an_account_has_a_number_that_says_nothing_of_its_key() -> None:
    one, other = account_number("cvf_test_one"), account_number("cvf_test_other")
    assert one == account_number("cvf_test_one") != other
    assert 0 <= min(one, other) <= max(one, other) < 2**63
    assert replace(PLAIN, repository_id=one).key() != replace(PLAIN, repository_id=other).key()


def test_tasks_that_are_bought_together_have_keys_of_their_own() -> None:
    key = PLAIN.key()
    assert key_of_part(key, 1, 1) == key
    keys = {key_of_part(key, part, parts) for part, parts in ((1, 2), (2, 2), (1, 3), (2, 3), (3, 3))}
    assert len(keys | {key}) == 6
    assert all(uuid.UUID(one).version == 4 for one in keys)
