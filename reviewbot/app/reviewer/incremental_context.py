"""The context of a later review: the new part, and the findings to confirm."""

from __future__ import annotations

from reviewbot.app.context import RunContext
from reviewbot.domain.codevf.attachment_names import SO_FAR
from reviewbot.domain.codevf.attachments import SizeTier
from reviewbot.domain.codevf.batches import TaskBatches
from reviewbot.domain.findings.incremental import new_parts, since_text
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.steps import NewPartRead
from reviewbot.domain.model.review import Attachment
from reviewbot.errors import ForgeError


def read_new_part(run: RunContext, known: Known, since: str) -> NewPartRead:
    """Compare the files with the last reviewed head; all is new if GitHub has deleted that commit."""
    sent = {view.path for view in known.change.views}
    files = [file for file in known.change.change.files if file.path in sent]
    try:
        before, _ = run.ports.forge.entries(
            head=since, new_paths=[file.path for file in files], merge_base=since, old_paths=[]
        )
    except ForgeError as error:
        run.ports.reporter.debug(f"The last reviewed head cannot be read: {error.message}")
        before = {}
    return NewPartRead(new_parts(files, before))


def so_far(known: Known, since: str, task_batches: TaskBatches, context_limits: SizeTier) -> list[Attachment]:
    """Return the attachment of each task, redacted; what does not fit is counted.

    A finding is sent with its file, or with the first batch. The limits are for each attachment.
    """
    new, open_findings = known.new_parts if since else (), known.ledger.findings.open()
    where, attachments = task_batches.numbers(), []
    for number in range(len(task_batches.files)):
        parts = [part for part in new if where.get(part.path, 0) == number]
        records = [record for record in open_findings if where.get(record.path, 0) == number]
        text = since_text(since, parts, records, context_limits.attachment)
        attachments.append(Attachment(SO_FAR, known.change.redactor.redact(text).text))
    return attachments
