"""A repository's own templates: what they may be, and how their mistakes are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reviewbot.errors import TemplateError

SOURCE_LIMIT = 64 * 1024
"""Bytes of one template."""


def check_override(name: str, source: str, shipped: frozenset[str]) -> None:
    """Refuse a name that is not shipped, and a file that is too large."""
    if name not in shipped:
        raise mistake(name, None, f"there is no such template; the names are {', '.join(sorted(shipped))}")
    if len(source.encode("utf-8", "replace")) > SOURCE_LIMIT:
        raise mistake(name, None, f"it has more than {SOURCE_LIMIT:,} bytes")


def check_blocks(name: str, blocks: Mapping[str, int], base: str, known: frozenset[str]) -> None:
    """Refuse a block that would replace nothing.

    Args:
        name: of the override.
        blocks: its outermost blocks with their lines.
        base: the template that it extends.
        known: the base's blocks.
    """
    for block, line in blocks.items():
        if block not in known:
            raise mistake(name, line, f"`{base}` has no block `{block}`; it has {', '.join(sorted(known))}")


def fallback_notice(error: TemplateError, own: Sequence[str]) -> str:
    """The sentence for the summary where the shipped templates replace a repository's own.

    Args:
        error: why its own failed.
        own: the names of its own.
    """
    names = ", ".join(f"`{name}`" for name in own)
    return f"{error.message} reviewbot used the shipped templates instead. Fix or delete {names} on the default branch."


def lost_mark(name: str) -> TemplateError:
    """A text that we would not know again."""
    return TemplateError(
        f"The template `{name}` does not begin with its mark.",
        hint="Without it the next run would not know its own comment and write a second one. Begin the template with "
        "`{{ view.mark }}` (and the summary with `{{ view.mark }}{{ view.ledger }}`), with nothing before it.",
    )


def mistake(name: str, line: int | None, what: str) -> TemplateError:
    """An error in a template, with its place."""
    where = f"`{name}`, line {line}" if line else f"`{name}`"
    return TemplateError(
        f"The template {where}: {what.removesuffix('.')}.",
        hint="Templates come from the folder `templates-dir` of the default branch; nothing of the pull request is "
        "rendered as one. Fix it there, or delete it to get the shipped one back.",
    )
