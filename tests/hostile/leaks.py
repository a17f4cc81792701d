"""Search everything that a run left behind for secrets, in every encoding.

The fixtures that run the action from end to end (`open_rig`, `serve`) do this when they close, so every test that uses
one of them fails if it leaks a secret.
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
"""Part of every secret that a test plants, so that a fragment of one is found, too."""

GHP = "ghp_" + CORE * 4
"""A token in GitHub's format."""

_MASK = b"::add-mask::"
_GIVEN = "event.json"


def forms(secret: str) -> frozenset[bytes]:
    """Return the secret as plain text, JSON, HTML, URL, workflow command, hexadecimal and base64."""
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
    """Return its base64 forms at each offset, without the characters that depend on adjacent bytes."""
    for before in range(3):
        first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"\0" * before + raw)[first:last]


def leaks(traces: Mapping[str, bytes], secrets: Iterable[str]) -> list[str]:
    """Return the places that contain a secret, also with Markdown escapes inside."""
    wanted = {form: secret for secret in secrets for form in forms(secret)}
    return [
        f"{place}: {wanted[form]} as {form.decode()}"
        for place, content in traces.items()
        for seen in {content, _as_shown(content)}
        for form in wanted
        if form in seen
    ]


def _as_shown(content: bytes) -> bytes:
    """Remove the backslashes and zero-width characters that escaping inserts."""
    return content.replace(b"\\", b"").replace(ZWSP.encode(), b"")


def left_by_runs(folder: Path) -> dict[str, bytes]:
    """Return every file that runs wrote: logs, outputs, job summaries, reports. The event file is not included.

    Lines with `::add-mask::` are removed: they are the one place where a secret is written.
    """
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != _GIVEN)
    return {str(path.relative_to(folder)): _unmasked(path.read_bytes()) for path in files}


def _unmasked(content: bytes) -> bytes:
    return b"\n".join(line for line in content.split(b"\n") if not line.startswith(_MASK))


def said_to(service: str, faults: Faults) -> dict[str, bytes]:
    """Return URL and body of every request that a service received."""
    return {
        f"{service}, request {number} ({one.method} {one.path})": f"{one.target}\n{_json(one.body)}".encode(
            "utf-8", "surrogatepass"
        )
        for number, one in enumerate(faults.requests(), start=1)
    }


def _json(body: object) -> str:
    return json.dumps(body, ensure_ascii=False)
