"""Reading: the pull request, the settings on the default branch, the change, and what of it may leave the building."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath

from reviewbot.app.context import Ports, RunContext
from reviewbot.domain.codevf.attachments import Sendable
from reviewbot.domain.codevf.idempotency import WHOLE, Identity, change_digest
from reviewbot.domain.diff.merge_base import merge_base_of
from reviewbot.domain.diff.parse import ChangedFile, ChangeSet, FileStatus, assemble, parse_diff
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.findings.tracking import ChangeIndex
from reviewbot.domain.github.pull_request import PullRequest, RawChange, Snapshot
from reviewbot.domain.model.options import PathInstruction, Redact
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
from reviewbot.domain.selection.selection import Held, HeldBecause, over_limit, risk, select
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.domain.text.escaping import visible
from reviewbot.errors import ChangeUnreadable, DiffTooLarge, Problem, SettingsError
from reviewbot.ports import Reporter
from reviewbot.settings import Settings, peek_settings, read_settings
from reviewbot.settings.table import input_place

LONGEST_NOTICE = 1000
"""Characters of a notice, which quotes names of packages and hosts."""


def load_snapshot(ports: Ports, inputs: Mapping[str, str], number: int) -> Snapshot:
    """Everything that GitHub holds of the pull request, and the default branch's word on us."""
    first = peek_settings(inputs)
    return ports.forge.snapshot(
        number, check_name=first.check_name, config_file=first.config_file, templates_dir=first.templates_dir
    )


def load_settings(ports: Ports, inputs: Mapping[str, str], snapshot: Snapshot) -> tuple[Settings, Snapshot]:
    """The settings, and the snapshot with the check runs of the name that they give: it may be in the file alone.

    Raises:
        SettingsError: with every problem at once.
    """
    settings, first = checked_settings(ports, inputs, snapshot.default_branch.config), peek_settings(inputs)
    if settings.check_name != first.check_name:
        snapshot = ports.forge.snapshot(
            snapshot.pull.number,
            check_name=settings.check_name,
            config_file=first.config_file,
            templates_dir=first.templates_dir,
        )
    return settings, snapshot


def checked_settings(ports: Ports, inputs: Mapping[str, str], config: str | None) -> Settings:
    """The settings, once every report file that they ask for can be written.

    Raises:
        SettingsError: with every problem at once, those of the report files included.
    """
    problems = tuple(_file_problems(ports.reporter, peek_settings(inputs).files()))
    try:
        settings = read_settings(inputs, config)
    except SettingsError as error:
        raise SettingsError((*error.problems, *problems)) from None
    if problems:
        raise SettingsError(problems)
    return settings


def _file_problems(reporter: Reporter, files: Mapping[str, str]) -> Iterator[Problem]:
    """What keeps report files from being written, each with its input.

    Args:
        reporter: writes them.
        files: paths by input.
    """
    taken: dict[PurePosixPath, str] = {}
    for name, path in files.items():
        where = f"{input_place(name)}, `{visible(path)}`"
        try:
            inside = PurePosixPath(reporter.check_file(path))
        except SettingsError as error:
            yield from (replace(one, where=where) for one in error.problems)
            continue
        for other, owner in taken.items():
            if inside.is_relative_to(other) or other.is_relative_to(inside):
                yield Problem(where, f"`{owner}` writes a file of the same path", "a path of its own for each file")
        taken[inside] = name


def overrides(snapshot: Snapshot) -> Mapping[str, str]:
    """The default branch's templates; other files in their folder are nobody's business."""
    return {name: text for name, text in snapshot.default_branch.templates.items() if name.endswith(".j2")}


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
    diff = _utf8(ports.forge.diff(pull.number))
    merge_base = merge_base_of(pull.commits, pull.commit_count)
    if merge_base is None:
        merge_base = ports.forge.merge_base(pull.base_ref, pull.head_sha)
    files = parse_diff(diff)
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


def identity_of(run: RunContext, change: ChangeSet) -> Identity:
    """What a review of this change is known by, as the settings are."""
    return Identity(
        repository_id=run.snapshot.repository.id,
        pull_number=run.snapshot.pull.number,
        instance=run.settings.instance,
        scope=WHOLE,
        change=change_digest(change.files),
        mode=run.settings.mode,
        expertise=run.settings.expertise,
    )


@dataclass(frozen=True)
class Prepared:
    """The change, sorted into what may be sent and what is held back.

    `redactor` knows its secrets, for what is sent or shown beside it.

    Attributes:
        sendables: selected files, redacted.
        views: the same files as the reviewer will see them: placement compares with these.
        title: of the pull request, redacted; `body` and the owners' `instructions` likewise.
    """

    change: ChangeSet
    sendables: tuple[Sendable, ...]
    views: tuple[FileView, ...]
    held: tuple[Held, ...]
    notices: tuple[str, ...]
    title: str
    body: str
    instructions: str
    path_instructions: tuple[PathInstruction, ...]
    redactor: Redactor

    @property
    def change_index(self) -> ChangeIndex:
        """The change, to look findings up in."""
        return ChangeIndex.of(self.change, self.views)

    @cached_property
    def misencoded(self) -> frozenset[str]:
        """The files whose text at the head is not UTF-8, so that only their diff can be sent."""
        return frozenset(file.path for file in self.change.files if file.new and file.new.misencoded)

    @cached_property
    def oversized(self) -> Mapping[str, str]:
        """The files that are too large for their text to be read, with their size and the limit in words."""
        return {file.path: over for file in self.change.files if (over := over_limit(file))}

    @cached_property
    def by_path(self) -> Mapping[str, FileView]:
        """The views by their names at the head: asked for by every finding, put together once."""
        return {view.path: view for view in self.views}

    @cached_property
    def held_by_path(self) -> Mapping[str, Held]:
        """The files that were not sent, by their names at the head and at the merge base."""
        unsent = {one.path: one for one in self.held if one.path not in self.by_path}
        renamed = [file for file in self.change.files if file.diff.status is FileStatus.RENAMED]
        return {file.diff.old_path: unsent[file.path] for file in renamed if file.path in unsent} | unsent


def prepare(run: RunContext, change: ChangeSet) -> Prepared:
    """Select, hold back and redact: everything that is sent goes through here."""
    settings, pull = run.settings, run.snapshot.pull
    selection = select(change.files, paths=settings.paths, attributes=run.snapshot.default_branch.attributes)
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
    examples = [file.path for file in selected if _is_mostly_secrets(file) and file.path not in blocked]
    notices = [
        *map(secrets_notice, examples),
        *(document_notice(path, places) for path, places, one in unsure if one is None and path not in examples),
    ]
    return Prepared(
        change=change,
        sendables=tuple(sendable for sendable, *_ in pairs if sendable.path not in blocked),
        views=tuple(view for _, view, _ in pairs if view.path not in blocked),
        held=tuple(replace(one, path=redactor.redact(one.path).text) for one in held),
        notices=tuple(
            shorten_line(redactor.redact(one).text, LONGEST_NOTICE) for one in (*selection.notices, *notices)
        ),
        title=redactor.redact(pull.title).text,
        body=redactor.redact(pull.body).text,
        instructions=redactor.redact(settings.instructions).text,
        path_instructions=tuple(replace(one, instructions=redactor.redact(one.instructions).text) for one in told),
        redactor=redactor,
    )


def _is_secret(file: ChangedFile) -> bool:
    """Whether it is a file of secrets, or was one before it was renamed: the diff shows what was taken out."""
    names = (file.path, file.diff.old_path)
    return any(map(secret_name, names)) or (not is_document(file) and _is_mostly_secrets(file))


def _is_mostly_secrets(file: ChangedFile) -> bool:
    text = file.text or file.diff.text
    return any(mostly_secrets(name, text) for name in (file.path, file.diff.old_path))


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
