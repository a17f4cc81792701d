"""Read files at two commits in batches with GraphQL, and raw blobs where GraphQL's text is not exact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct

from reviewbot.adapters.github.client import RepositoryConnection, collecting_errors
from reviewbot.adapters.github.errors import Intent
from reviewbot.adapters.github.graphql import parse, queries
from reviewbot.adapters.github.graphql.answers import Files, FilesAndContext, InRepository, NewBlob, NewFile, OldFile
from reviewbot.adapters.github.rest import GraphQLError, Tree
from reviewbot.domain.diff.parse import SUBMODULE_MODE
from reviewbot.domain.github.context import DOCUMENTS, MOST_FILES, ContextRequest, ProjectContext, not_read
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.redaction.redactor import secret_name
from reviewbot.domain.selection.path_filters import matches
from reviewbot.domain.selection.selection import LARGEST_POINTER, LARGEST_TEXT
from reviewbot.errors import MOVED, ForgeError, ForgeUnreachable, NotFound
from reviewbot.values import replace

BATCH = 100
"""The maximum number of files at each of the two commits in one request."""

RAW_FILES = 100
"""The maximum number of files that a run reads one by one, so that a change cannot exhaust the rate limit."""

SMALL_BATCH = 12
"""The size up to which a failed batch is retried. Larger batches are halved instead."""

F = TypeVar("F", bound=OldFile)

_RAW_TYPE = "application/vnd.github.raw+json"
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class _Batch(Struct, frozen=True):
    head: str
    merge_base: str
    new: Sequence[str]
    old: Sequence[str]

    @property
    def size(self) -> int:
        return max(len(self.new), len(self.old))

    def halves(self) -> Iterator[_Batch]:
        middle = (self.size + 1) // 2
        for part in (slice(None, middle), slice(middle, None)):
            yield _Batch(self.head, self.merge_base, self.new[part], self.old[part])

    def variables(self) -> dict[str, str]:
        commits = {"head": self.head} if self.new else {}
        commits |= {"base": self.merge_base} if self.old else {}
        return {**commits, **queries.aliased("n", self.new), **queries.aliased("o", self.old)}


class FileReader(RepositoryConnection):
    def _bind(self, repository: str) -> None:
        super()._bind(repository)
        self._raw_left = RAW_FILES

    def entries(
        self,
        *,
        head: str,
        new_paths: Sequence[str],
        merge_base: str,
        old_paths: Sequence[str],
        asked: ContextRequest | None = None,
    ) -> tuple[dict[str, Entry], dict[str, Entry], ProjectContext]:
        new: dict[str, NewFile] = {}
        old: dict[str, OldFile] = {}
        context = ProjectContext()
        found: Iterable[_Sides]
        for start in range(0, max(len(new_paths), len(old_paths), 1 if asked else 0), BATCH):
            part = slice(start, start + BATCH)
            batch = _Batch(head, merge_base, new_paths[part], old_paths[part])
            if asked and not start:
                found, context = self._read_with(batch, asked)
            else:
                found = self._read_batch(batch)
            for found_new, found_old in found:
                new |= found_new
                old |= found_old
        exact = {path: self._with_exact_text(file) for path, file in new.items()}
        before = {path: _entry(file) for path, file in old.items()}
        for path, entry in exact.items():
            was = before.get(path)
            # A small text that became binary may have been a Git LFS pointer.
            if was and entry.binary and was.binary is False and 0 < (was.size or 0) <= LARGEST_POINTER:
                before[path] = self._read_raw(was)
        return exact, before, context

    def _read_with(self, batch: _Batch, asked: ContextRequest) -> tuple[Iterable[_Sides], ProjectContext]:
        """Read a batch and the context. If that fails, read the batch without the context."""
        paths = (*DOCUMENTS, *self._matching(asked.patterns))[:MOST_FILES]
        variables = {
            **self._here,
            "number": asked.number,
            **batch.variables(),
            **queries.aliased("f", [f"HEAD:{path}" for path in paths]),
        }
        document, hidden = queries.entries(len(batch.new), len(batch.old), len(paths)), list[GraphQLError]()
        forgives = collecting_errors(hidden, lambda error: (error.path or ("",))[0] in {"about", "documents"})
        try:
            data = self._calls.query(document, variables, _READING, FilesAndContext, forgives=forgives, patient=False)
        except ForgeError as error:
            return self._read_batch(batch) if batch.size else (), not_read(error)
        documents = data.documents or {}
        texts = {path: parse.whole_text(documents.get(name)) for name, path in queries.aliased("f", paths).items()}
        about = data.about.pull_request if data.about else None
        # whether GitHub hides all issues, not only an issue in another repository
        no_issues = any(error.hides("closing") and (error.path or ())[-1:] == ("closing",) for error in hidden)
        context = ProjectContext(
            files={path: text for path, text in texts.items() if text},
            messages=parse.messages(about),
            issues=parse.closing(about, self.repository),
            problem=_NO_ISSUES if no_issues else "",
        )
        return [_sides(batch, data.repository)], context

    def _matching(self, patterns: Sequence[str]) -> Sequence[str]:
        """Return the paths of the default branch's files that match, without names of secret files."""
        if not patterns:
            return ()
        try:
            tree = self._calls.get(f"{self._path}/git/trees/HEAD", _READING, Tree, {"recursive": 1})
        except ForgeError:
            return ()
        files = (one.path for one in tree.tree if one.type == "blob" and not secret_name(one.path))
        return [path for path in files if matches(patterns, path)]

    def _read_batch(self, batch: _Batch) -> Iterator[_Sides]:
        """Read a batch, or its halves if GitHub does not respond, e.g., because of its limit of ten seconds."""
        document = queries.entries(len(batch.new), len(batch.old))
        variables = {**self._here, **batch.variables()}
        is_small = batch.size <= SMALL_BATCH
        try:
            found = self._calls.query(document, variables, _READING, InRepository[Files], patient=is_small)
        except ForgeUnreachable:
            if is_small:
                raise
            for half in batch.halves():
                yield from self._read_batch(half)
        else:
            yield _sides(batch, found.repository)

    def _with_exact_text(self, file: NewFile) -> Entry:
        entry, blob = _entry(file), file.object
        if blob is None or blob.byte_size is None:
            return entry
        # A binary file has no text. Its bytes show whether it is a script or UTF-16.
        return replace(entry, text=blob.text) if _is_exact(blob) else self._read_raw(entry)

    def _read_raw(self, entry: Entry) -> Entry:
        """Add the exact content from the REST API, unless the file is too large or `RAW_FILES` were read."""
        if self._raw_left <= 0 or (entry.size or 0) > LARGEST_TEXT:
            return entry
        self._raw_left -= 1
        content = self._calls.download(f"{self._path}/git/blobs/{entry.oid}", _RAW_TYPE, _READING)
        return entry.with_content(content) if len(content) == entry.size else entry  # a proxy may have answered


_READING = Intent("reading files of the change", "contents: read")


_Sides = tuple[dict[str, NewFile], dict[str, OldFile]]


def _sides(batch: _Batch, found: Files | None) -> _Sides:
    files = found or Files()
    new = _read_side(files.head, "n", batch.head, batch.new)
    return new, _read_side(files.base, "o", batch.merge_base, batch.old)


_NO_ISSUES = "reviewbot did not send the issues that the pull request closes, because the token lacks `issues: read`."


def _read_side(files: Mapping[str, F | None] | None, letter: str, sha: str, paths: Sequence[str]) -> dict[str, F]:
    if not paths:
        return {}
    if files is None:
        what = f"Commit {sha[:12]} no longer exists: the branch was force-pushed, or the fork was deleted."
        raise NotFound(what, hint=MOVED)
    found = ((path, files.get(name)) for name, path in queries.aliased(letter, paths).items())
    return {path: file for path, file in found if file}


def _entry(file: OldFile) -> Entry:
    mode = f"{file.mode:06o}"
    size, binary = None if mode == SUBMODULE_MODE else file.size, file.object.is_binary if file.object else None
    return Entry(oid=file.oid, mode=mode, size=size, binary=binary)


def _is_exact(blob: NewBlob) -> bool:
    """Return whether the text is exact. GitHub truncates long texts, and replaces bytes that are not UTF-8."""
    if blob.text is None or blob.is_truncated or _REPLACEMENT in blob.text:
        return False
    return len(blob.text.encode("utf-8")) == blob.byte_size
