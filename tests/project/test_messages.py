"""Whatever a run can end with stands in the troubleshooting page, under the words that the user sees."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reviewbot import errors
from reviewbot.adapters.codevf.errors import Said, error_of, error_of_fault
from reviewbot.adapters.github.errors import Intent, Reply, judge
from reviewbot.domain.codevf.polling import Fault
from reviewbot.domain.policy.verdict import Reason
from reviewbot.render.renderer import Renderer
from tests.render.goldens import of_reason
from tests.render.view_builders import HEAD

FENCE = re.compile(r"^```\w*\n.*?^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs/troubleshooting.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sections(page: str) -> dict[str, str]:
    """Every heading of the third level with what stands below it, and every row of the table of what is well."""
    below = dict(re.findall(r"^### (.+)\n((?:(?!##).*\n)*)", page, re.MULTILINE))
    return below | dict(re.findall(r"^\| ([^`|]+) \| (`[a-z-]+` \|.*)$", page, re.MULTILINE))


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_stands_under_its_title_with_what_the_check_says_to_paste(
    sections: dict[str, str], reason: Reason
) -> None:
    title, text = Renderer().check(of_reason(reason))
    (below,) = (body for heading, body in sections.items() if title.startswith(heading))
    assert f"`{reason}`" in below
    offered = {one.group() for one in FENCE.finditer(text.replace(HEAD, "COMMIT"))}
    assert offered <= {one.group() for one in FENCE.finditer(below)}


def plain(text: str) -> str:
    """A message as the page writes it: no backticks, one blank."""
    return " ".join(text.replace("`", "").split())


def like(message: str) -> str:
    """A pattern for a message, with anything of its own cell in place of what is put in."""
    return re.escape(message).replace("…", "[^|·]{1,60}")


def said(node: ast.expr) -> Iterator[str]:
    """A text as far as the sources have it; `…` stands for what is put in."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.BoolOp(values=values):
            for value in values:
                yield from said(value)
        case ast.JoinedStr(values=parts):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else "…" for one in parts)


def messages(root: Path) -> Iterator[str]:
    """The text of every error of our tree that the sources make, and why a memory is not believed."""
    raised = vars(errors).keys() - {"Problem", "SettingsError"}  # these say what is allowed instead
    for path in sorted((root / "reviewbot").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match call:
                case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in raised:
                    yield from said(first)
                case ast.Call(func=ast.Name(id="LedgerReading"), args=[*_, last]):
                    yield from said(last)


@pytest.fixture(scope="module")
def known(root: Path) -> list[str]:
    """Every message that a run can end with, as far as it is always the same."""
    every = [message for message in map(plain, messages(root)) if re.search(r"\w{4}", message.replace("HTTP", ""))]
    assert len(every) > 50
    return [message.removesuffix(" (HTTP 413).…") for message in every] + [*map(plain, refusals())]


def refusals() -> Iterator[str]:
    """What is made of the services' refusals, without the details."""
    now, intent = datetime(2026, 1, 1, tzinfo=UTC), Intent("reading", "contents: read")
    for status in (301, 400, 401, 402, 403, 404, 408, 409, 413, 418, 429, 500):
        yield error_of(status, Said(), str, buys=True).message.partition(" (")[0]
        yield judge(Reply(status, ""), intent, now).error.message.partition("reading")[0]
    yield judge(Reply(406, "", codes=frozenset({"diff"})), intent, now).error.message.partition("reading")[0]
    for fault in Fault:
        yield error_of_fault(fault, "Kind").message.partition(" (")[0]


def test_every_message_is_explained(page: str, known: list[str]) -> None:
    told = plain(page)
    assert not [message for message in known if not re.search(like(message), told)]


def test_every_message_that_is_explained_is_one(page: str, known: list[str]) -> None:
    table = page.partition("## What the message says")[2].partition("### What the run could not do")[0]
    cells = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
    explained = [plain(one) for cell in cells for one in cell.split(" · ") if cell not in {"message", "---"}]
    assert not [one for one in explained if not any(re.match(like(message), one) for message in known)]
