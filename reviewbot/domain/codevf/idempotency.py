"""Define the identity of a purchase, and derive its idempotency key.

The title, body, base tip, reviewbot's version and publishing settings are not part of the identity. Rebasing an
unchanged diff therefore does not cause a new purchase.
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
"""The time for which a key may be reused. CodeVF remembers keys for 24 hours."""


def is_forgotten(at: str, now: datetime) -> bool:
    """Return whether an intent recorded at `at` (ISO 8601) is so old that its key would create a second task."""
    return now - datetime.fromisoformat(at) > KEY_MEMORY


def change_digest(files: Iterable[ChangedFile]) -> str:
    """Return the hex SHA-256 of everything that a diff shows of each changed file, in any order of the files.

    The digest covers paths, status, modes and blobs on both sides. A symlink's blob is its target, and a submodule's
    blob is its commit. The lines are not needed, because the blobs determine them.
    """
    rows = ([*_names(one), one.diff.status.value, *_side(one.old), *_side(one.new)] for one in files)
    return _sha256(json.dumps(sorted(rows))).hex()


def _names(file: ChangedFile) -> tuple[str, ...]:
    """Return both names, and the diff's first line if a name is not UTF-8.

    The first line distinguishes names whose bytes decode to the same text.
    """
    names = (file.path, file.diff.old_path)
    return (*names, file.diff.text.partition("\n")[0]) if any("\ufffd" in one for one in names) else names


def _side(entry: Entry | None) -> tuple[str, str]:
    return (entry.mode, entry.oid) if entry else ("", "")


def selection_digest(paths: Iterable[str]) -> str:
    """Return sixteen hex digits for the selected files, in any order."""
    return _sha256(json.dumps(sorted(paths))).hex()[:16]


def renames_digest(files: Iterable[ChangedFile]) -> str:
    """Return sixteen hex digits for the names of renamed and copied files, or an empty text if there are none."""
    names = [json.dumps(_names(one)) for one in files if one.path != one.diff.old_path]
    return selection_digest(names) if names else ""


class Identity(Struct, frozen=True):
    """The identity of a purchase.

    Attributes:
        since: the last reviewed head, or empty for a whole review.
        change: the `change_digest` of all changed files.
        expertise: the expertise from the settings. Case is ignored.
        attempt: the number of the attempt, from 1. The next attempt begins after a purchase without a result, including
            purchases that were refused, withdrawn, or dropped while deferred. After a result, only an authorized
            command begins the next attempt.
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
        """Return the hex SHA-256 of everything except `since` and `attempt`.

        Whole and incremental reviews of the same change therefore have the same digest.
        """
        return _sha256(self._material("")).hex()

    def key(self) -> str:
        """Return the idempotency key, formatted as a version 4 UUID, the only form that CodeVF accepts."""
        return _uuid(f"{self._material(self.since)}\n{self.attempt}")

    def _material(self, since: str) -> str:
        change = (self.repository_id, self.pull_number, self.instance, since, self.change)
        return json.dumps((*change, self.mode.value, self.expertise.casefold()))


def key_of_part(key: str, part: int, parts: int) -> str:
    return _uuid(f"{key}\n{part} of {parts}") if parts > 1 else key


def text_digest(text: str) -> str:
    return _sha256(text).hex()[:16]


def question_key(repository_id: int, pull_number: int, instance: str, comment: str, digest: str) -> str:
    """Return the idempotency key of a question. `comment` is a `comment_key`, and `digest` a digest of the text."""
    return _uuid(json.dumps(("question", repository_id, pull_number, instance, comment, digest)))


def _uuid(text: str) -> str:
    return str(uuid.UUID(bytes=_sha256(text)[:16], version=4))


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def account_number(api_key: str) -> int:
    """Return a number for the account, used as the repository id of a change that is not on a server.

    CodeVF rejects an idempotency key that another account has used, so two users with the same change need two keys.
    """
    return int.from_bytes(_sha256(f"reviewbot at a terminal\n{api_key}")[:7])
