"""Read the change, and select and redact the changed files."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence

from reviewbot.app.context import Ports, RunContext
from reviewbot.domain.codevf.attachments import Sendable
from reviewbot.domain.diff.parse import ChangedFile, ChangeSet, FileDiff, FileStatus, assemble, parse_diff
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.diff.text_index import in_context, split_lines
from reviewbot.domain.github.context import ContextRequest, ProjectContext, not_read
from reviewbot.domain.github.pull_request import PullRequest, Snapshot
from reviewbot.domain.machine.known import ReviewedChange
from reviewbot.domain.model.options import Redact
from reviewbot.domain.policy.routes import unreviewed
from reviewbot.domain.redaction.places import Place
from reviewbot.domain.redaction.redactor import Redactor, secret_name
from reviewbot.domain.selection.file_kinds import is_lock_file, place_before, place_of
from reviewbot.domain.selection.path_filters import matches
from reviewbot.domain.selection.selection import Held, HeldBecause, is_unread, risk, select
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.errors import ChangeUnreadable, DiffTooLarge, ForgeError
from reviewbot.values import replace

LONGEST_NOTICE = 1000
"""The maximum number of characters in a notice, which may quote package and host names."""


def load_change(ports: Ports, snapshot: Snapshot, asked: ContextRequest | None = None) -> ChangeSet:
    """Return the whole change with the requested context. If the API's diff is incomplete, read the change with git.

    Raises:
        ChangeUnreadable: neither source is complete.
    """
    pull, context = snapshot.pull, ProjectContext()
    try:
        merge_base, files = _diff(ports, pull)
        new_paths = [file.path for file in files if file.status is not FileStatus.REMOVED and not file.is_submodule]
        old_paths = [file.old_path for file in files if file.status is not FileStatus.ADDED and not file.is_submodule]
        new, old, context = ports.forge.entries(
            head=pull.head_sha, new_paths=new_paths, merge_base=merge_base, old_paths=old_paths, asked=asked
        )
        asked = None
        return _whole(assemble(merge_base, pull.head_sha, files, old, new, context))
    except (DiffTooLarge, ChangeUnreadable) as error:
        ports.reporter.debug(f"The diff from GitHub is incomplete ({type(error).__name__}), so reviewbot uses git.")
        name = snapshot.repository.full_name
        change = ports.changes.read_change(name, number=pull.number, head=pull.head_sha, base=pull.base_sha)
        return replace(change, context=_context(ports, asked) if asked else context)


def _context(ports: Ports, asked: ContextRequest) -> ProjectContext:
    try:
        return ports.forge.entries(head="", new_paths=[], merge_base="", old_paths=[], asked=asked)[2]
    except ForgeError as error:
        return not_read(error)


def _diff(ports: Ports, pull: PullRequest) -> tuple[str, Sequence[FileDiff]]:
    merge_base = pull.merge_base or ports.forge.merge_base(pull.base_sha, pull.head_sha)
    files = parse_diff(_utf8(ports.forge.diff(merge_base, pull.head_sha)))
    if pull.changed_files not in {None, len(files)}:
        raise ChangeUnreadable(f"GitHub's API returned the diffs of only {len(files)} of {pull.changed_files} files.")
    if any("\ufffd" in name for file in files for name in (file.old_path, file.path)):
        # The API cannot address such a file, and would return a file whose name only looks the same.
        raise ChangeUnreadable("The name of a changed file is not UTF-8.")
    return merge_base, files


def _utf8(diff: bytes) -> str:
    try:
        return diff.decode("utf-8")
    except UnicodeDecodeError:
        raise ChangeUnreadable("The diff from GitHub's API is not valid UTF-8.") from None


def _whole(change: ChangeSet) -> ChangeSet:
    """Raise if the API omitted contents. A `.gitattributes` file of the author can mark any text as binary."""
    hidden = [file.path for file in change.files if file.diff.binary and _is_text(file)]
    if hidden:
        raise ChangeUnreadable(f"The API returned no diff lines for {hidden[0]!r}, a text file.")
    unread = [file.path for file in change.files if file.new and is_unread(file.new)]
    if unread:
        raise ChangeUnreadable(f"reviewbot did not read the content of {unread[0]!r}.")
    return change


def _is_text(file: ChangedFile) -> bool:
    """Return whether the diff should contain text. For deleted files, whose bytes are not read, GitHub decides."""
    is_gone = file.new is None or (file.old is not None and file.old.mode[:2] != file.new.mode[:2])
    return file.text is not None or (is_gone and file.old is not None and file.old.binary is False)


def prepare(run: RunContext, snapshot: Snapshot, change: ChangeSet) -> ReviewedChange:
    """Select the files, and redact the files, the title, the body and the instructions."""
    settings, pull = run.settings, snapshot.pull
    selection = select(
        change.files,
        paths=settings.paths,
        attributes=snapshot.default_branch.attributes,
        unreviewed=unreviewed(settings.routes),
    )
    places = {file.path: place_of(file) for file in selection.selected}
    words = pull.title, pull.body, settings.instructions, *(one.instructions for one in settings.path_instructions)
    # Collect values from secret files and from file names, even if they are not sent. `Redactor` decides where to mask.
    names = ((file.path, Place.PATH) for file in change.files)
    texts = (pair for file in selection.selected for pair in _texts(file, places[file.path]))
    diffs = ((file.diff.text, places[file.path]) for file in selection.selected)
    redactor = Redactor.of([*texts, *names], settings.secrets(), diffs=diffs)
    secrets = {file.path: file.diff.status for file in selection.selected if _is_secret(file)}
    selected = [file for file in selection.selected if file.path not in secrets]
    names_of_selected = {name for file in selected for name in (file.path, file.diff.old_path)}
    instructions = [
        one for one in settings.path_instructions if any(matches([one.path], name) for name in names_of_selected)
    ]

    said = _redacting(words, redactor, settings.secrets())
    pairs = [_redacted(file, redactor, places[file.path]) for file in selected]
    blocked = {sendable.path for sendable, _ in pairs if sendable.redactions and settings.redact is Redact.BLOCK}
    held = (
        *selection.held,
        *(
            Held(path, HeldBecause.SECRET_FILE, "", missed=status is not FileStatus.REMOVED)
            for path, status in sorted(secrets.items())
        ),
        *(Held(path, HeldBecause.SECRET_FILE, "`redact: block`", missed=True) for path in sorted(blocked)),
    )
    held = tuple(replace(one, path=redactor.redact(one.path, Place.PATH).text) for one in held)
    return ReviewedChange(
        change=change,
        base_ref=pull.base_ref,
        sendables=tuple(sendable for sendable, _ in pairs if sendable.path not in blocked),
        views=tuple(view for _, view in pairs if view.path not in blocked),
        held=held,
        notices=tuple(shorten_line(redactor.redact(one, Place.PATH).text, LONGEST_NOTICE) for one in selection.notices),
        title=said(pull.title),
        body=said(pull.body),
        instructions=said(settings.instructions),
        path_instructions=tuple(replace(one, instructions=said(one.instructions)) for one in instructions),
        redactor=redactor,
        to_leave_out=run.leaving_out([one.path for one in held if one.missed]),
        context=change.context.without(file.path for file in change.files),
    )


def _redacting(words: Iterable[str], redactor: Redactor, secrets: Iterable[str]) -> Callable[[str], str]:
    """Return a function that redacts strings, including the secrets found in `words`.

    Secrets in `words` never mask code, because an author could later hide lines by editing the title or the body.
    """
    spoken = Redactor.of(((text, Place.DATA) for text in words), secrets)
    return lambda text: redactor.redact(spoken.redact(text).text).text


def _is_secret(file: ChangedFile) -> bool:
    """Return whether the current or former name suggests secrets, which a renamed file's diff would show."""
    return secret_name(file.path) or secret_name(file.diff.old_path)


def _texts(file: ChangedFile, place: Place) -> Iterable[tuple[str, Place]]:
    if file.text is not None:
        yield file.text, place
    # The diff may show only the middle of a changed key.
    if file.old and file.old.text and "PRIVATE KEY" in file.old.text:
        yield file.old.text, place


def _redacted(file: ChangedFile, redactor: Redactor, place: Place) -> tuple[Sendable, FileView]:
    diff = redactor.redact(file.diff.text, place, diff=True)
    text = None if file.text is None else redactor.redact(file.text, place)
    seen = file.diff if not diff.count else parse_diff(diff.text)[0]
    changed = {
        after.new: after.text
        for before, after in zip(file.diff.lines(), seen.lines(), strict=True)
        if before.text != after.text and after.new is not None
    }
    lines = frozenset(changed) | (text.lines if text else frozenset())
    newly = frozenset(changed) if place.is_executed and text is None else frozenset(changed) & file.diff.added
    if text and file.text is not None:
        newly |= frozenset(_newly_redacted(file, file.text, text.lines, redactor, place))
    count = max(diff.count, text.count if text else 0)
    text_beside = text.text if text and not (file.diff.whole or is_lock_file(file.path)) else None
    sendable = Sendable(file.path, diff.text, text_beside, count, risk(file))
    view = FileView(file.path, file.diff.old_path, seen.hunks, text.text if text else None, lines)
    return sendable, replace(view, newly_redacted=newly, whole=file.diff.whole)


def _newly_redacted(
    file: ChangedFile, head: str, found: frozenset[int], redactor: Redactor, place: Place
) -> Iterator[int]:
    """Yield the numbers of redacted lines that are new or were not redacted at the merge base.

    In a file that is executed or installed, another key above a redacted line can turn the line into a command.
    """
    context, added = in_context if place.is_executed else _alone, file.diff.added
    known = set[tuple[str, ...]]()
    if file.old is not None and not found <= added:
        old = file.diff.reverted(head)
        if place_before(file.diff.old_path, old, file.old.mode) is place:
            known = {text for _, text in context(split_lines(old), redactor.redact(old, place).lines)}
    yield from (number for number, text in context(split_lines(head), found) if number in added or text not in known)


def _alone(lines: Sequence[str], numbers: Container[int]) -> Iterator[tuple[int, tuple[str, ...]]]:
    yield from ((number, (line,)) for number, line in enumerate(lines, start=1) if number in numbers)
