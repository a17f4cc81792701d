"""The sandbox in which templates run. No other module imports jinja2.

Templates have no globals, only a few read-only methods, and no arithmetic on text. Loop iterations, calls and
characters are counted, so that an endless template fails.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from enum import Enum
from functools import cache
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError
from jinja2.runtime import BlockReference, Context, LoopContext, TemplateReference
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup
from msgspec import Struct

from reviewbot.errors import TemplateError
from reviewbot.render import dialects
from reviewbot.render.dialects import Dialect, WrongType

MAX_STEPS = 500_000
"""The maximum number of loop iterations and calls in one rendering."""

MAX_CHARACTERS = 16_000_000
"""The maximum number of characters written in one rendering, including discarded ones."""

COMPILED = Path(__file__).parents[1] / "templates/compiled"
"""The folder in which a build stores the compiled templates. Without this folder, each run compiles its templates."""

SOURCE_LIMIT = 64 * 1024
"""The maximum size of one override in bytes."""


class TooManySteps(RuntimeError):
    """A template takes too many steps."""


class TooManyCharacters(RuntimeError):
    """A template writes too many characters."""


class Meter(Struct):
    steps: int = 0
    characters: int = 0

    def step(self, characters: int = 0) -> None:
        """Count one loop iteration or call, and the `characters` of template text that it may write."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise TooManySteps(f"the template needs more than {MAX_STEPS:,} steps")
        self.write(characters)

    def write(self, characters: int) -> None:
        self.characters += characters
        if self.characters > MAX_CHARACTERS:
            raise TooManyCharacters(f"the output exceeds {MAX_CHARACTERS:,} characters")


_MISTAKES = (jinja2.TemplateError, TooManySteps, WrongType)

_BUILTIN = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
"""Errors that a mistake in a template may also raise. If reviewbot's own functions raise them, it is a bug."""

_LIBRARIES = frozenset({"jinja2", "markupsafe"})

_LARGEST_NUMBER = 10**18

_OF_JINJA = (LoopContext, TemplateReference, BlockReference, TemplateModule)
_FILTERS = ("default", "length", "first", "last", "upper", "lower", "capitalize")

_TICKED = "counted turn"
"""The name of the filter that counts loop iterations. Templates cannot use a name that contains a space."""

_REFUSED: Mapping[type[nodes.Node], str] = {
    nodes.Concat: "~",
    nodes.Slice: "[:]",
    nodes.ScopedEvalContextModifier: "autoescape",
}
"""Syntax that could split an escape sequence, or switch to Jinja's escaping for HTML."""


class _Compiler(CodeGenerator):
    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 — jinja's name
        for refused in node.find_all(tuple(_REFUSED)):
            self.fail(f"`{_REFUSED[type(refused)]}` is not supported", refused.lineno)
        for loop in node.find_all(nodes.For):
            if loop.recursive:
                self.fail("recursive loops are not supported", loop.lineno)
            weight = sum(len(data.data) for data in loop.find_all(nodes.TemplateData))
            counted = nodes.Filter(loop.iter, _TICKED, [nodes.Const(weight)], [], None, None, lineno=loop.lineno)
            loop.iter = counted.set_environment(self.environment)
        super().visit_Template(node, frame)


class _Sandbox(ImmutableSandboxedEnvironment):
    code_generator_class = _Compiler
    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self, dialect: Dialect, loader: jinja2.BaseLoader) -> None:
        super().__init__(
            loader=loader,
            undefined=jinja2.StrictUndefined,
            autoescape=True,
            finalize=self._shown,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.meter = Meter()
        self._written = dialect.written
        builtin = {name: self.filters[name] for name in _FILTERS}
        self.filters = builtin | dict(dialect.filters) | {_TICKED: self._ticked}
        self.globals.clear()

    def _ticked(self, items: object, characters: int) -> Iterator[object]:
        if not isinstance(items, Iterable):
            raise WrongType(f"{type(items).__name__} is not a list")
        for item in items:
            self.meter.step(characters)
            yield item

    @jinja2.pass_context  # so that Jinja also passes constants, instead of escaping them for HTML
    def _shown(self, _context: Context, value: object) -> object:
        if isinstance(value, jinja2.Undefined):
            return value
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise SecurityError(f"{type(value).__name__} cannot be printed")
        shown = value if isinstance(value, Markup) else self._written.escape(value)
        self.meter.write(len(shown))
        return shown

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        if isinstance(obj, _OF_JINJA):
            return super().is_safe_attribute(obj, attr, value)
        match obj:
            case Enum():
                return attr in {"value", "rank", "icon"}
            case str():
                is_escaped = isinstance(obj, Markup)
                return not is_escaped and attr in {"upper", "lower", "strip", "startswith", "endswith"}
            case Mapping():
                return attr in {"items", "keys", "values", "get"}
            case _:
                return isinstance(obj, Struct) and attr in _of_view(obj.__class__)

    def wrap_str_format(self, value: object) -> None:
        """Disable `format`, because a single call could write a billion characters."""

    def getitem(self, obj: object, argument: object) -> object:
        """Return an item. Items of escaped text count as unescaped, because part of an escape sequence is not safe."""
        return super().getitem(str(obj) if isinstance(obj, Markup) else obj, argument)

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        if operator == "**" or not all(isinstance(side, int | Decimal) for side in (left, right)):
            raise SecurityError(f"`{operator}` accepts only numbers")
        result = super().call_binop(context, operator, left, right)
        if abs(result) > _LARGEST_NUMBER:
            raise SecurityError("the number is too large")
        return result

    def call(self, /, context: Context, obj: object, *args: object, **kwargs: object) -> object:
        self.meter.step()
        return super().call(context, obj, *args, **kwargs)

    def get_template(
        self,
        name: str | jinja2.Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002
    ) -> jinja2.Template:
        self.meter.step()
        return super().get_template(name, parent, globals)


@cache
def _of_view(kind: type[Struct]) -> frozenset[str]:
    properties = (name for name in dir(kind) if isinstance(getattr(kind, name), property))
    return frozenset({*kind.__struct_fields__, *properties})


@cache
def _version() -> str:
    """Return a digest of everything that affects compiled templates, so that outdated ones are not used."""
    sources = (Path(__file__), Path(dialects.__file__), *sorted(COMPILED.parent.rglob("*.j2")))
    return sha256(jinja2.__version__.encode() + b"".join(one.read_bytes() for one in sources)).hexdigest()[:16]


def _compiled(dialect: Dialect, folder: Path) -> Path:
    return folder / _version() / dialect.written.__name__.lower()


def store_compiled(dialect: Dialect, folder: Path = COMPILED) -> None:
    """Store the shipped templates as Python modules, which load 30 times faster than templates compile."""
    sandbox = _Sandbox(dialect, jinja2.PackageLoader("reviewbot", "templates"))
    sandbox.compile_templates(_compiled(dialect, folder), extensions={"j2"}, zip=None)


@cache
def templates_of(dialect: Dialect, overrides: tuple[tuple[str, str], ...]) -> Templates:
    """Return the templates of a dialect, cached because a collection creates a renderer for each pull request."""
    return Templates(dialect, dict(overrides))


class Templates:
    """The shipped templates in one dialect, overridden by a repository's own."""

    def __init__(self, dialect: Dialect, overrides: Mapping[str, str]) -> None:
        sources, compiled = jinja2.PackageLoader("reviewbot", "templates"), _compiled(dialect, COMPILED)
        shipped = jinja2.ModuleLoader(compiled) if compiled.is_dir() else sources
        own = jinja2.FunctionLoader(lambda name: (overrides[name], name, None) if name in overrides else None)
        # A repository cannot override templates in folders, which only `reviewbot stats` uses.
        self.names = frozenset(name for name in sources.list_templates() if name.endswith(".j2") and "/" not in name)
        self._written = dialect.written
        self._translated = _translated if overrides else nullcontext  # an error in a shipped template is a bug
        loader = jinja2.ChoiceLoader([own, jinja2.PrefixLoader({"shipped": shipped}), shipped])
        self._sandbox = _Sandbox(dialect, loader)

    def compile(self, name: str, source: str) -> None:
        """Check an override for mistakes that do not depend on values."""
        if len(source.encode("utf-8", "replace")) > SOURCE_LIMIT:
            raise TemplateError.mistake(name, None, f"the file exceeds {SOURCE_LIMIT:,} bytes")
        with self._translated(name):
            self._sandbox.get_template(name)
            body = self._sandbox.parse(source).body
            for base in (node.template.as_const() for node in body if isinstance(node, nodes.Extends)):
                known = self._sandbox.get_template(base).blocks
                for block in (node for node in body if isinstance(node, nodes.Block) and node.name not in known):
                    message = f"`{base}` has no block `{block.name}`; available blocks: {', '.join(sorted(known))}"
                    raise TemplateError.mistake(name, block.lineno, message)

    def render(self, name: str, context: Mapping[str, object], limit: int) -> str | None:
        """Render a template, or return None if the text exceeds the limit."""
        self._sandbox.meter = Meter()
        pieces: list[str] = []
        room = limit
        with self._translated(name):
            try:
                for piece in self._sandbox.get_template(name).generate(context):
                    pieces.append(piece)
                    room -= len(piece)
                    if room < 0:
                        return None
            except TooManyCharacters:
                return None
        return "".join(pieces).strip("\n")

    def render_with_words(self, name: str, context: Mapping[str, object], limit: int) -> str | None:
        """Render a template with the text of the run's outcome as `title` and `details`."""
        words = self.render("outcomes.md.j2", context, limit)
        if words is None:
            return None
        title, _, details = words.partition("\n")
        written = {"title": self._written(title), "details": self._written(details.strip("\n"))}
        return self.render(name, {**context, **written}, limit)


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Raise every mistake in a template as a `TemplateError` with the file and the line."""
    try:
        yield
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError.mistake(error.name or name, error.lineno, str(error.message)) from error
    except RecursionError as error:
        raise TemplateError.mistake(name, None, "infinite recursion through include, extends or a call") from error
    except jinja2.TemplateNotFound as error:
        raise TemplateError.mistake(*_place_of(error, name), f"template `{error.name}` not found") from error
    except (*_MISTAKES, *_BUILTIN) as error:
        if isinstance(error, _BUILTIN) and not _is_of_template(error):
            raise
        raise TemplateError.mistake(*_place_of(error, name), str(error)) from error


def _is_of_template(error: Exception) -> bool:
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    library = str(frame.f_globals.get("__name__")).partition(".")[0]
    file = PurePath(frame.f_code.co_filename)
    return file.suffix == ".j2" or file.is_relative_to(COMPILED) or library in _LIBRARIES


def _place_of(error: Exception, name: str) -> tuple[str, int | None]:
    """Return the file and the line of the innermost template in an error's traceback."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.endswith(".j2"):
            return PurePath(frame.filename).name, frame.lineno
    return name, None
