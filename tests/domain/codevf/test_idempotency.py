"""The idempotency key depends on everything that is bought and on nothing else."""

from __future__ import annotations

import uuid
from datetime import timedelta
from random import Random

import codevf
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reviewbot.domain.codevf.idempotency import (
    Identity,
    account_number,
    change_digest,
    is_forgotten,
    key_of_part,
    question_key,
    renames_digest,
    text_digest,
)
from reviewbot.domain.diff.parse import SUBMODULE_MODE, SYMLINK_MODE, ChangedFile, FileStatus, parse_diff
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.model.review import Mode
from reviewbot.values import replace
from tests.domain.builders import NOON, changed_file, file_diff

PLAIN = Identity(5, 7, "", "", "c" * 64, Mode.FAST, "", 1)

identities = st.builds(
    Identity,
    repository_id=st.integers(1, 2**40),
    pull_number=st.integers(1, 2**31),
    instance=st.text(max_size=10),
    since=st.text(max_size=10),
    change=st.text(max_size=64),
    mode=st.sampled_from(Mode),
    expertise=st.text(max_size=10),
    attempt=st.integers(1, 99),
)


@given(identities)
def test_a_key_is_a_uuid_of_version_four_and_the_same_each_time(identity: Identity) -> None:
    parsed = uuid.UUID(identity.key())
    assert (parsed.version, parsed.variant, str(parsed)) == (4, uuid.RFC_4122, identity.key())
    assert replace(identity).key() == identity.key()
    assert len(identity.digest()) == 32


@given(identities)
def test_the_vendors_client_accepts_the_key(identity: Identity) -> None:
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


@pytest.mark.parametrize("change", [{"attempt": 2}, {"since": "a" * 40}])
def test_attempt_and_scope_change_the_key_and_not_the_digest(change: dict[str, object]) -> None:
    other = replace(PLAIN, **change)  # type: ignore[arg-type]
    assert other.key() != PLAIN.key()
    assert other.digest() == PLAIN.digest()


@given(identities, identities)
def test_two_identities_share_a_key_only_if_they_are_the_same(one: Identity, other: Identity) -> None:
    same = replace(one, expertise=one.expertise.casefold()) == replace(other, expertise=other.expertise.casefold())
    assert (one.key() == other.key()) == same


def test_the_case_of_the_expertise_does_not_matter() -> None:
    assert replace(PLAIN, expertise="Engineer").key() == replace(PLAIN, expertise="engineer").key()


NAMES = st.sampled_from(["a.py", "b.py", "lib/a.py", "vendor/parcel"])
MODES = st.sampled_from(["100644", "100755", SYMLINK_MODE, SUBMODULE_MODE])
OIDS = st.sampled_from(["1" * 40, "2" * 40, "3" * 40])
"""The entry's id identifies a symlink's target and a submodule's commit, like a text's blob."""

entries = st.builds(Entry, oid=OIDS, mode=MODES)


@st.composite
def changed_files(draw: st.DrawFn) -> ChangedFile:
    """Generate a changed file of any type, with the entries of its type."""
    path, status = draw(NAMES), draw(st.sampled_from(FileStatus))
    plain = changed_file(path, None, None)
    moved = status in {FileStatus.RENAMED, FileStatus.COPIED}
    diff = replace(plain.diff, status=status, old_path=draw(NAMES) if moved else path)
    old = None if status is FileStatus.ADDED else draw(entries)
    return ChangedFile(diff, old, None if status is FileStatus.REMOVED else draw(entries))


changes = st.lists(changed_files(), max_size=4, unique_by=lambda file: file.path)


def altered(file: ChangedFile) -> list[ChangedFile]:
    """Yield the file with one thing changed."""
    diff, old, new = file.diff, file.old, file.new
    others = [one for one in FileStatus if one is not diff.status]
    return [
        replace(file, diff=replace(diff, path="else.py")),
        replace(file, diff=replace(diff, old_path="else.py")),
        *(replace(file, diff=replace(diff, status=one)) for one in others),
        *(replace(file, old=one) for one in _altered(old)),
        *(replace(file, new=one) for one in _altered(new)),
    ]


def _altered(entry: Entry | None) -> list[Entry | None]:
    return [None, replace(entry, oid="4" * 40), replace(entry, mode="100600")] if entry else []


@given(changes, st.data())
def test_every_change_of_a_diff_changes_the_digest(change: list[ChangedFile], data: st.DataObject) -> None:
    assume(change)
    at = data.draw(st.integers(0, len(change) - 1))
    other = data.draw(st.sampled_from([None, *altered(change[at])]))
    kept = [*change[:at], *change[at + 1 :]]
    assert change_digest([*kept, other] if other else kept) != change_digest(change)


def test_two_identical_files_that_swap_their_names_have_another_digest() -> None:
    same = Entry("1" * 40, "100644")
    one, two = (
        ChangedFile(diff, same, same)
        for diff in parse_diff(
            "diff --git a/one.py b/here.py\nsimilarity index 100%\nrename from one.py\nrename to here.py\n"
            "diff --git a/two.py b/here.py\nsimilarity index 100%\nrename from two.py\nrename to here.py\n"
        )
    )
    assert change_digest([one]) != change_digest([two])


@given(changes, st.randoms())
def test_neither_the_order_of_files_nor_what_surrounds_them_changes_the_digest(
    change: list[ChangedFile], random: Random
) -> None:
    """A rebase changes the hunks' line numbers, and a larger repository has longer abbreviated blob ids."""
    moved = [replace(one, diff=replace(one.diff, text="@@ -9 +9 @@", old_blob="1111111", hunks=())) for one in change]
    random.shuffle(moved)
    assert change_digest(moved) == change_digest(change)


def test_a_name_that_is_not_utf8_has_a_digest() -> None:
    assert len(change_digest([changed_file("\udcff.py", None, Entry("1" * 40, "100644"))])) == 64
    assert uuid.UUID(replace(PLAIN, instance="\udcff").key()).version == 4


def test_names_that_are_not_utf8_and_decode_alike_have_different_digests() -> None:
    there = Entry("1" * 40, "100755")
    names = [f'diff --git "a/\\{octal}.sh" "b/\\{octal}.sh"\nnew file mode 100755\n' for octal in ("377", "376")]
    one, other = (ChangedFile(parse_diff(text)[0], None, there) for text in names)
    assert one.path == other.path
    assert change_digest([one]) != change_digest([other])


def test_the_renames_of_a_change_are_known_by_both_names() -> None:
    def named(old: str, path: str) -> ChangedFile:
        return ChangedFile(file_diff("a\n", "b\n", path, old), None, None)

    kept, moved, other = (named(old, "new.py") for old in ("new.py", "old.py", "other.py"))
    further = named("other.py", "more.py")
    assert renames_digest([]) == renames_digest([kept]) == ""
    assert renames_digest([moved, kept, further]) == renames_digest([further, moved])
    assert len({renames_digest(one) for one in ([moved], [other], [further], [moved, further])}) == 4


def test_an_accounts_number_does_not_reveal_its_key() -> None:
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


def test_the_key_of_a_question_is_that_of_its_comment_and_text() -> None:
    keys = {
        question_key(1, 7, "", "42", text_digest("Why?")),
        question_key(2, 7, "", "42", text_digest("Why?")),
        question_key(1, 8, "", "42", text_digest("Why?")),
        question_key(1, 7, "nightly", "42", text_digest("Why?")),
        question_key(1, 7, "", "r42", text_digest("Why?")),
        question_key(1, 7, "", "42", text_digest("How?")),
    }
    assert len(keys) == 6
    assert all(uuid.UUID(key).version == 4 for key in keys)
    assert question_key(1, 7, "", "42", text_digest("Why?")) in keys


def test_a_key_is_forgotten_an_hour_before_codevf_forgets_it() -> None:
    assert not is_forgotten(NOON.isoformat(), NOON + timedelta(hours=23))
    assert is_forgotten(NOON.isoformat(), NOON + timedelta(hours=23, seconds=1))
