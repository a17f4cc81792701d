"""Searches whatever a run left behind for what must never show, in every way in which it could be written.

The rigs that run the action from end to end (`house`, `town`) do this when they close, so every test that uses one
is a test of this, too, and the one that wrote a secret is the one that fails.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

from reviewbot_sandbox.faults import Faults

from reviewbot.domain.text.escaping import ZWSP

CORE = "a1B2c3D4e5"
"""Every secret that a test plants holds this, and nothing else does: what is left of one is still found."""

GHP = "ghp_" + CORE * 4
"""A token as GitHub makes them, to be planted."""

_MASK = b"::add-mask::"
_GIVEN = "event.json"


def forms(secret: str) -> frozenset[bytes]:
    """The secret as it is, and as JSON, HTML, addresses, workflow commands, hexadecimal and base64 write it."""
    raw = secret.encode()
    texts = {
        secret,
        *(json.dumps(secret, ensure_ascii=plain)[1:-1] for plain in (True, False)),
        html.escape(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        secret.replace("%", "%25").replace(":", "%3A").replace(",", "%2C"),
        raw.hex(),
        raw.hex().upper(),
    }
    return frozenset(text.encode() for text in texts) | frozenset(_base64(raw))


def _base64(raw: bytes) -> Iterator[bytes]:
    """What base64 makes of it wherever it begins, without the characters that its neighbours have a part in."""
    for before in range(3):
        first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"\0" * before + raw)[first:last]


def leaks(traces: Mapping[str, bytes], secrets: Iterable[str]) -> list[str]:
    """The places where a secret shows, be it with the marks in between that make Markdown show it literally."""
    wanted = {form: secret for secret in secrets for form in forms(secret)}
    return [
        f"{place}: {wanted[form]} as {form.decode()}"
        for place, content in traces.items()
        for seen in {content, _as_shown(content)}
        for form in wanted
        if form in seen
    ]


def _as_shown(content: bytes) -> bytes:
    """The content without backslashes and the characters of no width that we write into references."""
    return content.replace(b"\\", b"").replace(ZWSP.encode(), b"")


def left_by_runs(folder: Path) -> dict[str, bytes]:
    """Every file below a folder of runs: logs, outputs, job summaries, reports; apart from the event, which was given.

    The lines that tell the runner what to mask are left out: they are the one place for a secret.
    """
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != _GIVEN)
    return {str(path.relative_to(folder)): _unmasked(path.read_bytes()) for path in files}


def _unmasked(content: bytes) -> bytes:
    return b"\n".join(line for line in content.split(b"\n") if not line.startswith(_MASK))


def said_to(service: str, faults: Faults) -> dict[str, bytes]:
    """The address and the body of every request that a service got."""
    return {
        f"{service}, request {number} ({one.method} {one.path})": f"{one.target}\n{_json(one.body)}".encode(
            "utf-8", "surrogatepass"
        )
        for number, one in enumerate(faults.requests(), start=1)
    }


def _json(body: object) -> str:
    return json.dumps(body, ensure_ascii=False)
