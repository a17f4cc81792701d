"""The JSON report read back: into the same view that it was made of."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import NoReturn, TypeVar

from reviewbot.domain.escaping import visible
from reviewbot.domain.gate import Coverage, Outcome, Reason, Status, Verdict
from reviewbot.domain.model import Category, Leftover, Severity, Side
from reviewbot.domain.placement import SuggestionState, Why
from reviewbot.domain.quotes import line_feeds
from reviewbot.domain.records import Standing
from reviewbot.domain.snapshot import Conclusion
from reviewbot.domain.views import (
    BypassView,
    CostView,
    DuplicateView,
    FileGroup,
    FindingView,
    HeldView,
    ProgressView,
    SentView,
    SummaryView,
    SumView,
    WaitView,
)
from reviewbot.errors import ReportUnreadable
from reviewbot.exports.report import SCHEMA

SCHEMA_BEFORE = "reviewbot/report/1"
"""The version before, which knew one review at a time: what it could not tell had not happened."""

_LARGEST = 10**15
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


@dataclass(frozen=True, slots=True)
class StoredReport:
    """What a report file holds.

    Attributes:
        view: the whole story, without the marks, which are GitHub's business.
        version: of the program that wrote it.
        review_url: the pull request's address, None when it was not known.
    """

    view: SummaryView
    version: str
    review_url: str | None


def read_report(text: str) -> StoredReport:
    """Read what `report_json` wrote.

    Raises:
        ReportUnreadable: it is something else; the message names the place.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise ReportUnreadable("The report is not JSON.", hint=_HINT) from None
    root = _Node(_of_today(value), "")
    schema = root["schema"].text()
    if schema != SCHEMA:
        root["schema"].refuse(f"is `{visible(schema[:80])}` where this version reads `{SCHEMA}`")
    return StoredReport(_view(root), root["generator"]["version"].text(), root["pullRequestUrl"].maybe(_Node.text))


def _of_today(document: object) -> object:
    """A document of the version before as one of today's, any other as it is."""
    if not isinstance(document, dict) or document.get("schema") != SCHEMA_BEFORE:
        return document
    today = document | dict(_UNKNOWN_BEFORE) | {"schema": SCHEMA}
    if isinstance(findings := document.get("findings"), list):
        today["findings"] = [one | _OPEN_BEFORE if isinstance(one, dict) else one for one in findings]
    return today


_UNKNOWN_BEFORE: Mapping[str, object] = {"waived": [], "closed": [], "progress": None, "bypass": None, "awaited": None}
_OPEN_BEFORE = {"standing": "open", "carried": False, "note": "", "waivedBy": "", "waivedFor": "", "closedAt": ""}

_HINT = "`render` and `apply` read the file that `json-file` names, as this version or an older one wrote it."


@dataclass(frozen=True, slots=True)
class _Node:
    """A value of the document with its place."""

    value: object
    where: str

    def refuse(self, what: str) -> NoReturn:
        raise ReportUnreadable(f"The report cannot be read: `{self.where or 'the whole'}` {what}.", hint=_HINT)

    def __getitem__(self, key: str) -> _Node:
        where = f"{self.where}.{key}" if self.where else key
        if not isinstance(self.value, dict):
            self.refuse("is no object")
        if key not in self.value:
            _Node(None, where).refuse("is missing")
        return _Node(self.value[key], where)

    def later(self, key: str) -> _Node:
        """A key that the first reports of this version did not have: null where it is missing."""
        return self[key] if isinstance(self.value, dict) and key in self.value else _Node(None, key)

    def items(self) -> Iterator[_Node]:
        if not isinstance(self.value, list):
            self.refuse("is no list")
        for index, item in enumerate(self.value):
            yield _Node(item, f"{self.where}[{index}]")

    def text(self) -> str:
        return self.value if isinstance(self.value, str) else self.refuse("is no text")

    def code(self) -> str:
        """Return a text with LF line endings: the report may have been edited, or written by an older version."""
        return line_feeds(self.text())

    def flag(self) -> bool:
        return self.value if isinstance(self.value, bool) else self.refuse("is neither true nor false")

    def whole(self) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int) or abs(self.value) > _LARGEST:
            self.refuse("is no whole number of a sane size")
        return self.value

    def decimal(self) -> Decimal:
        return Decimal(self.text()) if _DECIMAL.fullmatch(self.text()) else self.refuse("is no decimal number")

    def moment(self) -> datetime:
        try:
            at = datetime.fromisoformat(self.text())
        except ValueError:
            self.refuse("is no moment")
        return at if at.tzinfo else self.refuse("names no time zone")

    def word(self, kind: type[E]) -> E:
        try:
            return kind(self.value)
        except ValueError:
            self.refuse(f"is none of {', '.join(str(one.value) for one in kind)}")

    def maybe(self, read: Callable[[_Node], T]) -> T | None:
        return None if self.value is None else read(self)


def _all(node: _Node, read: Callable[[_Node], T]) -> tuple[T, ...]:
    return tuple(read(item) for item in node.items())


def _view(root: _Node) -> SummaryView:
    manifest = root["manifest"]
    held = _all(manifest["heldBack"], _held)
    by_path = {one.path: one for one in held}
    return SummaryView(
        mark="",
        ledger="",
        instance=root["instance"].text(),
        check_name=root["checkName"].text(),
        reviewer=root["reviewer"].text(),
        pull_number=root["pullRequest"].whole(),
        repository=root["repository"].text(),
        head_sha=root["head"].text(),
        merge_base=root["mergeBase"].text(),
        outcome=_outcome(root["outcome"]),
        counts=root["counts"].maybe(lambda node: {one: node[one.value].whole() for one in Severity}),
        files=_groups(_findings(root["findings"], by_path)),
        leftovers=_all(root["leftovers"], lambda n: Leftover(n["where"].text(), n["why"].text(), n["text"].text())),
        duplicates=_all(
            root["duplicates"], lambda n: DuplicateView(n["title"].text(), n["path"].text(), n["of"].text())
        ),
        sum=root["sum"].maybe(_sum),
        reviewer_summary=root["summary"].text(),
        coverage=root["coverage"].word(Coverage),
        sent=_all(manifest["sent"], _sent),
        held=held,
        notices=_all(root["notices"], _Node.text),
        degraded=_all(root["degraded"], _Node.text),
        cost=root["cost"].maybe(_cost),
        wait=root["wait"].maybe(_wait),
        task_id=root["taskId"].maybe(_Node.text) or "",
        run_url=root["runUrl"].maybe(_Node.text),
        summary_url=root["summaryUrl"].maybe(_Node.text),
        waived=_findings(root["waived"], by_path),
        closed=_findings(root["closed"], by_path),
        progress=root["progress"].maybe(_progress),
        bypass=root["bypass"].maybe(lambda node: BypassView(node["by"].text(), node["reason"].text())),
        awaited=root["awaited"].maybe(_Node.text) or "",
        fail_on=root.later("failOn").maybe(_Node.text) or "",
        minutes=root.later("minutes").maybe(_Node.whole),
    )


def _outcome(node: _Node) -> Outcome:
    return Outcome(
        status=node["status"].word(Status),
        verdict=node["verdict"].word(Verdict),
        reason=node["reason"].word(Reason),
        conclusion=node["conclusion"].maybe(lambda one: one.word(Conclusion)),
        exit_status=node["exitStatus"].whole(),
        message=node["message"].text(),
        hint=node["hint"].text(),
    )


def _groups(findings: tuple[FindingView, ...]) -> tuple[FileGroup, ...]:
    """By file, in the order of the report."""
    groups: dict[str, list[FindingView]] = {}
    for finding in findings:
        groups.setdefault(finding.path, []).append(finding)
    return tuple(FileGroup(path, tuple(items)) for path, items in groups.items())


def _findings(node: _Node, held: Mapping[str, HeldView]) -> tuple[FindingView, ...]:
    """Read findings, each with the reason why its file was not sent, which the manifest has."""
    return tuple(
        replace(one, held=held.get(one.path)) if one.why is Why.FILE_NOT_SENT else one for one in _all(node, _finding)
    )


def _finding(node: _Node) -> FindingView:
    return FindingView(
        id=node["id"].text(),
        severity=node["severity"].word(Severity),
        category=node["category"].maybe(lambda one: one.word(Category)),
        title=node["title"].text(),
        explanation=node["explanation"].text(),
        references=_all(node["references"], _Node.text),
        path=node["path"].text(),
        side=node["side"].word(Side),
        start_line=node["startLine"].maybe(_Node.whole),
        line=node["line"].maybe(_Node.whole),
        why=node["placement"].word(Why),
        code=node["code"].code(),
        language=node["language"].text(),
        suggestion=node["suggestion"].maybe(_Node.code),
        suggestion_state=node["suggestionState"].word(SuggestionState),
        closes_gate=node["closesGate"].flag(),
        comment_url=node["commentUrl"].maybe(_Node.text),
        blob_url=node["blobUrl"].maybe(_Node.text),
        standing=node["standing"].word(Standing),
        carried=node["carried"].flag(),
        note=node["note"].text(),
        waived_by=node["waivedBy"].text(),
        waived_for=node["waivedFor"].text(),
        closed_at=node["closedAt"].text(),
    )


def _progress(node: _Node) -> ProgressView:
    return ProgressView(
        since=node["since"].maybe(_Node.text) or "",
        new=node["new"].whole(),
        fixed=node["fixed"].whole(),
        gone=node["gone"].whole(),
        carried=node["carried"].whole(),
        changed=node["changed"].whole(),
        waived=node["waived"].whole(),
        beyond=node["beyond"].whole(),
    )


def _sum(node: _Node) -> SumView:
    return SumView(
        returned=node["returned"].whole(),
        on_lines=node["onLines"].whole(),
        on_files=node["onFiles"].whole(),
        in_summary=node["inSummary"].whole(),
        duplicates=node["duplicates"].whole(),
        leftovers=node["leftovers"].whole(),
    )


def _sent(node: _Node) -> SentView:
    return SentView(
        path=node["path"].text(),
        bytes=node["bytes"].whole(),
        whole=node["whole"].flag(),
        redactions=node["redactions"].whole(),
        sha256=node["sha256"].text(),
        attachment=node.later("attachment").maybe(_Node.text) or "",
    )


def _held(node: _Node) -> HeldView:
    return HeldView(node["path"].text(), node["reason"].text(), node["detail"].text(), node["missed"].flag())


def _cost(node: _Node) -> CostView:
    return CostView(
        mode=node["mode"].text(),
        max_credits=node["maxCredits"].whole(),
        mode_multiplier=node["modeMultiplier"].decimal(),
        expertise=node["expertise"].maybe(_Node.text) or "",
        tag_multiplier=node["tagMultiplier"].maybe(_Node.decimal),
        hold=node["hold"].whole(),
        used=node["used"].maybe(_Node.decimal),
    )


def _wait(node: _Node) -> WaitView:
    return WaitView(node["status"].text(), node["submittedAt"].moment(), node["elapsedSeconds"].whole())
