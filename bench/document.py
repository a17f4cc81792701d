"""Fill the tables of `bench/README.md`, each between two marks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bench.table import Results, goals_table, markdown

_REGION = re.compile(r"(<!-- bench:([a-z -]+) -->\n).*?(<!-- end -->)", re.DOTALL)


class UnknownRegion(ValueError):
    """The document's regions are not those of the results."""


def filled(document: str, results: Results) -> str:
    """Return the document with these results in its regions.

    Raises:
        UnknownRegion: a region has no figures, or figures have no region.
    """
    texts = _texts(results)
    named = {match[2] for match in _REGION.finditer(document)}
    if named != texts.keys():
        raise UnknownRegion(sorted(named ^ texts.keys()))
    return _REGION.sub(lambda match: f"{match[1]}\n{texts[match[2]]}\n\n{match[3]}", document)


def _texts(results: Results) -> Mapping[str, str]:
    tables = {one.name: markdown(one.columns, one.rows, one.note) for one in results.tables}
    return {"machine": _machine(results), "goals": goals_table(results.goals), **tables}


def _machine(results: Results) -> str:
    rows = [*results.machine.items(), ("took", f"{results.seconds / 60:.1f} minutes")]
    if results.size != "whole":
        rows.append(("size", f"**{results.size}**: these figures mean nothing"))
    return markdown(("measured on", ""), rows)
