"""Define the identity of a purchase, and derive the idempotency key from the identity.

The identity contains neither the pull request's title and body, the base commit, reviewbot's version nor the settings
for publishing. A change of these, such as a rebase of an unchanged diff, therefore causes no new purchase.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from reviewbot.domain.diff.parse import ChangedFile
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.model.review import Mode

KEY_MEMORY = timedelta(hours=23)
"""How long reviewbot reuses an idempotency key. CodeVF remembers keys for 24 hours."""


PATIENCE = timedelta(days=7)
"""How long reviewbot looks up a task again that CodeVF does not find, because one response may be wrong."""


def is_given_up(at: str, now: datetime) -> bool:
    """Return whether the time `at` (ISO 8601) is more than `PATIENCE` before `now`."""
    return now - datetime.fromisoformat(at) > PATIENCE


def is_forgotten(at: str, now: datetime) -> bool:
    """Return whether the time `at` (ISO 8601) is more than `KEY_MEMORY` before `now`."""
    return now - datetime.fromisoformat(at) > KEY_MEMORY


def change_digest(files: Iterable[ChangedFile]) -> str:
    """Return the hex SHA-256 of each changed file's paths, status, modes and blob ids, in any order of the files.

    The blob ids determine the lines of the diff, a symlink's target and a submodule's commit.
    """
    rows = ([*_names(one), one.diff.status.value, *_side(one.old), *_side(one.new)] for one in files)
    return _sha256(json.dumps(sorted(rows))).hex()


def _names(file: ChangedFile) -> tuple[str, ...]:
    # Different bytes can decode to the same name. The diff's first line contains the original bytes.
    names = (file.path, file.diff.old_path)
    return (*names, file.diff.text.partition("\n")[0]) if any("\ufffd" in one for one in names) else names


def _side(entry: Entry | None) -> tuple[str, str]:
    return (entry.mode, entry.oid) if entry else ("", "")


def selection_digest(paths: Iterable[str]) -> str:
    """Return a digest (16 hex digits) of the paths, in any order."""
    return _sha256(json.dumps(sorted(paths))).hex()[:16]


def renames_digest(files: Iterable[ChangedFile]) -> str:
    """Return a digest (16 hex digits) of the names of renamed and copied files, or an empty string without any."""
    names = [json.dumps(_names(one)) for one in files if one.path != one.diff.old_path]
    return selection_digest(names) if names else ""


class Identity(Struct, frozen=True):
    """The identity of a purchase.

    Attributes:
        since: the last reviewed head, or empty for a review of the whole change.
        change: the `change_digest` of all changed files.
        attempt: counts from 1. It increases after a purchase without a result. After a result, it increases only for an
            authorized command.
    """

    repository_id: int
    pull_number: int
    instance: str
    since: str
    change: str
    mode: Mode
    expertise: str
    attempt: int = 1

    def digest(self) -> str:
        """Return a digest (32 hex digits) of all fields except `since` and `attempt`.

        Whole and incremental reviews of the same change therefore have the same digest. With 128 bits, no author finds
        two changes with the same digest.
        """
        return _sha256(self._material("")).hex()[:32]

    def key(self) -> str:
        """Return the idempotency key as a version 4 UUID. CodeVF rejects other formats."""
        return _uuid(f"{self._material(self.since)}\n{self.attempt}")

    def _material(self, since: str) -> str:
        change = (self.repository_id, self.pull_number, self.instance, since, self.change)
        return json.dumps((*change, self.mode.value, self.expertise.casefold()))


def key_of_part(key: str, part: int, parts: int) -> str:
    return _uuid(f"{key}\n{part} of {parts}") if parts > 1 else key


def text_digest(text: str) -> str:
    return _sha256(text).hex()[:16]


def question_key(repository_id: int, pull_number: int, instance: str, comment: str, digest: str) -> str:
    """Return the idempotency key of a question. `comment` is a `comment_key`, and `digest` is a `text_digest`."""
    return _uuid(json.dumps(("question", repository_id, pull_number, instance, comment, digest)))


def _uuid(text: str) -> str:
    return str(uuid.UUID(bytes=_sha256(text)[:16], version=4))


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def account_number(api_key: str) -> int:
    """Return a number that replaces the repository id in the identity of a local change.

    CodeVF rejects an idempotency key that another account has used. Two users with the same change need two keys.
    """
    return int.from_bytes(_sha256(f"reviewbot at a terminal\n{api_key}")[:7])
