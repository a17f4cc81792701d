"""Run the model and the sandbox in lockstep: after each act both must return the same.

Ids, commits and URLs differ, so they are compared by order of creation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from msgspec import Struct, structs

from reviewbot.domain.github.drafts import InlineComment, NodeChange, Reaction
from reviewbot.domain.github.pull_request import Conclusion, Snapshot
from reviewbot.domain.model.options import ReviewKind
from reviewbot.domain.model.review import Side
from reviewbot.errors import ReviewbotError
from tests.contract.ports.github_harness import CHECK_NAME, MAIN, NAMES, US, Content, GitHubHarness, read, with_lines
from tests.contract.ports.states import check, inline, on_file, review

T = TypeVar("T")
Act = Callable[[GitHubHarness, int], T]
"""An act on one side, which is 0 or 1."""

MARK = "<!-- reviewbot:summary -->"
PEOPLE = ("mona", "kim", US)
DAY = 24 * 3600.0
_GONE = {"url", "node_id", "created_at"}


@dataclass(frozen=True, slots=True)
class Twin:
    """An object on both sides: its id or its commit on each."""

    memory: Any
    sandbox: Any

    def on(self, side: int) -> Any:  # noqa: ANN401 — an id or a commit
        """Return it on one side."""
        return self.sandbox if side else self.memory


@dataclass
class Pair:
    """Two GitHubs, and everything that was made on them.

    Attributes:
        trees: the files of each commit, by its place in `commits`.
        branches: the place of each branch's tip.
        log: the acts so far, for the message of a failure.
    """

    sides: tuple[GitHubHarness, GitHubHarness]
    rng: Random
    commits: list[Twin] = field(default_factory=list)
    trees: list[dict[str, Content]] = field(default_factory=list)
    branches: dict[str, int] = field(default_factory=dict)
    comments: list[Twin] = field(default_factory=list)
    replies: list[Twin] = field(default_factory=list)
    threads: list[Twin] = field(default_factory=list)
    nodes: list[Twin] = field(default_factory=list)
    reviews: list[Twin] = field(default_factory=list)
    checks: list[Twin] = field(default_factory=list)
    pulls: dict[int, str] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    log: list[str] = field(default_factory=list)

    def both(self, what: str, act: Act[T]) -> Twin | None:
        """Act on both sides; return None if both raise the same error class."""
        self.log.append(what)
        results: list[object] = []
        failures: list[type[ReviewbotError] | None] = []
        for side, harness in enumerate(self.sides):
            try:
                results.append(act(harness, side))
                failures.append(None)
            except ReviewbotError as error:
                results.append(error)
                failures.append(type(error))
        assert failures[0] is failures[1], f"{self.story()}\nin memory: {results[0]!r}\non the sandbox: {results[1]!r}"
        return None if failures[0] else Twin(*results)

    def agree(self, what: str, ask: Act[object]) -> None:
        """Read both sides, and check that the results are equal except for ids and commits."""
        twin = self.both(what, lambda harness, side: self._plain(ask(harness, side), side))
        assert twin is None or twin.memory == twin.sandbox, (
            f"{self.story()}\nin memory: {_difference(twin.memory, twin.sandbox)}"
            f"\non the sandbox: {_difference(twin.sandbox, twin.memory)}"
        )

    def story(self) -> str:
        """Return the acts so far."""
        return "\n".join(["After these acts the sides differ:", *self.log[-60:]])

    def _plain(self, value: object, side: int) -> object:
        names = {twin.on(side): f"commit {place}" for place, twin in enumerate(self.commits)}

        def plain(one: object) -> object:
            if isinstance(one, Snapshot):
                return plain(_ranked(_as_dict(one)))
            if isinstance(one, Struct):
                return plain(_as_dict(one))
            if isinstance(one, Mapping):
                return {plain(key): plain(each) for key, each in one.items() if key not in _GONE}
            if isinstance(one, (list, tuple)):
                return [plain(each) for each in one]
            if isinstance(one, (set, frozenset)):
                return sorted(map(str, one))
            return names.get(one, one) if isinstance(one, str) else one

        return plain(value)

    # Choices

    def pick(self, things: Iterable[T]) -> T | None:
        """Choose an item."""
        found = list(things)
        return self.rng.choice(found) if found else None

    # People

    def begin(self) -> None:
        """Open a pull request that changes two places of a file."""
        self.branches["main"] = self.commit("main", MAIN, "acme")
        self.branches["topic"] = self.branches["main"]
        self.edit("topic", {5: "five\n", 30: "thirty\n"})
        self.branches["release"] = self.branches["main"]
        self.push("release", {"release.md": "1.0\n"})
        self.open("topic", "main")

    def commit(self, branch: str, files: Mapping[str, Content], author: str, parents: tuple[int, ...] = ()) -> int:
        """Push a commit; other parents than the tip are named by their places. Returns its place."""
        onto = [self.commits[place] for place in parents]

        def act(harness: GitHubHarness, side: int) -> str:
            return harness.push(branch, files, author=author, parents=[one.on(side) for one in onto] if onto else None)

        made = self.both(f"push {branch} {sorted(files)} {parents} by {author}", act)
        assert made is not None
        self.commits.append(made)
        tips = [self.branches.get(branch, self.branches.get("main"))]
        before = parents[0] if parents else tips[0]
        tree = {**(self.trees[before] if before is not None else {}), **files}
        self.trees.append({path: content for path, content in tree.items() if content is not None})
        self.branches[branch] = len(self.commits) - 1
        return self.branches[branch]

    def push(self, branch: str, files: Mapping[str, Content], author: str = "mona") -> None:
        """Push on top of a branch."""
        if branch in self.branches and any(
            self.trees[self.branches[branch]].get(path) != one for path, one in files.items()
        ):
            self.commit(branch, files, author)

    def edit(self, branch: str, changed: Mapping[int, str]) -> None:
        """Push lines of `app.py`; the others are as on `main` in the beginning."""
        self.push(branch, {"app.py": with_lines(changed)})

    def edit_somewhere(self) -> None:
        """Push another version of `app.py`."""
        lines = {number: f"line {number}\nand {number}\n" for number in self.rng.sample(range(2, 40), 2)}
        changes = [
            {5: "five\n", 30: "thirty\n"},
            {5: "five\n"},
            {30: "thirty\n"},
            {5: "five\n", 6: "", 30: "thirty\n"},
            {5: "five\n", 30: "thirty\n", 31: "more\n"},
            {5: "five\n", 30: "thirty\n", **lines},
            lines,
        ]
        self.edit("topic", self.rng.choice(changes))

    def push_somewhere(self) -> None:
        """Push another file, to any branch."""
        branch = self.rng.choice(["topic", "topic", "main", "release"])
        path = self.rng.choice(["new.py", "docs/guide.md"])
        there = path in self.trees[self.branches[branch]]
        content = None if there and self.rng.random() < 0.4 else f"one\n{self.rng.randrange(3)}\n"
        self.push(branch, {path: content}, self.rng.choice(PEOPLE[:2]))

    def edit_base(self) -> None:
        """Push lines of `app.py` to `main`, which move the others or not."""
        changes = [{1: "zero\nline 1\n"}, {1: "one\n"}, {30: "main's\n"}, {20: "", 21: ""}, {}]
        self.edit("main", self.rng.choice(changes))

    def rename(self) -> None:
        """Rename a file that nothing else changes, or rename it back."""
        names = ["old.txt", "moved.txt", "docs/moved.txt"]
        there = self.trees[self.branches["topic"]]
        found = self.pick(name for name in names if name in there)
        new = self.rng.choice([name for name in names if name != found])
        if found is not None and new not in there:
            self.push("topic", {found: None, new: there[found]})

    def push_many(self) -> None:
        """Push more commits than a snapshot looks at."""
        for _ in range(self.rng.choice([3, 11])):
            self.push("topic", {"count.txt": f"{len(self.log)}\n"})

    def force_push(self) -> None:
        """Push onto an older commit."""
        onto = self.rng.randrange(len(self.commits))
        wanted = {"app.py": with_lines({5: "five\n", 30: self.rng.choice(["thirty\n", "30\n"])})}
        self.commit("topic", wanted, "kim", (onto,))

    def go_back(self) -> None:
        """Move the branch to an older commit."""
        place = self.rng.randrange(len(self.commits))
        twin = self.commits[place]
        self.both(f"move topic to {place}", lambda harness, side: harness.move("topic", twin.on(side)))
        self.branches["topic"] = place

    def merge_main(self) -> None:
        """Merge the files that only `main` has changed."""
        topic, main = self.branches["topic"], self.branches["main"]
        ours, theirs = self.trees[topic], self.trees[main]
        taken = {path: one for path, one in theirs.items() if path not in ours}
        self.commit("topic", taken, "mona", (topic, main))

    def open(self, branch: str, base: str) -> None:
        """Open a pull request."""
        number = len(self.pulls) + 1
        self.both(f"open {branch} against {base}", lambda harness, _side: harness.open_pull(branch, base=base))
        self.pulls[number] = branch

    def open_second(self) -> None:
        """Open a second pull request of the same branch."""
        if len(self.pulls) == 1:
            self.open("topic", "release")

    def close_or_reopen(self) -> None:
        """Close a pull request, or open it again."""
        number = self.rng.choice(list(self.pulls))
        if number in self.closed:
            self.closed.remove(number)
            self.both(f"reopen {number}", lambda harness, _side: harness.reopen(number))
        else:
            self.closed.add(number)
            self.both(f"close {number}", lambda harness, _side: harness.close(number))

    def retarget(self) -> None:
        """Choose another base."""
        base = self.rng.choice(["main", "release"])
        self.both(f"retarget to {base}", lambda harness, _side: harness.retarget(1, base))

    def label(self) -> None:
        """Set or remove a label."""
        name, by, number = self.rng.choice(["skip", "docs"]), self.rng.choice(PEOPLE), self.rng.choice(list(self.pulls))
        kind = self.rng.choice(["set", "set", "remove"])
        if kind == "set":
            self.both(f"label {number} {name}", lambda harness, _side: harness.label(number, name, by))
        else:
            self.both(f"unlabel {number} {name}", lambda harness, _side: harness.forge.remove_label(number, name))

    def wait(self) -> None:
        """Let time pass."""
        seconds = self.rng.choice([1.0, 60.0, 3600.0, 3 * DAY, 13 * DAY])
        self.both(f"wait {seconds}", lambda harness, _side: harness.advance(seconds))

    # The conversation

    def comment(self) -> None:
        """Comment, as a person or as us."""
        number, by = self.rng.choice(list(self.pulls)), self.rng.choice(PEOPLE)
        body = self.rng.choice(["Hm.", f"{MARK} text", "", "x" * 65_537][: 2 if by != US else 4])
        if by == US:
            made = self.both(
                f"we comment on {number}", lambda harness, _side: harness.forge.create_comment(number, body).id
            )
        else:
            made = self.both(f"{by} comments on {number}", lambda harness, _side: harness.comment(number, by, body))
        self.comments += [made] if made else []

    def change_comment(self) -> None:
        """Edit, delete or react to a comment that may be gone, as us."""
        found = self.pick(self.comments)
        if found is None:
            return
        acts: dict[str, Act[object]] = {
            "edit": lambda harness, side: harness.forge.update_comment(found.on(side), f"{MARK} new").id and None,
            "delete": lambda harness, side: harness.forge.delete_comment(found.on(side)),
            "react to": lambda harness, side: harness.forge.react(found.on(side), Reaction.CONFUSED, in_thread=False),
        }
        name = self.rng.choice(list(acts))
        self.both(f"we {name} comment {self.comments.index(found)}", acts[name])

    def vandalise_comment(self) -> None:
        """Edit or react to a comment as a person."""
        snapshot = read(self.sides[0])
        live = [twin for twin in self.comments if twin.memory in {one.id for one in snapshot.comments}]
        found = self.pick(live)
        if found is not None:
            by = self.rng.choice(PEOPLE[:2])
            if self.rng.random() < 0.5:
                self.both(f"{by} edits", lambda harness, side: harness.edit_comment(found.on(side), by, "Edited."))
            else:
                self.both(f"{by} reacts", lambda harness, side: harness.react(found.on(side), by, "+1"))

    # Reviews

    def _inline(self) -> InlineComment:
        path = self.rng.choice(["app.py", "app.py", "app.py", "new.py", "absent.py"])
        line, side = self.rng.choice([1, 2, 3, 5, 6, 8, 27, 30, 31, 33, 34]), self.rng.choice(list(Side))
        start = self.rng.choice([None, None, line, line - 1, line - 3])
        return inline(line, f"finding {len(self.log)}", path=path, side=side, start=start)

    def review(self) -> None:
        """Post a review, often with a line that is not in the diff."""
        number, place = self.rng.choice(list(self.pulls)), self.branches["topic"]
        if self.rng.random() < 0.3:
            place = self.rng.randrange(len(self.commits))
        comments = [self._inline() for _ in range(self.rng.choice([0, 1, 1, 2]))]
        event, twin = self.rng.choice(list(ReviewKind)), self.commits[place]
        made = self.both(
            f"review {number} at commit {place}: {[one.target for one in comments]}",
            lambda harness, side: harness.forge.create_review(number, review(twin.on(side), *comments, event=event)),
        )
        self.reviews += [made] if made else []
        self._note_threads()

    def file_comment(self) -> None:
        """Comment on a file."""
        path, twin = self.rng.choice(["app.py", "new.py", "old.txt", "absent.py"]), self.commits[self.branches["topic"]]
        self.both(
            f"comment on {path}",
            lambda harness, side: harness.forge.create_file_comment(1, twin.on(side), *on_file(path=path)),
        )
        self._note_threads()

    def _note_threads(self) -> None:
        """Remember the threads of pull request 1, and their comments."""
        found = [read(harness).threads for harness in self.sides]
        for memory, sandbox in zip(*found, strict=False):
            if all(one.memory != memory.id for one in self.threads):
                self.threads.append(Twin(memory.id, sandbox.id))
            for first, second in zip(memory.comments, sandbox.comments, strict=False):
                if all(one.memory != first.id for one in self.replies):
                    self.replies.append(Twin(first.id, second.id))
                    self.nodes.append(Twin(first.node_id, second.node_id))

    def change_thread(self) -> None:
        """Edit, delete, hide, show, resolve or reopen, as us, what may be gone."""
        reply, thread = self.pick(self.replies), self.pick(self.threads)
        if reply is None or thread is None:
            return
        node = self.nodes[self.replies.index(reply)]
        acts: dict[str, Act[object]] = {
            "edit": lambda harness, side: harness.forge.update_review_comment(reply.on(side), "Edited."),
            "delete": lambda harness, side: harness.forge.delete_review_comment(reply.on(side)),
            "hide": lambda harness, side: harness.forge.change_node(node.on(side), NodeChange.HIDE),
            "show": lambda harness, side: harness.forge.change_node(node.on(side), NodeChange.SHOW),
            "react to": lambda harness, side: harness.forge.react(reply.on(side), Reaction.NO, in_thread=True),
            "resolve": lambda harness, side: harness.forge.change_node(thread.on(side), NodeChange.RESOLVE),
            "unresolve": lambda harness, side: harness.forge.change_node(thread.on(side), NodeChange.UNRESOLVE),
        }
        name = self.rng.choice(list(acts))
        self.both(f"{name} reply {self.replies.index(reply)} or thread {self.threads.index(thread)}", acts[name])
        self._note_threads()

    def touch_thread(self) -> None:
        """Resolve, reopen or reply as a person."""
        live = {one.comments[0].id for one in read(self.sides[0]).threads}
        first = {one.memory for one in self.replies} & live
        found = self.pick(one for one in self.replies if one.memory in first)
        if found is None:
            return
        by = self.rng.choice(["mona", "kim"])
        acts: dict[str, Act[object]] = {
            "resolve": lambda harness, side: harness.resolve(found.on(side), by),
            "unresolve": lambda harness, side: harness.resolve(found.on(side), None),
            "delete": lambda harness, side: harness.delete_review_comment(found.on(side)),
        }
        name = self.rng.choice(list(acts))
        self.both(f"{by}: {name} thread of reply {self.replies.index(found)}", acts[name])

    def pending(self) -> None:
        """Leave a review pending, as us or as a person."""
        by = self.rng.choice([US, "kim"])
        if by == US and any(one.state == "PENDING" for one in read(self.sides[0]).reviews):
            return
        if by != US and any("pending by kim" in one for one in self.log):
            return
        made = self.both(f"pending by {by}", lambda harness, _side: harness.review(1, by, "Half.", pending=True))
        self.reviews += [made] if made else []

    def change_review(self) -> None:
        """Dismiss or delete a review."""
        found = self.pick(self.reviews)
        if found is None:
            return
        if self.rng.random() < 0.5:
            self.both("dismiss", lambda harness, side: harness.forge.dismiss_review(1, found.on(side), "Done."))
        else:
            self.both("delete", lambda harness, side: harness.forge.delete_pending_review(1, found.on(side)))

    # Check runs

    def check(self) -> None:
        """Create a check run of ours, on any commit and for any pull request."""
        place, number, done = self._place(), self.rng.choice([1, 1, 1, 2]), self.rng.random() < 0.6
        twin, conclusion = self.commits[place], self.rng.choice(list(Conclusion))
        made = self.both(
            f"check of {number} on commit {place}, {done=}",
            lambda harness, side: (
                harness.forge.create_check(
                    check(twin.on(side), number=number, done=done, conclusion=conclusion, annotations=done * 2)
                ).id
            ),
        )
        self.checks += [made] if made else []

    def _place(self) -> int:
        return self.branches["topic"] if self.rng.random() < 0.7 else self.rng.randrange(len(self.commits))

    def foreign_check(self) -> None:
        """Create a check run of our name as another App."""
        place = self._place()
        twin, conclusion = self.commits[place], self.rng.choice(["success", None])
        text = self.rng.choice(["pr1=success copy", "pr2= x", "nothing"])
        made = self.both(
            f"foreign check {text!r} on commit {place}",
            lambda harness, side: harness.foreign_check(twin.on(side), text, conclusion),
        )
        self.checks += [made] if made else []

    def update_check(self) -> None:
        """Update a check run, which may be another App's."""
        found, done = self.pick(self.checks), self.rng.random() < 0.6
        if found is not None:
            self.both(
                f"update check {self.checks.index(found)}, {done=}",
                lambda harness, side: harness.forge.update_check(found.on(side), check("0" * 40, done=done)).conclusion,
            )

    # Compare

    def compare(self) -> None:
        """Compare everything that the ports return."""
        for number in self.pulls:
            self.agree(f"snapshot {number}", _snapshot(number))
            self.agree(f"places {number}", _places(number))
        self.agree("heads", lambda harness, _side: harness.forge.heads([1, 2, 3]))
        self.agree("waiting", lambda harness, _side: _as_dict(harness.forge.waiting(NAMES)))
        self.agree("summaries", lambda harness, _side: [one for one, _ in harness.forge.summaries(MARK)])
        self.agree(
            "older checks",
            lambda harness, _side: [one.head_sha for one in harness.forge.older_checks(1, [CHECK_NAME]).runs],
        )
        self.agree("diff", lambda harness, _side: diff_of(harness, 1))
        self.agree("annotations", lambda harness, side: [harness.annotations(one.on(side)) for one in self.checks])


def _snapshot(number: int) -> Act[Snapshot]:
    return lambda harness, _side: read(harness, number)


def _places(number: int) -> Act[object]:
    return lambda harness, _side: harness.places(number)


def diff_of(harness: GitHubHarness, number: int = 1) -> str:
    """Return the current diff of a pull request in comparable form."""
    pull = read(harness, number).pull
    return plain_diff(harness.forge.diff(pull.base_sha, pull.head_sha))


def plain_diff(diff: bytes) -> str:
    """Return a diff without what the sides may write differently: blob ids, and the text after a hunk's numbers."""
    text = re.sub(r"^index .*\n", "", diff.decode(), flags=re.MULTILINE)
    return re.sub(r"^(@@ .* @@).*$", r"\1", text, flags=re.MULTILINE)


def _as_dict(value: Any) -> Any:  # noqa: ANN401 — any value of the ports
    """Return a value with dicts in place of its structs."""
    if isinstance(value, Struct):
        return {name: _as_dict(each) for name, each in structs.asdict(value).items()}
    return tuple(map(_as_dict, value)) if isinstance(value, tuple) else value


def _ranked(snapshot: dict[str, Any]) -> dict[str, Any]:
    """Replace ids by their order."""
    del snapshot["repository"]["id"]
    runs = ("checks", "older_checks", "other_checks")
    replies = [reply for thread in snapshot["threads"] for reply in thread["comments"]]
    _rank([(one, "id") for one in snapshot["comments"]])
    _rank([(one, "id") for one in replies])
    _rank([(one, "id") for one in snapshot["reviews"]])
    _rank([(one, "id") for name in runs for one in snapshot[name]])
    for thread in snapshot["threads"]:
        del thread["id"]
    return snapshot


def _rank(places: list[tuple[dict[str, Any], str]]) -> None:
    order = sorted({one[key] for one, key in places})
    for one, key in places:
        one[key] = order.index(one[key])


def _difference(mine: object, theirs: object) -> object:
    """Return the differing items of two mappings, or the whole values."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        keys = [key for key in mine if mine[key] != theirs.get(key)]
        return {key: _difference(mine[key], theirs.get(key)) for key in keys}
    return mine


ACTS: tuple[tuple[int, Callable[[Pair], None]], ...] = (
    (6, Pair.edit_somewhere),
    (3, Pair.push_somewhere),
    (2, Pair.edit_base),
    (1, Pair.rename),
    (1, Pair.push_many),
    (2, Pair.force_push),
    (2, Pair.go_back),
    (1, Pair.merge_main),
    (1, Pair.open_second),
    (2, Pair.close_or_reopen),
    (1, Pair.retarget),
    (2, Pair.label),
    (3, Pair.wait),
    (3, Pair.comment),
    (3, Pair.change_comment),
    (2, Pair.vandalise_comment),
    (7, Pair.review),
    (1, Pair.file_comment),
    (6, Pair.change_thread),
    (2, Pair.touch_thread),
    (1, Pair.pending),
    (2, Pair.change_review),
    (4, Pair.check),
    (2, Pair.foreign_check),
    (4, Pair.update_check),
)
"""Each act with its weight."""


def play(pair: Pair, acts: int, every: int) -> None:
    """Play random acts, and compare after every few of them."""
    pair.begin()
    pair.compare()
    for count in range(1, acts + 1):
        (act,) = pair.rng.choices([one for _, one in ACTS], [weight for weight, _ in ACTS])
        act(pair)
        if count % every == 0 or count == acts:
            pair.compare()
