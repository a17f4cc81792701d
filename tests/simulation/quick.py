"""Makes histories faster without changing the product's decisions.

Pure functions are cached, because histories share files and settings. Views are rendered as their fields instead of by
templates, except in `exact` histories.
"""

from __future__ import annotations

import gc
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache, lru_cache, partial
from importlib import import_module
from typing import Any

from msgspec import MsgspecError, Struct, json

from reviewbot.render.renderer import SummaryText
from reviewbot.render.view_models.command import AnnouncementView, AnswerView
from reviewbot.render.view_models.review import ReplyView

SIZE = 4_000
GARBAGE = 100_000
"""How many objects are created before Python looks for garbage."""

Replacement = Callable[[Any], object]


def found(place: str) -> tuple[object, str, Any]:
    """Return the object at `package.module:name` or `package.module:Class.name`, with its owner and its name there."""
    module, _, path = place.partition(":")
    owner: object = import_module(module)
    *classes, name = path.split(".")
    for one in classes:
        owner = getattr(owner, one)
    return owner, name, vars(owner)[name]


@contextmanager
def replaced(place: str, make: Replacement) -> Iterator[None]:
    """Replace an object in every module that imported it; `make` returns the new object for the old one."""
    owner, name, original = found(place)
    new = make(original)
    places = [(owner, name)]
    if not isinstance(owner, type):
        modules = [module for key, module in sys.modules.items() if key.startswith("reviewbot.")]
        places += [(module, key) for module in modules for key, one in vars(module).items() if one is original]
    for where, key in places:
        setattr(where, key, new)
    try:
        yield
    finally:
        for where, key in places:
            setattr(where, key, original)


def _by_tuples(function: Any) -> object:  # noqa: ANN401 — any function
    """Cache by arguments, with iterables as tuples and mappings as their items."""
    is_class_method = isinstance(function, classmethod)
    plain = function.__func__ if is_class_method else function

    @lru_cache(maxsize=SIZE)
    def known(*arguments: object, **named: object) -> object:
        return plain(*(_thawed(one) for one in arguments), **named)

    def call(*arguments: object, **named: object) -> object:
        return known(*(_frozen(one) for one in arguments), **{name: _frozen(one) for name, one in named.items()})

    return classmethod(call) if is_class_method else call


def _by_inputs(function: Any) -> object:  # noqa: ANN401 — any function
    """Cache by a mapping of inputs and further texts."""

    @lru_cache(maxsize=SIZE)
    def known(inputs: tuple[tuple[str, str], ...], *texts: str | None) -> object:
        return function(dict(inputs), *texts)

    def call(inputs: Mapping[str, str], *texts: str | None) -> object:
        return known(tuple(inputs.items()), *texts)

    return call


def _by_text(read_config: Any) -> object:  # noqa: ANN401 — as above
    """Cache a config by its text. The caller may change what it gets."""
    known = lru_cache(SIZE)(read_config)

    def call(*texts: str) -> object:
        values, problems = known(*texts)
        return dict(values), list(problems)

    return call


_PLAIN = frozenset({str, bytes, int, bool, type(None), type})


class _Items(tuple[tuple[str, object], ...]):
    """Return a mapping as a hashable key."""

    __slots__ = ()


def _frozen(argument: object) -> object:
    if type(argument) in _PLAIN or isinstance(argument, Struct):
        return argument
    if isinstance(argument, Mapping):
        return _Items(argument.items())
    return tuple(argument) if hasattr(argument, "__iter__") else argument


def _thawed(argument: object) -> object:
    return dict(argument) if isinstance(argument, _Items) else argument


def _by_identity(method: Any) -> object:  # noqa: ANN401 — any method
    """Cache by identity; the object is kept alive."""
    kept: dict[tuple[object, ...], tuple[object, object]] = {}

    def call(self: object, *arguments: object, **named: object) -> object:
        key = id(self), *arguments, *named.items()
        if key not in kept:
            if len(kept) > SIZE:
                kept.clear()
            kept[key] = self, method(self, *arguments, **named)
        return kept[key][1]

    return call


def _by_what_decides_it(prepare: Any) -> object:  # noqa: ANN401 — as above
    """Cache what is prepared by the texts that it is prepared from; settings and change by identity, kept alive."""
    kept: dict[tuple[object, ...], tuple[object, object, object]] = {}

    def call(run: Any, snapshot: Any, change: Any) -> object:  # noqa: ANN401 — as above
        pull, attributes = snapshot.pull, snapshot.default_branch.attributes
        key = id(run.settings), id(change), pull.title, pull.body, pull.base_ref, attributes
        if key not in kept:
            if len(kept) > SIZE // 10:
                kept.clear()
            kept[key] = run.settings, change, prepare(run, snapshot, change)
        return kept[key][2]

    return call


def _by_parts(assemble: Any) -> object:  # noqa: ANN401 — as above
    """Cache a change by its diff, by identity, kept alive, and its entries."""
    kept: dict[tuple[object, ...], tuple[object, object]] = {}

    def call(merge_base: str, head: str, files: object, old: Any, new: Any, *context: object) -> object:  # noqa: ANN401 — as above
        key = merge_base, head, id(files), _Items(old.items()), _Items(new.items()), repr(context)
        if key not in kept:
            if len(kept) > SIZE // 10:
                kept.clear()
            kept[key] = files, assemble(merge_base, head, files, old, new, *context)
        return kept[key][1]

    return call


def _by_snapshot(read_ledger: Any) -> object:  # noqa: ANN401 — as above
    """Cache a ledger by the snapshot and the settings, by identity, if no request was made to read it."""
    kept: dict[tuple[object, ...], tuple[object, object, object]] = {}

    def call(run: Any, snapshot: Any, digest: str = "", own: str = "", **must_read: bool) -> object:  # noqa: ANN401
        key, simulated = (id(snapshot), id(run.settings), digest, own), run.ports.forge.simulated_run
        if key in kept:
            return kept[key][2]
        calls, stored = simulated.calls, read_ledger(run, snapshot, digest, own, **must_read)
        if simulated.calls == calls:
            if len(kept) > SIZE // 10:
                kept.clear()
            kept[key] = snapshot, run.settings, stored
        return stored

    return call


def _at_once(read: Any) -> object:  # noqa: ANN401 — as above
    """Parse and convert a document in one step; the product's way decides what is wrong with it."""

    def call(text: str | bytes, kind: type[object]) -> object:
        try:
            return json.decode(text, type=kind)
        except (MsgspecError, UnicodeError):
            return read(text, kind)

    return call


_by_arguments: Replacement = lru_cache(SIZE)
"""Caches by arguments that are hashable."""

REMEMBERED: Mapping[str, Replacement] = {
    "reviewbot.app.github.read_change:prepare": _by_what_decides_it,
    "reviewbot.settings.configfile:read_config": _by_text,
    "reviewbot.settings.table:peek_settings": _by_inputs,
    "reviewbot.settings.table:read_settings": _by_inputs,
    "reviewbot.domain.diff.parse:parse_diff": _by_arguments,
    "reviewbot.domain.text.strict_json:read": _at_once,
    "reviewbot.domain.diff.parse:assemble": _by_parts,
    "reviewbot.app.github.ledger_store:read_ledger": _by_snapshot,
    "reviewbot.domain.codevf.idempotency:Identity.digest": _by_arguments,
    "reviewbot.domain.ledger.codec:_deflated": lambda _: partial(zlib.compress, level=1),
    "reviewbot.domain.ledger.codec:_unpack": _by_arguments,
    "reviewbot.domain.ledger.codec:encode": _by_arguments,
    "reviewbot.domain.ledger.codec:decode": _by_arguments,
    "reviewbot.domain.ledger.signing:Signer.sign": _by_arguments,
    "reviewbot.domain.ledger.external_id:encode_external_id": _by_arguments,
    "reviewbot.domain.ledger.external_id:decode_external_id": _by_arguments,
    "reviewbot.domain.github.check_identity:split_tag": _by_arguments,
    "reviewbot.domain.redaction.scan:scan": _by_tuples,
    "reviewbot.domain.codevf.attachments:pack": _by_tuples,
    "reviewbot.domain.selection.selection:select": _by_tuples,
    "reviewbot.domain.redaction.redactor:Redactor.of": _by_tuples,
    "reviewbot.domain.redaction.redactor:Redactor.redact": _by_identity,
}
"""Slow pure functions, each with its cache."""


def _finding(view: Any) -> tuple[object, ...]:  # noqa: ANN401 — a view of the product, whose fields may move
    place = (view.path, view.side.value, view.why.value)
    said = (f"`{view.id}`", view.severity.value, view.title, view.explanation)
    return *said, place, view.blocks, view.state.value, view.waived_by


def _summary(view: Any) -> str:  # noqa: ANN401 — as above
    """Return a summary's content without times and addresses."""
    outcome = view.outcome
    content = (
        (outcome.status.value, outcome.verdict.value, outcome.reason.value, outcome.conclusion),
        sorted((severity.value, count) for severity, count in (view.counts or {}).items() if count),
        [_finding(one) for one in view.findings],
        [_finding(one) for one in (*view.waived, *view.closed)],
        [(one.where, one.why, one.text) for one in view.leftovers],
        [(one.title, one.path, one.original) for one in view.duplicates],
        view.sum,
        (view.coverage.value, [one.path for one in view.sent], [(one.path, one.reason) for one in view.held]),
        (view.notices, view.bypass, view.reviewer_summary),
    )
    return "\n".join(map(repr, content))


def _text(view: Any) -> str:  # noqa: ANN401 — as above
    """Return a summary's content with the replies that have no thread."""
    replies = [one for one in view.degraded if one.startswith("The reviewer replies")]
    return f"{_summary(view)}\n{replies!r}"


def _comment(view: Any) -> str:  # noqa: ANN401 — as above
    """Return a comment's content when it is posted; states are added later."""
    parts = (f"{_heading(one)}\n{one.explanation!r}\n<sub>`{one.id}`</sub>" for one in view.findings)
    return "\n".join((view.mark, *parts))


def _heading(view: Any) -> str:  # noqa: ANN401 — as above
    """Return a heading that `with_headings` can update."""
    word = "blocks" if view.blocks else "does not block"
    return f"**{view.severity.icon} {view.severity.value.capitalize()} · {word}: {view.title!r}**"


def _reply(reply: Any) -> str:  # noqa: ANN401 — as above
    """Leave out whether the question's comment is gone: a late answer may find it deleted."""
    return f"{reply.text} {reply.state} {reply.used}" if reply else ""


def _post(view: AnswerView | AnnouncementView | ReplyView) -> str:
    match view:
        case AnswerView():
            # A refusal names no finding, so it does not matter when the command was refused.
            return f"{view.word} {view.refusal or view.finding} {_reply(view.reply)}"
        case AnnouncementView():
            return f"{_mentions(view)}: {view.ending} {view.check_title}"
        case ReplyView():
            return view.text


def _mentions(view: Any) -> str:  # noqa: ANN401 — as above
    return " ".join(f"@{login}" for login in view.mentions)


def _check(view: Any) -> tuple[str, str]:  # noqa: ANN401 — as above
    title = f"{view.outcome.reason.value}: {view.outcome.message}"
    return title, _summary(view) if view.in_summary else _text(view)


def _prepare(self: Any, _overrides: object = None) -> None:  # noqa: ANN401 — a renderer
    self.problems, self.refusal, self.own, self.shipped = [], None, (), None


PLAIN_WORDS: Mapping[str, Callable[..., object]] = {
    "__init__": _prepare,
    "summary": lambda _self, view: SummaryText(f"{view.mark}{view.ledger}\n{_text(view)}", is_whole=True),
    "comment": lambda _self, view: _comment(view),
    "finding_state": lambda _self, view: repr([_finding(one) for one in view.findings]),
    "answer_words": lambda _self, view: f"{view.word} {view.refusal}",
    "post": lambda _self, view: f"{view.mark}\n{_post(view)}",
    "question": lambda _self, view: f"Answer: {view.question} {view.finding_id}",
    "words": lambda _self, view: _check(view),
    "review_body": lambda _self, _view, mark: f"{mark}\nA review.",
    "check": lambda _self, view: _check(view),
    "job_summary": lambda _self, _view: "",
    "terminal": lambda _self, _view: "",
    "annotation": lambda _self, finding: (finding.title, finding.id),
    "prompt": lambda _self, view: f"Review {view.pull_number} of {view.repository}.",
}
"""Replacements of the renderer's methods; nothing reads the log of a run. No history overrides a template."""


UNREAD: Mapping[str, object] = {
    "reviewbot.app.run:Machine.describe": lambda _self, _phase, _step: "",
    "reviewbot.app.run:describe_result": lambda _result: "",
    "reviewbot.app.output.runner_output:show": lambda _run, _known, _outcome: None,
}
"""Replacements of what writes the log and the job summary."""


@contextmanager
def quick(*, exact: bool = False) -> Iterator[None]:
    """Play histories quickly; `exact` ones keep the templates."""
    with ExitStack() as stack:
        # A history leaves little garbage: the default looks for it several times in each.
        stack.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(GARBAGE, *gc.get_threshold()[1:])
        for place, make in REMEMBERED.items():
            if _is_there(place):
                stack.enter_context(replaced(place, make))
        for place, new in ({} if exact else UNREAD).items():
            stack.enter_context(replaced(place, partial(_instead, new)))
        for name, words in ({} if exact else PLAIN_WORDS).items():
            stack.enter_context(replaced(f"reviewbot.render.renderer:Renderer.{name}", partial(_instead, words)))
        yield


def _instead(new: object, _old: object) -> object:
    return new


@cache
def _is_there(place: str) -> bool:
    """Return whether the cached function exists. A missing one only costs time, so a test checks it."""
    try:
        found(place)
    except (ImportError, AttributeError, KeyError):
        return False
    return True
