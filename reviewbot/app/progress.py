"""What goes beside the files of a review that is not the first: the new part, and the findings to be confirmed."""

from __future__ import annotations

from collections.abc import Mapping

from reviewbot.app.run import Run
from reviewbot.app.story import Story
from reviewbot.domain.attachment_names import SO_FAR
from reviewbot.domain.changes import ChangedFile
from reviewbot.domain.increment import new_parts, since_text
from reviewbot.domain.model import Attachment
from reviewbot.domain.packing import Limits
from reviewbot.domain.parts import Parcels
from reviewbot.domain.snapshot import Entry
from reviewbot.errors import ForgeError


def so_far(run: Run, story: Story, parcels: Parcels, room: Limits) -> list[Attachment]:
    """The attachment of each task, redacted; what does not fit is counted.

    Args:
        run: of the pull request.
        story: with the purchase.
        parcels: a finding goes where its file does; one whose file goes nowhere, to the first.
        room: for one of them.
    """
    since, sent = story.own.since, {view.path for view in story.read.views}
    files = [file for file in story.read.change.files if file.path in sent]
    new, known = new_parts(files, _before(run, since, files)) if since else (), story.ledger.findings.open()
    where, attachments = parcels.numbers(), []
    for number in range(len(parcels.files)):
        parts = [part for part in new if where.get(part.path, 0) == number]
        records = [record for record in known if where.get(record.path, 0) == number]
        text = since_text(since, parts, records, room.attachment)
        attachments.append(Attachment(SO_FAR, story.read.redactor.redact(text).text))
    return attachments


def _before(run: Run, since: str, files: list[ChangedFile]) -> Mapping[str, Entry]:
    """The files at the last reviewed head; none when GitHub has thrown that commit away, so that all counts as new."""
    try:
        there, _ = run.world.forge.entries(
            head=since, new_paths=[file.path for file in files], merge_base=since, old_paths=[]
        )
    except ForgeError as error:
        run.world.reporter.debug(f"The last reviewed head cannot be read: {error.message}")
        return {}
    return there
