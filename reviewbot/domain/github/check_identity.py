"""The tag of a check run, which names its pull request.

Several pull requests can have one head, and GitHub assigns check runs to commits. The tag is plain text at the start of
`external_id`, before the signed copy, so that it can be read without a key. It is not signed: a workflow that can write
it can write the check's conclusion, too.
"""

from __future__ import annotations

import re

from msgspec import Struct

SKIP_LENGTH = 11
"""Characters of `CheckTag.skip`: 66 bits in Base64. Each guess takes a check run and a reviewbot run."""

TAG_LENGTH = 33
"""Characters of the longest tag, with the space after it: only a skipped check has `CheckTag.skip`."""

_TAG = re.compile(
    r"pr(?P<number>[1-9][0-9]{0,8})=(?P<verdict>[a-z_]{0,15})"
    rf"(?:\+(?P<skip>[0-9A-Za-z_-]{{{SKIP_LENGTH}}}))?(?P<asks>\?)?(?: (?P<rest>.*))?",
    re.ASCII | re.DOTALL,
)


class CheckTag(Struct, frozen=True):
    """The pull request of a check run, with its own conclusion; empty while the review is open.

    Attributes:
        skip: the record that this head needs no review; see `skip_record`.
        asks: whether a question on the pull request is open, so that a collection finds it.
    """

    number: int
    verdict: str = ""
    skip: str = ""
    asks: bool = False


def with_tag(tag: CheckTag, copy: str) -> str:
    """Return the `external_id` of a tag and a copy, which may be empty."""
    skip = f"+{tag.skip}" if tag.skip else ""
    return " ".join(part for part in (f"pr{tag.number}={tag.verdict}{skip}{'?' * tag.asks}", copy) if part)


def split_tag(external_id: str) -> tuple[CheckTag | None, str]:
    """Split an `external_id` into tag and copy; without a tag, reviewbot did not write it."""
    match = _TAG.fullmatch(external_id)
    if match is None:
        return None, ""
    tag = CheckTag(int(match["number"]), match["verdict"], match["skip"] or "", asks=match["asks"] is not None)
    return tag, match["rest"] or ""
