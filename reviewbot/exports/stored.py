"""The JSON report read back: into the same view that it was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reviewbot.domain.diff.text_index import line_feeds
from reviewbot.domain.findings.placement import SuggestionState, Why
from reviewbot.domain.findings.tracked_finding import FindingState
from reviewbot.domain.github.pull_request import Conclusion
from reviewbot.domain.model.review import Category, Leftover, Severity, Side
from reviewbot.domain.policy.verdict import Coverage, Outcome, Reason, Status, Verdict
from reviewbot.domain.text.escaping import visible
from reviewbot.domain.text.strict_json import JsonMismatch, JsonNode
from reviewbot.errors import ReportUnreadable
from reviewbot.exports.report import SCHEMA
from reviewbot.render.view_models.review import (
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
        root = JsonNode.parse(text)
        schema = root["schema"]
        if schema.text() != SCHEMA:
            schema.refuse(f"is `{visible(schema.text()[:80])}` where this version reads `{SCHEMA}`")
        version, url = root["generator"]["version"].text(), root["pullRequestUrl"].maybe(JsonNode.text)
        return StoredReport(_view(root), version, url)
    except JsonMismatch as error:
        raise ReportUnreadable(f"The report cannot be read: {error}.", hint=_HINT) from None


_HINT = "`render` and `apply` read the file that `json-file` names, as this version wrote it."


def _code(node: JsonNode) -> str:
    """Return a text with LF line endings: the report may have been edited."""
    return line_feeds(node.text())


def _view(root: JsonNode) -> SummaryView:
    manifest = root["manifest"]
    held = manifest["heldBack"].all(_held)
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
        leftovers=root["leftovers"].all(lambda n: Leftover(n["where"].text(), n["why"].text(), n["text"].text())),
        duplicates=root["duplicates"].all(lambda n: DuplicateView(n["title"].text(), n["path"].text(), n["of"].text())),
        sum=root["sum"].maybe(_sum),
        reviewer_summary=root["summary"].text(),
        coverage=root["coverage"].word(Coverage),
        sent=manifest["sent"].all(_sent),
        held=held,
        notices=root["notices"].all(JsonNode.text),
        degraded=root["degraded"].all(JsonNode.text),
        cost=root["cost"].maybe(_cost),
        wait=root["wait"].maybe(_wait),
        task_id=root["taskId"].maybe(JsonNode.text) or "",
        run_url=root["runUrl"].maybe(JsonNode.text),
        summary_url=root["summaryUrl"].maybe(JsonNode.text),
        waived=_findings(root["waived"], by_path),
        closed=_findings(root["closed"], by_path),
        progress=root["progress"].maybe(_progress),
        bypass=root["bypass"].maybe(lambda node: BypassView(node["by"].text(), node["reason"].text())),
        awaited=root["awaited"].maybe(JsonNode.text) or "",
        fail_on=root["failOn"].maybe(JsonNode.text) or "",
        minutes=root["minutes"].maybe(JsonNode.whole),
    )


def _outcome(node: JsonNode) -> Outcome:
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


def _findings(node: JsonNode, held: Mapping[str, HeldView]) -> tuple[FindingView, ...]:
    """Read findings, each with the reason why its file was not sent, which the manifest has."""
    return tuple(
        replace(one, held=held.get(one.path)) if one.why is Why.FILE_NOT_SENT else one for one in node.all(_finding)
    )


def _finding(node: JsonNode) -> FindingView:
    return FindingView(
        id=node["id"].text(),
        severity=node["severity"].word(Severity),
        category=node["category"].maybe(lambda one: one.word(Category)),
        title=node["title"].text(),
        explanation=node["explanation"].text(),
        references=node["references"].all(JsonNode.text),
        path=node["path"].text(),
        side=node["side"].word(Side),
        start_line=node["startLine"].maybe(JsonNode.whole),
        line=node["line"].maybe(JsonNode.whole),
        why=node["placement"].word(Why),
        code=_code(node["code"]),
        language=node["language"].text(),
        suggestion=node["suggestion"].maybe(_code),
        suggestion_state=node["suggestionState"].word(SuggestionState),
        crlf=node.get("crlf").maybe(JsonNode.flag) or False,
        blocks=node["closesGate"].flag(),
        comment_url=node["commentUrl"].maybe(JsonNode.text),
        blob_url=node["blobUrl"].maybe(JsonNode.text),
        standing=node["standing"].word(FindingState),
        carried=node["carried"].flag(),
        note=node["note"].text(),
        waived_by=node["waivedBy"].text(),
        waived_for=node["waivedFor"].text(),
        closed_at=node["closedAt"].text(),
    )


def _progress(node: JsonNode) -> ProgressView:
    return ProgressView(
        since=node["since"].maybe(JsonNode.text) or "",
        new=node["new"].whole(),
        fixed=node["fixed"].whole(),
        gone=node["gone"].whole(),
        carried=node["carried"].whole(),
        changed=node["changed"].whole(),
        waived=node["waived"].whole(),
        beyond=node["beyond"].whole(),
    )


def _sum(node: JsonNode) -> SumView:
    return SumView(
        returned=node["returned"].whole(),
        on_lines=node["onLines"].whole(),
        on_files=node["onFiles"].whole(),
        in_summary=node["inSummary"].whole(),
        duplicates=node["duplicates"].whole(),
        leftovers=node["leftovers"].whole(),
    )


def _sent(node: JsonNode) -> SentView:
    return SentView(
        path=node["path"].text(),
        bytes=node["bytes"].whole(),
        whole=node["whole"].flag(),
        redactions=node["redactions"].whole(),
        sha256=node["sha256"].text(),
        attachment=node["attachment"].maybe(JsonNode.text) or "",
    )


def _held(node: JsonNode) -> HeldView:
    return HeldView(node["path"].text(), node["reason"].text(), node["detail"].text(), node["missed"].flag())


def _cost(node: JsonNode) -> CostView:
    return CostView(
        mode=node["mode"].text(),
        max_credits=node["maxCredits"].whole(),
        mode_multiplier=node["modeMultiplier"].decimal(),
        expertise=node["expertise"].maybe(JsonNode.text) or "",
        tag_multiplier=node["tagMultiplier"].maybe(JsonNode.decimal),
        hold=node["hold"].whole(),
        used=node["used"].maybe(JsonNode.decimal),
    )


def _wait(node: JsonNode) -> WaitView:
    return WaitView(node["status"].text(), node["submittedAt"].moment(), node["elapsedSeconds"].whole())
