"""The moves of people and the service, by name. Every move can be played at any time; without an object it is skipped.

The numbers of a move select its object; 0 and 0 are the simplest choice. `MOVES` is grouped by who makes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from reviewbot.domain.findings.markers import comment_key, read_finding_mark
from reviewbot.domain.findings.redacted_lines import TITLE
from reviewbot.domain.findings.tracked_finding import Bypass, Findings
from reviewbot.domain.github.check_identity import CheckTag, mark_of, with_tag
from reviewbot.domain.github.pull_request import Permission
from reviewbot.domain.ledger.codec import encode, replace_ledger
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.model.events import ChecksEvent, ClosedEvent, CommentEvent, MergeGroupEvent, QueueEntry
from reviewbot.domain.model.review import TaskStatus
from reviewbot.values import replace
from tests.simulation.github import BOT, REPOSITORY_ID, START, Content, Pull, StoredThread
from tests.simulation.oracle import EVIL, FLAW, TOKEN, guards_in
from tests.simulation.repository import File
from tests.simulation.world import (
    CHECK,
    DEEP,
    HELD,
    HIDDEN,
    LOCK_FILE,
    PEOPLE,
    RENOVATE,
    SECRET,
    TRIVIAL,
    Waiver,
    World,
    lock_file,
)

T = TypeVar("T")
SKIP = "skip-review"
OWN_BASE = "mine"
SIDE = "side"
MOVE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Move:
    """A move of people or the service."""

    kind: str
    a: int = 0
    b: int = 0


Play = Callable[[World, Move], None]


@dataclass(frozen=True, slots=True)
class By:
    """A commit's author and committer, and who pushes it; `begins` is the brute-forced start of its SHA."""

    author: str = "mona"
    committer: str = ""
    begins: str = ""
    verified: bool = False
    pusher: str = "mona"


def play(world: World, move: object) -> None:
    """Play a move."""
    if not isinstance(move, Move):
        raise TypeError(move)
    world.time.seconds += MOVE_SECONDS
    if world.trace:
        world.trace(world.time.seconds, "people", move.kind, f"({move.a}, {move.b})")
    MOVES[move.kind](world, move)


def _pick(things: list[T], number: int) -> T | None:
    return things[number % len(things)] if things else None


# The author's changes of code


def _files(world: World) -> Mapping[str, File]:
    return world.github.git.commits[world.pull.head_sha].files


def _push(
    world: World, changes: Mapping[str, Content], parents: tuple[str, ...] | None = None, *, by: By | None = None
) -> None:
    if not changes and parents is None:
        return
    by = by or By()
    world.github.push(
        world.pull.head_ref,
        changes,
        parents=parents,
        author=by.author,
        committer=by.committer,
        begins=by.begins,
        verified=by.verified,
        by=by.pusher,
    )
    _pushed(world)


def _pushed(world: World) -> None:
    for pull in world.github.pulls.values():
        if pull.is_open and pull.head_ref == world.pull.head_ref:
            world.pending.append(world.event(pull, "synchronize"))


def _text_files(world: World) -> list[str]:
    return sorted(
        path for path, file in _files(world).items() if not file.is_binary and path.endswith(".py") and file.content
    )


def _insert(world: World, line: str, where: int, *, by: By | None = None, paths: Sequence[str] = ()) -> None:
    path = _pick(list(paths) or [*_text_files(world), "new.py"], where)
    if path is None:
        return
    lines = _files(world)[path].content.decode().split("\n") if path in _files(world) else [""]
    at = (where * 7) % len(lines)
    _push(world, {path: "\n".join([*lines[:at], line, *lines[at:]])}, by=by)


def _evil(world: World, move: Move) -> None:
    _insert(world, f"EVIL{1 + move.a % 4}()", move.b)


def _evil_by_kim(world: World, move: Move) -> None:
    """A helper commits to the branch, as the author or only as the committer."""
    by = By("kim") if move.a < 3 else By("mona", "kim")
    _insert(world, f"EVIL{1 + move.a % 4}()", move.b, by=by)


def _evil_by_bot(world: World, move: Move) -> None:
    """The bot commits, or the author commits in the bot's name, on GitHub's website, or by a squash merge."""
    by = (
        By(RENOVATE, verified=True, pusher=RENOVATE),
        By(RENOVATE),
        By(RENOVATE, "mona", verified=True),
        By(RENOVATE, verified=True),
    )[move.a % 4]
    _insert(world, f"EVIL{1 + move.a % 4}()", move.b, by=by)


def _secret(world: World, move: Move) -> None:
    """Add a line with a token, which is redacted, with or without a flaw. A file of little else would not be sent."""
    line = f'{HIDDEN}{SECRET}")' + f"; EVIL{5 + move.a % 4}()" * (move.a % 2)
    if long := [path for path in _text_files(world) if _files(world)[path].content.count(b"\n") > 9]:
        _insert(world, line, move.b, paths=long)


def _lock(world: World, move: Move) -> None:
    """Update a package: from its host, or from an evil one."""
    host = f"EVIL{1 + move.a % 4}.test" if move.a % 2 else "packages.test"
    _push(world, {LOCK_FILE: lock_file(f"1.{move.b}.0", host)})


def _held_back(world: World, move: Move) -> None:
    """Add a file of secrets, which is not sent, or remove it."""
    text = f'token = "{SECRET}"\n' * 9 + f"EVIL{1 + move.a % 4}()\n"
    _push(world, {HELD: None if HELD in _files(world) else text})


def _same_beginning(world: World, move: Move) -> None:
    """Push another commit whose SHA begins like the head's, on top of it or instead of it."""
    head, parents = world.pull.head_sha, world.github.git.commits[world.pull.head_sha].parents
    changes = {"same.py": f"EVIL{1 + move.b % 4}()\n"}
    _push(world, changes, parents if move.a % 2 else None, by=By(begins=head[:7]))


def _move_line(world: World, move: Move) -> None:
    """Move the first line with a token to another file, as it is or reformatted, with or without a line left behind."""
    path = _pick([one for one in _text_files(world) if TOKEN.search(_text(world, one))], move.a)
    to = _pick([one for one in [*_text_files(world), "other.py"] if one != path], move.b)
    if path is None or to is None:
        return
    lines = _text(world, path).split("\n")
    moved = next(line for line in lines if TOKEN.search(line))
    left = [line for line in lines if line is not moved] + [f"left_{move.b}()"] * (move.a % 2)
    moved = moved.replace("()", "( )") if move.b % 2 else moved
    _push(world, {path: "\n".join(left), to: f"{moved}\n{_text(world, to)}"})


def _restore_file(world: World, move: Move) -> None:
    """Make one changed file that of the merge base again."""
    git, pull, now = world.github.git, world.pull, _files(world)
    old = git.commits[git.merge_base(pull.base_sha, pull.head_sha)].files
    path = _pick(sorted(one for one in {*now, *old} if one.endswith(".py") and now.get(one) != old.get(one)), move.a)
    if path is not None:
        _push(world, {path: old.get(path)})


def _text(world: World, path: str) -> str:
    return _files(world)[path].content.decode() if path in _files(world) else ""


def _note(world: World, move: Move) -> None:
    _insert(world, f"NOTE{1 + move.a % 4}()", move.b)


def _harmless(world: World, move: Move) -> None:
    _insert(world, f"step_{move.a}()", move.b)


def _fix(world: World, move: Move) -> None:
    """Remove lines with tokens: all, or those of one token."""
    wanted = "" if move.a % 2 == 0 else f"{('EVIL', 'NOTE')[move.b % 2]}{1 + move.b % 4}"
    changes: dict[str, Content] = {}
    for path, file in _files(world).items():
        text = file.content.decode("utf-8", "replace")
        if TOKEN.search(text):
            lines = text.split("\n")
            kept = [line for line in lines if not any(wanted in ("", one) for one in TOKEN.findall(line))]
            if kept != lines:
                changes[path] = "\n".join(kept)
    _push(world, changes)


def _heads(pull: Pull) -> list[str]:
    return [push.sha for push in pull.pushes]


def _revert(world: World, move: Move) -> None:
    """Push the files of an older head."""
    older = _pick(_heads(world.pull)[:-1][::-1], move.a)
    if older is None:
        return
    there, now = world.github.git.commits[older].files, _files(world)
    changes: dict[str, Content] = {path: None for path in now if path not in there}
    changes |= {path: file for path, file in there.items() if now.get(path) != file}
    _push(world, changes)


def _go_back(world: World, move: Move) -> None:
    """Force-push an older head."""
    older = _pick(_heads(world.pull)[:-1][::-1], move.a)
    if older is not None and older != world.pull.head_sha:
        world.github.move(world.pull.head_ref, older)
        _pushed(world)


def _squash(world: World, move: Move) -> None:
    """Force-push the same files as one commit, on the merge base or on the base's tip."""
    github, pull = world.github, world.pull
    base = pull.base_sha if move.a % 2 else github.git.merge_base(pull.base_sha, pull.head_sha)
    there, wanted = github.git.commits[base].files, dict(_files(world))
    old = github.git.commits[github.git.merge_base(base, pull.head_sha)].files
    for path, file in there.items():
        if old.get(path) != file and wanted.get(path) == old.get(path):
            wanted[path] = file
    changes: dict[str, Content] = {path: None for path in there if path not in wanted}
    changes |= {path: file for path, file in wanted.items() if there.get(path) != file}
    _push(world, changes, (base,))


def _merge_main(world: World, move: Move) -> None:
    """Merge the base's tip into the branch."""
    del move
    github, pull = world.github, world.pull
    base = github.git.merge_base(pull.base_sha, pull.head_sha)
    if base == pull.base_sha:
        return
    old, theirs = github.git.commits[base].files, github.git.commits[pull.base_sha].files
    ours = _files(world)
    changes: dict[str, Content] = {
        path: file for path, file in theirs.items() if old.get(path) != file and ours.get(path) == old.get(path)
    }
    _push(world, changes, (pull.head_sha, pull.base_sha))


def _merge_ours(world: World, move: Move) -> None:
    """Merge the base's tip or rebase onto it, and keep every file of the branch as it is (`git merge -s ours`)."""
    github, pull = world.github, world.pull
    if github.git.merge_base(pull.base_sha, pull.head_sha) == pull.base_sha:
        return
    parents = (pull.base_sha,) if move.a % 2 else (pull.head_sha, pull.base_sha)
    there, wanted = github.git.commits[parents[0]].files, _files(world)
    changes: dict[str, Content] = {path: None for path in there if path not in wanted}
    changes |= {path: file for path, file in wanted.items() if there.get(path) != file}
    _push(world, changes, parents)


def _rename(world: World, move: Move) -> None:
    path = _pick(_text_files(world), move.a)
    if path is None:
        return
    new = ("moved.py", "lib/moved.py", "other.py")[move.b % 3]
    if new not in _files(world):
        world.truth.renamed[new] = path
        _push(world, {path: None, new: _files(world)[path]})


def _copy(world: World, move: Move) -> None:
    path = _pick(_text_files(world), move.a)
    new = ("copy.py", "lib/copy.py")[move.b % 2]
    if path is not None and new not in _files(world):
        _push(world, {new: _files(world)[path]})


def _delete(world: World, move: Move) -> None:
    path = _pick(_text_files(world), move.a)
    if path is not None:
        _push(world, {path: None})


def _make_executable(world: World, move: Move) -> None:
    path = _pick(_text_files(world), move.a)
    if path is not None:
        file = _files(world)[path]
        _push(world, {path: File(file.content, "100755" if file.mode == "100644" else "100644")})


def _main_moves(world: World, move: Move) -> None:
    """Another change is merged into the default branch."""
    world.github.push("main", {"docs/guide.md": f"# Guide\n\nHow to, {move.a}.\n"}, author="acme")


def _main_turns(world: World, move: Move) -> None:
    """The default branch gets a line with a flaw, or replaces the one that it has."""
    git, path = world.github.git, ("legacy.py", "lib/util.py")[move.b % 2]
    file = git.commits[git.branches["main"]].files.get(path)
    lines = file.content.decode().splitlines() if file else ["old()"] * 4
    flaws = [line for line in lines if EVIL.search(line)]
    lines = [f"safe_{move.a}()" if line in flaws else line for line in lines]
    text = "".join(f"{line}\n" for line in [*([] if flaws else [f"EVIL{1 + move.a % 4}()"]), *lines])
    world.github.push("main", {path: text}, author="acme")


def _main_takes(world: World, move: Move) -> None:
    """A part of the pull request's history is merged into its base; then the title is edited, which starts a run.

    GitHub starts none for the merge. The diff of the same head is another one from now on.
    """
    github, pull = world.github, world.pull
    git, base = github.git, github.git.merge_base(pull.base_sha, pull.head_sha)
    own = [one.sha for one in git.between(pull.base_sha, pull.head_sha) if one.sha != pull.head_sha]
    taken = _pick(own[::-1], move.a)
    if taken is None:
        return
    old, new = git.commits[git.merge_base(pull.base_sha, taken) or base].files, git.commits[taken].files
    changes: dict[str, Content] = {path: new.get(path) for path in {**old, **new} if old.get(path) != new.get(path)}
    github.push(pull.base_ref, changes, parents=(pull.base_sha, taken), author="acme")
    world.pending.append(world.event(pull, "edited"))


def _guards_at(world: World, sha: str) -> list[tuple[str, int]]:
    """Return the path and the index of each guard line of a commit."""
    files = sorted((path, file) for path, file in world.github.git.commits[sha].files.items() if path.endswith(".py"))
    return [
        (path, index)
        for path, file in files
        for index, line in enumerate(file.content.decode("utf-8", "replace").split("\n"))
        if guards_in(line)
    ]


def _cut_guard(world: World, move: Move) -> None:
    """Delete a guard line: alone, for another line, with its neighbors, or with the name of its file; or move it."""
    found = _pick(_guards_at(world, world.pull.head_sha), move.a)
    if found is None:
        return
    path, index = found
    lines = _text(world, path).split("\n")
    guard, kept = lines[index], [*lines[:index], *lines[index + 1 :]]
    match move.b % 6:
        case 1:
            kept = [*lines[:index], f"step_{move.a}()", *lines[index + 1 :]]
        case 2:
            kept = [*lines[: max(index - 1, 0)], *lines[index + 2 :]]
        case 3:
            kept = [*kept[:-1], guard, kept[-1]]
        case 4:
            kept = [*lines[:index], f"{guard}  # off", *lines[index + 1 :]]
        case 5 if "moved.py" not in _files(world):
            world.truth.renamed["moved.py"] = path
            _push(world, {path: None, "moved.py": "\n".join(kept)})
            return
    _push(world, {path: "\n".join(kept)})


def _mend_guard(world: World, move: Move) -> None:
    """Put a guard line of the merge base back, behind the line that it was behind."""
    git, pull = world.github.git, world.pull
    base = git.merge_base(pull.base_sha, pull.head_sha)
    there = {path: _text(world, path).split("\n") for path in _files(world)}
    old = {path: git.commits[base].files[path].content.decode().split("\n") for path, _ in _guards_at(world, base)}
    cut = [(path, at) for path, at in _guards_at(world, base) if old[path][at] not in there.get(path, ())]
    found = _pick(cut, move.a)
    if found is None:
        return
    path, at = found
    lines, before = there.get(path, [""]), old[path][at - 1] if at else ""
    to = lines.index(before) + 1 if before in lines else min(at, len(lines) - 1)
    _push(world, {path: "\n".join([*lines[:to], old[path][at], *lines[to:]])})


# The author's changes of the pull request


def _retarget(world: World, move: Move) -> None:
    base = ("main", "release")[move.a % 2]
    _to_base(world, base)


def _to_base(world: World, base: str) -> None:
    if world.pull.base_ref != base:
        world.github.retarget(1, base)
        world.pending.append(world.event(world.pull, "edited"))


def _own_base(world: World, move: Move) -> None:
    """Create a branch at the head, at the commit before it, or ahead of it."""
    head = world.github.git.commits[world.pull.head_sha]
    at = head.parents[0] if move.a % 3 == 1 and head.parents else head.sha
    world.github.move(OWN_BASE, at)
    if move.a % 3 == 2:
        world.github.push(OWN_BASE, {"landed.py": "z = 1\n"}, parents=(at,))
    _to_base(world, OWN_BASE)


def _second_pull_request(world: World, move: Move) -> None:
    """Open another pull request with the same commit, from or to another branch."""
    if len(world.github.pulls) > 1:
        return
    author, base = ("mona", "kim")[move.a % 2], ("release", "main", "main")[move.b % 3]
    pull = world.github.open_pull_request(world.pull.head_ref, author=author, base=base)
    world.note(pull)
    world.pending.append(world.event(pull, "opened", sender=author))


def _queue(world: World, move: Move) -> None:
    """Add the pull request to the merge queue, whatever its check says; with an odd number behind one of a helper."""
    github, pull = world.github, world.pull
    if move.a % 2 and len(github.pulls) == 1:
        github.push(SIDE, {"side.py": f"EVIL{1 + move.b % 4}()\n"}, author="kim")
        side = github.open_pull_request(SIDE, author="kim", base=pull.base_ref)
        world.note(side)
        world.pending.append(world.event(side, "opened", sender="kim"))
    fitting = [one for one in github.pulls.values() if one.is_open and one.base_ref == pull.base_ref]
    queued = {number for number, _ in github.queue_of(pull.base_ref)}
    numbers = [one.number for one in reversed(fitting) if one.number not in queued and (one is pull or move.a % 2)]
    if pull.number in numbers:
        head = github.queue(numbers)
        merges = [(one, github.git.commits[sha].parents) for one, sha in github.queue_of(pull.base_ref)]
        world.truth.groups[head] = tuple((one, merged, onto) for one, (onto, merged) in merges)
        world.truth.group_bases[head] = pull.base_ref
        entry = QueueEntry(pull.number, github.git.commits[head].parents[0])
        event = MergeGroupEvent(head, (entry,), pull.base_ref)
        world.pending.insert(0 if move.b % 2 else len(world.pending), event)


def _close(world: World, move: Move) -> None:
    del move
    if world.pull.is_open:
        world.github.close(1)
        world.pending.append(ClosedEvent(1, sender="mona"))


def _other_check(*words: str) -> Play:
    """Return the move that gives CI (a check run) or lint (a status) one of these conclusions; empty: it starts."""

    def play_check(world: World, move: Move) -> None:
        github, head, word = world.github, world.pull.head_sha, words[move.a % len(words)]
        if world.is_ready(head):
            github.green_until[head] = world.time.seconds
        if move.b % 2:
            status = {"": "pending", "success": "success"}.get(word, "failure")
            github.set_status(head, "lint", status)
        else:
            github.other_check(head, "CI", word or None)
        if word:
            world.pending.append(ChecksEvent(head, (world.pull.head_ref,)))

    return play_check


def _reopen(world: World, move: Move) -> None:
    del move
    if not world.pull.is_open:
        world.github.reopen(1)
        world.pending.append(world.event(world.pull, "reopened"))


def _draft(world: World, move: Move) -> None:
    del move
    pull = world.pull
    pull.is_draft, pull.drafted_at = not pull.is_draft, world.time.seconds
    world.pending.append(world.event(pull, "converted_to_draft" if pull.is_draft else "ready_for_review"))


def _forged_check(world: World, move: Move) -> None:
    """Another App or workflow creates a check run with reviewbot's name and an old start time."""
    app = ("other-app", "github-actions")[move.a % 2]
    diff = mark_of(world.github.git.merge_base(world.pull.base_sha, world.pull.head_sha))
    tag = with_tag(CheckTag(1, "success", merge_base=diff), "")
    copied = [check.external_id for check in world.github.checks.values() if check.number is not None]
    external_id = (_pick([tag, *copied[::-1]], move.b)) or tag
    world.github.foreign_check(
        world.pull.head_sha, CHECK, app=app, external_id=external_id, started=START - timedelta(days=1)
    )


def _old_text(world: World, move: Move) -> None:
    """Restore an older summary text: as the bot from a workflow, by an edit, or in a new comment."""
    ours = [one for one in world.github.comments_of(1) if one.author == BOT and "reviewbot:summary" in one.body]
    text = _pick(world.truth.texts[::-1], move.a)
    if text is None:
        return
    if move.b % 3 < 2 and ours:
        world.github.edit_comment(ours[0].id, (BOT, "mona")[move.b % 3], text)
        world.truth.losses |= {"old text"} if move.b % 3 else {"old text", "record"}
        _loses_summary(world)
    else:
        world.github.comment(1, "mona", text)


def _forged_text(world: World, move: Move) -> None:
    """Another workflow writes a ledger without findings and with a bypass, signed with another key."""
    ours = [one for one in world.github.comments_of(1) if one.author == BOT and "reviewbot:summary" in one.body]
    reading = world.reading(1)
    if not (ours and reading):
        return
    ledger, pull = reading.ledger, world.pull
    bypass = Bypass(pull.head_sha, pull.base_ref, "boss", "It is known.") if move.a % 2 else None
    ledger = replace(ledger, bypass=bypass, findings=Findings(), counter=ledger.counter + 1 + move.b)
    text = encode(ledger, Signer("guessed", REPOSITORY_ID, 1, ""))
    world.github.edit_comment(ours[0].id, BOT, replace_ledger(ours[0].body, text))
    world.truth.losses.add("old text")
    _loses_summary(world)


# Comments


def _command(world: World, number: int, by: str, text: str, thread: StoredThread | None = None) -> None:
    github, in_thread = world.github, thread is not None
    made = github.comment(number, by, text) if thread is None else github.reply(thread.id, by, text)
    if text.startswith("/reviewbot ask"):
        world.truth.askers[comment_key(made.id, in_thread=in_thread)] = by
    event = CommentEvent(number, "created", text, by, by, sender_is_bot=False, comment_id=made.id, in_thread=in_thread)
    world.pending.append(event)


def _thread_of(world: World, finding_id: str) -> StoredThread | None:
    """Return the thread of a finding with its own comment."""
    marks = ((one, read_finding_mark(one.replies[0].body)) for one in _own_threads(world))
    return next((one for one, mark in marks if mark and mark.ids == (finding_id,)), None)


def _says(by: str, word: str) -> Play:
    def says(world: World, move: Move) -> None:
        pull = world.pull
        head = ("", f" {pull.head_sha}", f" {pull.head_sha[:7]}")[move.a % 3]
        world.truth.hindered |= word == "cancel"
        if word == "review":
            if PEOPLE[by].at_least(Permission.WRITE):
                world.truth.named.append(head.strip())
            _command(world, 1, by, f"/reviewbot review{head}")
        elif word == "bypass":
            if head and PEOPLE[by].at_least(Permission.MAINTAIN) and by not in authors_of(world, pull):
                world.truth.bypasses.add((pull.head_sha, pull.base_ref))
            _command(world, 1, by, f"/reviewbot bypass{head} It is known.")
        else:
            _command(world, 1, by, f"/reviewbot {word}")

    return says


def _accepts(by: str) -> Play:
    """Accept the answer to the head. Only what a run has read by then can have been read by a person."""

    def accepts(world: World, move: Move) -> None:
        del move
        pull = world.pull
        if PEOPLE[by].at_least(Permission.MAINTAIN) and by not in authors_of(world, pull):
            changes = world.github.changes_of(pull)
            for task in world.tasks_of(1):
                if task.is_read and changes in world.changes_for(1, str(task.submission.metadata["headSha"])):
                    world.truth.accepted.add((task.id, pull.head_sha, pull.base_ref))
        _command(world, 1, by, "/reviewbot accept")

    return accepts


def _edits_command(world: World, move: Move) -> None:
    """Edit another person's command, as users with write access can, before or also after a run has answered it."""
    written = [one for one in world.github.comments_of(1) if one.body.startswith("/reviewbot")]
    written = [one for one in written if move.b == 1 or not one.reactions]
    found = _pick([one for one in written if one.author == "boss"][::-1], move.a)
    if found is not None:
        world.github.edit_comment(found.id, "mona", f"/reviewbot bypass {world.pull.head_sha} It is known.")


def _boss_commits(world: World, move: Move) -> None:
    _insert(world, f"safe_{move.a}()", move.b, by=By("boss"))


def authors_of(world: World, pull: Pull) -> set[str]:
    """Return the opener and all authors and committers."""
    commits = world.github.git.between(pull.base_sha, pull.head_sha)
    return {pull.author}.union(*(commit.people for commit in commits))


def _waives(by: str) -> Play:
    def waives(world: World, move: Move) -> None:
        found = _pick(list(world.open_findings(1)), move.a)
        if found is None:
            return
        if PEOPLE[by].at_least(Permission.WRITE) and by not in authors_of(world, world.pull):
            there = world.evil_in(world.github.changes_of(world.pull))
            given = found.id, by, world.pull.base_ref
            if "MESS1" in found.title:
                world.truth.waivers.append(Waiver("MESS1", found.path, None, 1, *given))
            for token in [HIDDEN] if found.title == TITLE else FLAW.findall(found.title):
                paths = (path for at, path in there if at == token and found.path in world.was_named(path))
                path = next(paths, found.path)
                file = _files(world).get(path)
                world.truth.waivers.append(Waiver(token, path, file, there[token, path] or 1, *given))
        thread = _thread_of(world, found.id) if move.b % 2 else None
        _command(world, 1, by, f"/reviewbot waive {'' if thread else found.id} It is known.", thread)

    return waives


def _unwaives(world: World, move: Move) -> None:
    waived = [one for one in world.open_findings(1) if one.waiver is not None]
    found = _pick(waived, move.a)
    if found is not None:
        truth = world.truth
        truth.withdrawn += [one for one in truth.waivers if one.finding_id == found.id]
        truth.waivers = [one for one in truth.waivers if one.finding_id != found.id]
        thread = _thread_of(world, found.id) if move.b % 2 else None
        _command(world, 1, "boss", f"/reviewbot unwaive {'' if thread else found.id}", thread)


def _labels(by: str) -> Play:
    def labels(world: World, move: Move) -> None:
        del move
        pull = world.pull
        if SKIP in pull.labels:
            world.github.unlabel(1, SKIP)
            world.truth.skips.clear()
            world.pending.append(world.event(pull, "unlabeled", sender=by, label=SKIP))
        else:
            world.github.label(1, SKIP, by)
            if PEOPLE[by].at_least(Permission.MAINTAIN):
                world.truth.skips.add((pull.head_sha, pull.base_ref))
                world.truth.skipped.add((pull.head_sha, pull.base_ref))
            world.pending.append(world.event(pull, "labeled", sender=by, label=SKIP))

    return labels


def _route_label(name: str) -> Play:
    """The author sets or removes a label that a rule of `routes` names."""

    def labels(world: World, move: Move) -> None:
        del move
        action = "unlabeled" if name in world.pull.labels else "labeled"
        if action == "labeled":
            world.github.label(1, name, "mona")
        else:
            world.github.unlabel(1, name)
        world.pending.append(world.event(world.pull, action, label=name))

    return labels


def _own_threads(world: World) -> list[StoredThread]:
    return [one for one in world.github.threads_of(1) if one.replies[0].author == BOT]


def _delete_comment(world: World, move: Move) -> None:
    thread = _pick(_own_threads(world), move.a)
    if thread is None:
        return
    first = thread.replies[0]
    mark = read_finding_mark(first.body)
    reading = world.reading(1)
    recorded = reading.ledger.posted if reading else frozenset()  # a killed run has recorded no comment
    world.truth.deleted |= recorded.intersection(mark.ids) if mark else set()
    world.truth.erased.append(first.body)
    world.github.delete_review_comment(first.id)


def _delete_summary(world: World, move: Move) -> None:
    ours = [one for one in world.github.comments_of(1) if one.author == BOT]
    found = _pick(ours, move.a)
    if found is not None:
        _loses_summary(world)
        world.truth.erased.append(found.body)
        world.github.delete_comment(found.id)


def _loses_summary(world: World) -> None:
    """Record that the summary is lost, which is the only memory without check runs."""
    world.truth.losses.add("summary")
    if not world.setting.has_checks:
        world.truth.losses.add("memory")
        world.truth.forgot_at = world.time.seconds


def _resolve(world: World, move: Move) -> None:
    thread = _pick(_own_threads(world), move.a)
    if thread is not None:
        world.github.resolve(thread.id, "boss")
        world.truth.resolved.add(thread.id)


def _reply(world: World, move: Move) -> None:
    """Reply in a thread, and react to its first comment."""
    thread = _pick(_own_threads(world), move.a)
    if thread is not None:
        world.github.reply(thread.id, "mona", "Is it?")
        thread.replies[0].reactions.add((("mona", "boss")[move.b % 2], ("+1", "-1")[move.a % 2]))


# Questions


def _asks(by: str) -> Play:
    """Ask about the pull request, about a finding by its id, or in the thread of a finding."""

    def asks(world: World, move: Move) -> None:
        found = _pick(list(world.open_findings(1)), move.a) if move.b % 3 else None
        thread = _thread_of(world, found.id) if found and move.b % 3 == 2 else None
        named = found.id[:7] if found and thread is None else ""
        _command(world, 1, by, f"/reviewbot ask {named} Why?\nSay it in {move.a} words.", thread)

    return asks


def _unasks(world: World, move: Move) -> None:
    """Edit or delete the comment of a question."""
    asked = [one for one in world.github.comments_of(1) if one.body.startswith("/reviewbot ask")]
    found = _pick(asked[::-1], move.a)
    if found is not None and move.b % 2:
        world.github.delete_comment(found.id)
    elif found is not None:
        world.github.edit_comment(found.id, found.author, "Never mind.")


# Actions at CodeVF


def _finish(world: World, move: Move) -> None:
    del move
    world.time.seconds += 3 * 3600


def _end(status: TaskStatus) -> Play:
    def end(world: World, move: Move) -> None:
        task = _pick(world.codevf.open_tasks(), move.a)
        if task is not None:
            world.codevf.end(task, status)

    return end


def _forget_task(world: World, move: Move) -> None:
    task = _pick(world.codevf.open_tasks(), move.a)
    if task is not None:
        task.forgotten = world.truth.hindered = True
        world.codevf.end(task, TaskStatus.EXPIRED)


def _a_day_later(world: World, move: Move) -> None:
    del move
    world.time.seconds += 25 * 3600


def _refuse(world: World, move: Move) -> None:
    world.codevf.refuses = move.a % 2 == 0 and not world.codevf.refuses


def _out_of_credits(world: World, move: Move) -> None:
    del move
    world.codevf.out_of_credits = not world.codevf.out_of_credits


AUTHOR: Mapping[str, Play] = {
    "evil": _evil,
    "note": _note,
    "secret": _secret,
    "lock": _lock,
    "harmless": _harmless,
    "fix": _fix,
    "revert": _revert,
    "go_back": _go_back,
    "squash": _squash,
    "merge_main": _merge_main,
    "rename": _rename,
    "copy": _copy,
    "delete": _delete,
    "make_executable": _make_executable,
    "retarget": _retarget,
    "draft": _draft,
    "close": _close,
    "reopen": _reopen,
    "author_reviews": _says("mona", "review"),
    "author_waives": _waives("mona"),
    "author_bypasses": _says("mona", "bypass"),
    "author_skips": _labels("mona"),
    "author_cancels": _says("mona", "cancel"),
}
"""Moves of a benign author."""

ADVERSARY: Mapping[str, Play] = {
    "evil_by_kim": _evil_by_kim,
    "evil_by_bot": _evil_by_bot,
    "held_back": _held_back,
    "move_line": _move_line,
    "restore_file": _restore_file,
    "same_beginning": _same_beginning,
    "own_base": _own_base,
    "second_pull_request": _second_pull_request,
    "forged_check": _forged_check,
    "old_text": _old_text,
    "forged_text": _forged_text,
    "edits_command": _edits_command,
    "delete_summary": _delete_summary,
}
"""Moves of an adversary only."""

OTHERS: Mapping[str, Play] = {
    "main_moves": _main_moves,
    "review": _says("boss", "review"),
    "cancel": _says("boss", "cancel"),
    "collect": _says("boss", "collect"),
    "status": _says("eve", "status"),
    "waive": _waives("boss"),
    "waive_by_kim": _waives("kim"),
    "unwaive": _unwaives,
    "bypass": _says("boss", "bypass"),
    "bypass_by_kim": _says("kim", "bypass"),
    "skip": _labels("boss"),
    "delete_comment": _delete_comment,
    "resolve": _resolve,
    "reply": _reply,
}
"""Moves of other people."""

SERVICE: Mapping[str, Play] = {
    "finish": _finish,
    "cancelled": _end(TaskStatus.CANCELLED),
    "failed": _end(TaskStatus.FAILED),
    "forget_task": _forget_task,
    "a_day_later": _a_day_later,
    "refuse": _refuse,
    "out_of_credits": _out_of_credits,
}
"""Actions at CodeVF."""

ROUTED: Mapping[str, Play] = {DEEP: _route_label(DEEP), TRIVIAL: _route_label(TRIVIAL)}
"""Moves of the author in histories with rules; the other histories stay the same without them."""

ANSWERED: Mapping[str, Play] = {
    "accept": _accepts("boss"),
    "accept_by_kim": _accepts("kim"),
    "author_accepts": _accepts("mona"),
    "boss_commits": _boss_commits,
}
"""Moves around an answer that was read in part; only some histories have them."""

CHECKS: Mapping[str, Play] = {
    "check_starts": _other_check(""),
    "check_passes": _other_check("success", "success", "neutral", "skipped"),
    "check_fails": _other_check("failure", "cancelled", "timed_out"),
}
"""Other Apps' checks, which only some histories wait for."""

ASKED: Mapping[str, Play] = {
    "ask": _asks("boss"),
    "author_asks": _asks("mona"),
    "stranger_asks": _asks("eve"),
    "unask": _unasks,
}
"""Questions, in some histories only; the others stay the same without them."""

QUEUED: Mapping[str, Play] = {"queue": _queue}
"""The merge queue, in some histories only."""

MERGED: Mapping[str, Play] = {"main_turns": _main_turns, "merge_ours": _merge_ours, "main_takes": _main_takes}
"""A flaw of the default branch, what the author keeps of it, and merged commits; in some histories only."""

GUARDED: Mapping[str, Play] = {"cut_guard": _cut_guard, "mend_guard": _mend_guard}
"""What the author does to guard lines, only in histories whose reviewer guards."""

MOVES: Mapping[str, Play] = {
    **AUTHOR,
    **ADVERSARY,
    **OTHERS,
    **SERVICE,
    **CHECKS,
    **ROUTED,
    **ASKED,
    **ANSWERED,
    **QUEUED,
    **MERGED,
    **GUARDED,
}
