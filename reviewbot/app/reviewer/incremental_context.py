"""The context of a later review: the new part, and the findings to confirm."""

from __future__ import annotations

from collections.abc import Mapping

from reviewbot.app.context import RunContext
from reviewbot.domain.codevf.attachment_names import SO_FAR
from reviewbot.domain.codevf.attachments import SizeTier
from reviewbot.domain.codevf.batches import TaskBatches
from reviewbot.domain.diff.parse import ChangedFile
from reviewbot.domain.findings.incremental import new_parts, since_text
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.machine.known import Known
from reviewbot.domain.model.review import Attachment
from reviewbot.errors import ForgeError


def so_far(
    run: RunContext, known: Known, since: str, task_batches: TaskBatches, context_limits: SizeTier
) -> list[Attachment]:
    """Return the attachment of each task, redacted; what does not fit is counted.

    A finding is sent with its file, or with the first batch. The limits are for each attachment.
    """
    sent = {view.path for view in known.change.views}
    files = [file for file in known.change.change.files if file.path in sent]
    new, open_findings = new_parts(files, _before(run, since, files)) if since else (), known.ledger.findings.open()
    where, attachments = task_batches.numbers(), []
    for number in range(len(task_batches.files)):
        parts = [part for part in new if where.get(part.path, 0) == number]
        records = [record for record in open_findings if where.get(record.path, 0) == number]
        text = since_text(since, parts, records, context_limits.attachment)
        attachments.append(Attachment(SO_FAR, known.change.redactor.redact(text).text))
    return attachments


def _before(run: RunContext, since: str, files: list[ChangedFile]) -> Mapping[str, Entry]:
    """Return the files at the last reviewed head; empty if GitHub has deleted that commit, so that all count as new."""
    try:
        there, _ = run.ports.forge.entries(
            head=since, new_paths=[file.path for file in files], merge_base=since, old_paths=[]
        )
    except ForgeError as error:
        run.ports.reporter.debug(f"The last reviewed head cannot be read: {error.message}")
        return {}
    return there
