"""What a head changes, how its engineer is minded, and what of it a submission has shown to somebody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from reviewbot_sandbox.codevf import Answer, TaskRequest

from tests.app.house import HEAD, answer, earlier, finding

SHELL = "os.system(command)"
MENDED = "run(command)"
FINDINGS = (
    finding("app.py", 10, title="on a line"),
    finding("app.py", 12, severity="critical", title="on a line, and worse", code=SHELL),
    finding("gone.py", 1, code="never there", title="on a file"),
    finding("elsewhere.py", 3, title="in the summary"),
)
ATTACHMENT_BYTES = 3_000
_NUMBER = re.compile(r"^\+x = (\d+)", re.MULTILINE)


class Beside(Enum):
    """Files beside the usual ones: what cannot be sent leaves a review partial, much of them needs several tasks."""

    NOTHING = "nothing"
    SECRETS = "secrets"
    BINARY = "binary"
    LARGE = "large"
    MUCH = "much"

    @property
    def files(self) -> Mapping[str, str | bytes]:
        """By name."""
        return _BESIDE[self]


_BESIDE: Mapping[Beside, Mapping[str, str | bytes]] = {
    Beside.NOTHING: {},
    Beside.SECRETS: {"beside/.env": "PLACE=here\n"},
    Beside.BINARY: {"beside/blob": b"\0\1\2"},
    Beside.LARGE: {"beside/large.txt": "a line\n" * ATTACHMENT_BYTES},
    Beside.MUCH: {f"beside/{number}.txt": f"a line of {number}\n" * (ATTACHMENT_BYTES // 20) for number in range(6)},
}
NONE_BESIDE: Mapping[str, None] = MappingProxyType(dict.fromkeys(name for one in Beside for name in one.files))


@dataclass(frozen=True, slots=True)
class Variant:
    """What the head changes: a number that says how its engineer is minded, and whether the worst line is mended."""

    number: int
    mended: bool = False
    beside: Beside = field(default=Beside.NOTHING)

    def files(self) -> dict[str, str | bytes | None]:
        """The files at such a head."""
        app = str(HEAD["app.py"])
        return {
            **HEAD,
            "app.py": app.replace(SHELL, MENDED) if self.mended else app,
            "extra.py": f"x = {self.number}\n",
            **NONE_BESIDE,
            **self.beside.files,
        }


def shown(request: TaskRequest) -> str:
    """What a submission shows of a change."""
    return "".join(one.content for one in request.attachments if one.file_name != "review-so-far.txt")


def found(request: TaskRequest) -> tuple[Mapping[str, object], ...]:
    """What the engineer of a submission has to say: minded so, nothing; of what is not there, nothing."""
    text = shown(request)
    numbers = _NUMBER.findall(text)
    if not numbers or int(numbers[0]) % 2 == 0:
        return ()
    return FINDINGS if f"+{SHELL}" in text else FINDINGS[:1]


def is_worst_found(request: TaskRequest) -> bool:
    """Whether the engineer of a submission has found what closes the gate."""
    return FINDINGS[1] in found(request)


def engineer(request: TaskRequest) -> Answer:
    """Reports what there is, unless minded otherwise; calls the worst finding fixed, even where that is a lie."""
    text = shown(request)
    worst = [one for one in earlier(request) if one["severity"] == "critical"]
    word = "fixed" if f"+{MENDED}" in text or "2" in _NUMBER.findall(text) else "open"
    previous = [{"id": one["id"], "state": word, "note": ""} for one in worst]
    return answer(*found(request), previous=previous)
