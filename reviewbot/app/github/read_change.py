"""Reading: the pull request, the settings on the default branch, the change, and what of it may leave the building."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reviewbot.app.context import Ports, RunContext
from reviewbot.domain.codevf.attachments import Sendable
from reviewbot.domain.diff.merge_base import merge_base_of
from reviewbot.domain.diff.parse import ChangedFile, ChangeSet, FileStatus, assemble, parse_diff
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.github.pull_request import PullRequest, RawChange, Snapshot
from reviewbot.domain.machine.known import ReviewedChange
from reviewbot.domain.model.options import Redact
from reviewbot.domain.redaction.redactor import Redactor, mostly_secrets, secret_name
from reviewbot.domain.selection.path_filters import matches
from reviewbot.domain.selection.redaction_places import (
    RedactionPlace,
    document_notice,
    held_for,
    is_document,
    redaction_places,
    secrets_notice,
)
from reviewbot.domain.selection.selection import Held, HeldBecause, risk, select
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.errors import ChangeUnreadable, DiffTooLarge

LONGEST_NOTICE = 1000
"""Characters of a notice, which quotes names of packages and hosts."""


def load_change(ports: Ports, pull: PullRequest) -> ChangeSet:
    """The whole change: from the API when it gives one, from a bare fetch otherwise.

    Raises:
        ChangeUnreadable: neither gives it whole.
    """
    try:
        return _whole(assemble(_from_api(ports, pull)))
    except (DiffTooLarge, ChangeUnreadable) as error:
        ports.reporter.debug(f"The API's diff is not whole ({type(error).__name__}); fetching with git.")
        return assemble(ports.changes.read_change(number=pull.number, head=pull.head_sha, base=pull.base_sha))


def _from_api(ports: Ports, pull: PullRequest) -> RawChange:
    merge_base = merge_base_of(pull.commits, pull.commit_count)
    if merge_base is None:
        merge_base = ports.forge.merge_base(pull.base_ref, pull.head_sha)
    diff = _utf8(ports.forge.diff(merge_base, pull.head_sha))
    files = parse_diff(diff)
    if pull.changed_files not in {None, len(files)}:
        raise ChangeUnreadable(f"The API's diff has {len(files)} files of {pull.changed_files}.")
    new, old = ports.forge.entries(
        head=pull.head_sha,
        new_paths=[file.path for file in files if file.status is not FileStatus.REMOVED and not file.is_submodule],
        merge_base=merge_base,
        old_paths=[file.old_path for file in files if file.status is not FileStatus.ADDED and not file.is_submodule],
    )
    return RawChange(merge_base=merge_base, head=pull.head_sha, diff=diff, old=old, new=new)


def _utf8(diff: bytes) -> str:
    try:
        return diff.decode("utf-8")
    except UnicodeDecodeError:
        raise ChangeUnreadable("The API's diff is not UTF-8.") from None


def _whole(change: ChangeSet) -> ChangeSet:
    """The change, unless the API hides lines: an attribute on the author's branch can call any text binary."""
    hidden = [file.path for file in change.files if file.diff.binary and file.text is not None]
    if hidden:
        raise ChangeUnreadable(f"The API gives no lines for {hidden[0]!r}, which is text.")
    return change


def prepare(run: RunContext, snapshot: Snapshot, change: ChangeSet) -> ReviewedChange:
    """Select, hold back and redact: everything that is sent goes through here."""
    settings, pull = run.settings, snapshot.pull
    selection = select(change.files, paths=settings.paths, attributes=snapshot.default_branch.attributes)
    secrets = [file for file in selection.selected if _is_secret(file)]
    selected = [file for file in selection.selected if file not in secrets]
    names = [file.path for file in selected]
    told = [one for one in settings.path_instructions if any(matches([one.path], name) for name in names)]
    words = (pull.title, pull.body, settings.instructions, *(one.instructions for one in told))
    # What a file of secrets holds is a secret in the others, too, and so is a name that is one, held back or not.
    words = (*words, *(file.path for file in change.files))
    redactor = Redactor.of([*_texts(selection.selected), *words], settings.secrets())
    pairs = [_redacted(file, redactor) for file in selected]
    blocked = {sendable.path for sendable, *_ in pairs if sendable.redactions and settings.redact is Redact.BLOCK}
    hiding = [(sendable.path, places) for sendable, _, places in pairs if places and sendable.path not in blocked]
    unsure = [(path, places, held_for(path, places)) for path, places in hiding]
    held = (
        *selection.held,
        *(Held(file.path, HeldBecause.SECRET_FILE, "", missed=True) for file in secrets),
        *(Held(path, HeldBecause.SECRET_FILE, "`redact: block`", missed=True) for path in sorted(blocked)),
        *(one for *_, one in unsure if one),
    )
    examples = [file.path for file in selected if _is_example(file) and file.path not in blocked]
    notices = [
        *map(secrets_notice, examples),
        *(document_notice(path, places) for path, places, one in unsure if one is None and path not in examples),
    ]
    held = tuple(replace(one, path=redactor.redact(one.path).text) for one in held)
    return ReviewedChange(
        change=change,
        base_ref=pull.base_ref,
        sendables=tuple(sendable for sendable, *_ in pairs if sendable.path not in blocked),
        views=tuple(view for _, view, _ in pairs if view.path not in blocked),
        held=held,
        notices=tuple(
            shorten_line(redactor.redact(one).text, LONGEST_NOTICE) for one in (*selection.notices, *notices)
        ),
        title=redactor.redact(pull.title).text,
        body=redactor.redact(pull.body).text,
        instructions=redactor.redact(settings.instructions).text,
        path_instructions=tuple(replace(one, instructions=redactor.redact(one.instructions).text) for one in told),
        redactor=redactor,
        to_leave_out=run.leaving_out([one.path for one in held if one.missed]),
    )


def _is_secret(file: ChangedFile) -> bool:
    """Whether it is a file of secrets, or was one before it was renamed: the diff shows what was taken out."""
    names = (file.path, file.diff.old_path)
    return any(map(secret_name, names)) or (not is_document(file) and _is_mostly_secrets(file))


def _is_example(file: ChangedFile) -> bool:
    """Whether it is a document that consists of secrets: any other file of this kind is held back."""
    return is_document(file) and _is_mostly_secrets(file)


def _is_mostly_secrets(file: ChangedFile) -> bool:
    text = file.text or file.diff.text
    return any(mostly_secrets(name, text) for name in {file.path, file.diff.old_path})


def _texts(files: Iterable[ChangedFile]) -> Iterable[str]:
    for file in files:
        yield file.diff.text
        if file.text is not None:
            yield file.text


def _redacted(file: ChangedFile, redactor: Redactor) -> tuple[Sendable, FileView, tuple[RedactionPlace, ...]]:
    """The file as it is sent, as the reviewer sees it, and where code may have been taken out of it."""
    diff = redactor.redact(file.diff.text)
    text = None if file.text is None else redactor.redact(file.text)
    seen = file.diff if not diff.count else parse_diff(diff.text)[0]
    changed = {
        after.new
        for before, after in zip(file.diff.lines(), seen.lines(), strict=True)
        if before.text != after.text and after.new is not None
    }
    lines = frozenset(changed) | (text.lines if text else frozenset())
    count = max(diff.count, text.count if text else 0)
    sendable = Sendable(file.path, diff.text, text.text if text else None, count, risk(file))
    view = FileView(file.path, file.diff.old_path, seen.hunks, text.text if text else None, lines)
    return sendable, view, redaction_places(file, diff, text)
