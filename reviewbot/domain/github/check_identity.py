"""Whose check run it is: several pull requests may have one head, and GitHub tells a check run's commit alone.

The tag stands in the clear at the beginning of a check run's `external_id`, before the copy of what was bought: it has
to be read without anybody's key. It is no secret and no proof, and nothing turns green because of one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TAG_LENGTH = 32
"""Characters that the longest tag takes, with the space after it."""

_TAG = re.compile(r"pr(?P<number>[1-9][0-9]{0,8})=(?P<verdict>[a-z_]{0,15})(?: (?P<rest>.*))?", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class CheckTag:
    """A check run's pull request, and what its review came to.

    Attributes:
        number: of the pull request.
        verdict: the pull request's own conclusion, empty while it is open. GitHub may show another one, because of a
            second pull request.
    """

    number: int
    verdict: str = ""


def with_tag(tag: CheckTag, copy: str) -> str:
    """The `external_id` with a tag before the copy, which may be empty."""
    return " ".join(part for part in (f"pr{tag.number}={tag.verdict}", copy) if part)


def split_tag(external_id: str) -> tuple[CheckTag | None, str]:
    """The tag and the copy of an `external_id`; neither where there is no tag, since then we did not write it."""
    match = _TAG.fullmatch(external_id)
    if match is None:
        return None, ""
    return CheckTag(int(match["number"]), match["verdict"]), match["rest"] or ""
