"""Read and write the tag of a check run, which contains the number of the pull request.

GitHub assigns check runs to commits, and several pull requests can have the same head. The tag is plain text at the
start of `external_id`, so it can be read without a key. A signature would not help, because a workflow that can write
the tag can also write the conclusion.
"""

from __future__ import annotations

import base64
import re
from hashlib import sha256

from msgspec import Struct

from reviewbot.values import replace

SKIP_LENGTH = 11
"""The length of `CheckTag.skip`: 66 bits in Base64. Each guess would need a check run and a reviewbot run."""

TAG_LENGTH = 45
"""The number of characters reserved for a tag and the next space, without the fields that `marked` adds."""

MARK_LENGTH = 11
"""The length of `CheckTag.base` and of `CheckTag.merge_base`: 66 bits in Base64."""

_MOST = 250
"""The maximum length of a new `external_id`. Later updates of the check run may add a few characters."""

_MARK = f"[0-9A-Za-z_-]{{{MARK_LENGTH}}}"
_TAG = re.compile(
    r"pr(?P<number>[1-9][0-9]{0,8})=(?P<verdict>[a-z_]{0,15})"
    rf"(?:\+(?P<skip>[0-9A-Za-z_-]{{{SKIP_LENGTH}}}))?(?:@(?P<base>{_MARK}))?(?:~(?P<merge_base>{_MARK}))?"
    r"(?P<asks>\?)?(?:#(?P<says>[0-9a-f]{6}))?(?: (?P<rest>.*))?",
    re.ASCII | re.DOTALL,
)


class CheckTag(Struct, frozen=True):
    """The pull request of a check run, and the conclusion for that pull request.

    Attributes:
        verdict: the conclusion, or empty while the review is open.
        skip: the `skip_record` or the `push_record` because of which this head needs no review, or empty.
        asks: whether a question on the pull request is open.
        base: a digest of the base branch of a green verdict, if checks for several branches have the same name.
        merge_base: a digest of the merge base of a green verdict, or of an empty string if no diff decides the verdict.
        says: a digest of the text of a failed check, used to find outdated texts.
    """

    number: int
    verdict: str = ""
    skip: str = ""
    asks: bool = False
    base: str = ""
    merge_base: str = ""
    says: str = ""


def with_tag(tag: CheckTag, copy: str) -> str:
    """Return the `external_id` for a tag and the signed copy of a purchase. The copy may be empty."""
    fields = (("+", tag.skip), ("@", tag.base), ("~", tag.merge_base), ("", "?" * tag.asks), ("#", tag.says))
    written = "".join(f"{mark}{value}" for mark, value in fields if value)
    return " ".join(filter(None, (f"pr{tag.number}={tag.verdict}{written}", copy)))


def marked(tag: CheckTag, copy: str, *, base_ref: str = "", merge_base: str | None = None, says: str = "") -> CheckTag:
    """Add digests of the base branch, the merge base and the page's text to a tag, if the `external_id` has space.

    If a digest that it needs is missing, a merge group does not count a green check.
    """
    base, diff = mark_of(base_ref) if base_ref else "", "" if merge_base is None else mark_of(merge_base)
    whole = replace(tag, base=base, merge_base=diff, says=_digest(says).hex()[:6] if says else "")
    return whole if len(with_tag(whole, copy)) <= _MOST else tag


def mark_of(name: str) -> str:
    return base64.urlsafe_b64encode(_digest(name)).decode()[:MARK_LENGTH]


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "replace")).digest()


def split_tag(external_id: str) -> tuple[CheckTag | None, str]:
    """Split an `external_id` into tag and copy. The tag is None if the `external_id` is not in reviewbot's format."""
    match = _TAG.fullmatch(external_id)
    if match is None:
        return None, ""
    parts = match.groupdict("")
    copy = parts.pop("rest")
    return CheckTag(number=int(parts.pop("number")), asks=parts.pop("asks") != "", **parts), copy
