"""Build the context of a later review: the new lines, the findings to confirm and the conversation."""

from __future__ import annotations

from collections.abc import Sequence

from reviewbot.app.context import RunContext
from reviewbot.app.reviewer.read_result import files_of_head
from reviewbot.domain.codevf.attachments import SizeTier
from reviewbot.domain.codevf.batches import TaskBatches
from reviewbot.domain.codevf.idempotency import renames_digest
from reviewbot.domain.commands.parse import parse
from reviewbot.domain.diff.parse import ChangedFile
from reviewbot.domain.findings.conversation import Reply, newest, redacted, replies_in, reply_of
from reviewbot.domain.findings.incremental import NewPart, new_parts, old_names, reshaped_by, since_text
from reviewbot.domain.findings.redacted_lines import TITLE
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.ledger.ledger import Purchase
from reviewbot.domain.machine.known import Candidate, Known
from reviewbot.domain.machine.steps import NewPartRead
from reviewbot.domain.publishing.comment_diff import marked_threads
from reviewbot.domain.selection.file_kinds import named_as_minified

_UNREAD = Entry(oid="", mode="")


def read_new_part(run: RunContext, known: Known, since: str, last: Purchase | None) -> NewPartRead:
    """Return the parts of the change that are new since the last reviewed head.

    All parts count as new if the last review is unknown, or if GitHub no longer has one of its commits.

    Raises:
        ForgeUnreachable: see `files_of_head`. A review of all lines would cost more.
    """
    sent = {view.path for view in known.change.views}
    files = [file for file in known.change.change.files if file.path in sent]
    if last is None or not last.merge_base:
        return NewPartRead(_all_of(files))
    is_same = last.merge_base == known.change.change.merge_base
    old_paths = [] if is_same else old_names(files)
    found = files_of_head(run, since, [file.path for file in files], last.merge_base, old_paths)
    if found is None:
        return NewPartRead(_all_of(files))
    before, base = found
    reshaped = reshaped_by(last.renames, renames_digest(known.change.change.files))
    records = known.ledger.findings.records
    masked = (one.path for one in records if one.title == TITLE and one.state.is_open)
    unseen = {*masked, *(file.path for file in files if named_as_minified(file.path))}
    return NewPartRead(new_parts(files, before, None if is_same else base, reshaped, unseen))


def _all_of(files: Sequence[ChangedFile]) -> tuple[NewPart, ...]:
    """Return all lines as new, including the lines of deleted files."""
    return new_parts(files, dict.fromkeys((file.path for file in files), _UNREAD))


def so_far(
    known: Known, candidate: Candidate, task_batches: TaskBatches, context_limits: SizeTier, *, with_talk: bool
) -> list[tuple[str, int]]:
    """Return the redacted text of each task's attachment, and the number of redacted secrets.

    An attachment contains the findings to confirm, the new lines and the conversation. A finding goes to the task with
    the finding's file, otherwise to the first task.
    """
    since, findings = candidate.identity.since, known.ledger.findings.records
    replies = conversation(known) if with_talk else ()
    where, texts = task_batches.numbers(), []
    for number in range(len(task_batches.files)):
        parts = [part for part in candidate.new_parts if where.get(part.path, 0) == number]
        records = [record for record in findings if where.get(record.path, 0) == number]
        ids = {record.id for record in records}
        own = [one for one in replies if ids.intersection(one.about) or not (one.about or number)]
        text = since_text(
            since,
            parts,
            [record for record in records if record.state.is_open],
            context_limits.attachment,
            closed=[record for record in records if not record.state.is_open],
            replies=own,
        )
        clean, count = known.change.redactor.counted(text)
        texts.append((clean, count + sum(one.redactions for one in own)))
    return texts


MOST_REPLIES = 200


def conversation(known: Known) -> tuple[Reply, ...]:
    """Return replies about open findings, and commands and answers in the pull request's conversation, oldest first."""
    pull, instance = known.snapshot.pull, known.request.instance
    is_open = {one.id for one in known.ledger.findings.open()}
    found = [
        reply
        for thread, mark in marked_threads(known.snapshot.threads, instance)
        if is_open.intersection(mark.ids)
        for reply in replies_in(thread, pull, instance, mark.ids)
    ]
    talk = (reply_of(one, pull, instance) for one in known.snapshot.comments if one.ours or parse(one.body))
    found += (one for one in talk if one is not None)
    return tuple(redacted(newest(found)[MOST_REPLIES - 1 :: -1], known.change.redactor.counted))
