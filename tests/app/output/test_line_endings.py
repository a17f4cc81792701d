"""Files with CRLF line endings, from the pull request to everything that is published."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from reviewbot.exports.rdjson import rdjson
from reviewbot.exports.report import read_report
from reviewbot.exports.sarif import sarif
from tests.app.output.test_files import FILES
from tests.app.rig import CLEAN, REPO, answer, finding, open_rig

OLD = "def total(items):\r\n    return 0\r\n"
NEW = "def total(items):\r\n    amount = 0\r\n    return amount\r\n"
QUOTE = "    amount = 0\r\n    return amount\r"


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_a_suggestion_for_a_crlf_file_can_be_committed(tmp_path: Path, ending: str) -> None:
    quote = QUOTE.replace("\r\n", ending).removesuffix("" if ending == "\r\n" else "\r")
    fix = finding(
        "till.py", 9, code=quote, existing_code=quote, suggestion=f"    amount = sum(items){ending}    return amount"
    )
    off = finding("app.py", 1, title="Not in the diff", code="nowhere()\r\nat_all()\r")
    with open_rig(tmp_path, engineer=lambda _: answer(fix, off), files={"till.py": OLD}) as rig:
        rig.world.push(REPO, "topic", {"till.py": NEW}, author="mona")
        done = rig.run(**FILES)
        shown = [*rig.summaries(), *(one.body for one in rig.comments()), done.summary, done.log]
        shown += [rig.checks()[0].output.text or "", *(one.message for one in rig.checks()[0].output.annotations)]
        placed = {rig.world.store.threads[one.thread_id].anchor.path: one for one in rig.comments()}
        anchor = rig.world.store.threads[placed["till.py"].thread_id].anchor
    texts = {name: (done.workspace / path).read_text(encoding="utf-8") for name, path in FILES.items()}
    assert (anchor.start_line, anchor.line) == (2, 3)
    assert "```suggestion\n    amount = sum(items)\n    return amount\n```" in placed["till.py"].body
    literal = {texts.pop(name) for name in ("sarif_file", "rdjson_file")}
    assert not [text for text in (*shown, *texts.values()) if "U+000D" in text or "\r" in text or "\\r" in text]
    assert [text.count("\\r") for text in literal] == [1, 1]
    (reported, _) = sorted(json.loads(texts["json_file"])["findings"], key=lambda one: one["suggestion"] is None)
    assert reported["suggestionState"] == "committable"
    report = read_report(texts["json_file"])
    assert {sarif(report.view, version=report.version, review_url=report.review_url), rdjson(report.view)} == literal
    assert inserted(literal) == ["    amount = sum(items)\r\n    return amount"] * 2


def inserted(documents: Iterable[str]) -> list[str]:
    """Return the text that each fix inserts."""
    return [
        *(
            replaced["insertedContent"]["text"]
            for document in map(json.loads, documents)
            for result in (document["runs"][0]["results"] if "runs" in document else ())
            for fix in result.get("fixes", ())
            for change in fix["artifactChanges"]
            for replaced in change["replacements"]
        ),
        *(
            one["text"]
            for document in map(json.loads, documents)
            for diagnostic in document.get("diagnostics", ())
            for one in diagnostic.get("suggestions", ())
        ),
    ]


@pytest.mark.parametrize(("old", "new"), [("\n", "\r\n"), ("\r\n", "\n")])
def test_a_change_of_line_endings_alone_is_sent_as_it_is(tmp_path: Path, old: str, new: str) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN, files={"till.py": OLD.replace("\r\n", old)}) as rig:
        rig.world.push(REPO, "topic", {"till.py": OLD.replace("\r\n", new)}, author="mona")
        rig.run()
        [sent] = [one.body for one in rig.codevf_faults.log if one.target.endswith("tasks/create")]
    assert isinstance(sent, dict)
    assert f"-    return 0{old}+def total(items):{new}+    return 0{new}" in sent["attachments"][0]["content"]
