"""Project rules that no linter checks."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

FUNCTION_LINES = 50
MOST_MODULES = 10
PROGRAM = ("reviewbot/", "sandbox/src/")
ROOT_MODULE = "reviewbot/__main__.py"
# Concatenated, so that this file does not contain the words that it searches for.
REGISTRIES = tuple(
    ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("registry", "npmjs"), ("deb", "debian"))
)
FOLDERS = re.compile(r"(^|[^A-Za-z0-9_.])/(?:work|farm|root)/", re.MULTILINE)

Function = ast.FunctionDef | ast.AsyncFunctionDef


@pytest.fixture(scope="module")
def texts(files: list[Path], root: Path) -> dict[str, str]:
    """Return path to text for every text file."""
    read = {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
    return {name: data.decode("utf-8", "replace") for name, data in read.items() if b"\0" not in data}


@pytest.fixture(scope="module")
def modules(texts: dict[str, str]) -> dict[str, ast.Module]:
    """Return path to syntax tree for every module of the program."""
    return {name: ast.parse(text) for name, text in texts.items() if name.startswith(PROGRAM) and name.endswith(".py")}


def test_functions_are_short(modules: dict[str, ast.Module]) -> None:
    long = {
        f"{name}:{node.name}": lines(node)
        for name, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, Function) and lines(node) > FUNCTION_LINES and not is_table(node)
    }
    assert not long


def test_no_package_has_more_than_ten_modules(modules: dict[str, ast.Module]) -> None:
    named = (name.rpartition("/") for name in modules)
    counts = Counter(package for package, _, module in named if module != "__init__.py")
    assert {package: count for package, count in counts.items() if count > MOST_MODULES} == {}


def is_table(node: Function) -> bool:
    """Return whether the whole function is one `match` with a few lines for each case."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return [type(one) for one in body] == [ast.Match] and all(len(case.body) == 1 for case in body[0].cases)  # type: ignore[attr-defined]


def lines(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_the_only_broad_except_is_in_main(modules: dict[str, ast.Module]) -> None:
    broad = [
        name
        for name, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and is_broad(node.type)
    ]
    assert broad in ([], [ROOT_MODULE])


def is_broad(caught: ast.expr | None) -> bool:
    """Return whether an `except` catches everything: bare, by name, or by a tuple that holds such a name."""
    match caught:
        case None | ast.Name("Exception" | "BaseException"):
            return True
        case ast.Tuple(members):
            return any(is_broad(member) for member in members)
        case _:
            return False


def test_one_module_reads_the_environment(modules: dict[str, ast.Module]) -> None:
    assert {name for name, tree in modules.items() if any(environment_reads(tree))} <= {ROOT_MODULE}


def environment_reads(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(ast.Name("os"), "environ" | "environb" | "getenv" | "getenvb"):
                yield node
            case ast.ImportFrom("os", names) if {alias.name for alias in names} & {"environ", "environb", "getenv"}:
                yield node


def test_the_docstring_of_a_package_names_only_what_is_there(modules: dict[str, ast.Module]) -> None:
    commands = {Path(name).stem for name in modules if name.startswith("reviewbot/cli/commands/")}
    for name, tree in modules.items():
        if name.endswith("__init__.py"):
            words = set(re.findall("`([a-z_]+)`", ast.get_docstring(tree) or ""))
            assert words - commands <= names_in(name.removesuffix("__init__.py"), modules), name


def names_in(package: str, modules: dict[str, ast.Module]) -> set[str]:
    """Return the modules and packages of a package, and what its modules define."""
    there = {name.removeprefix(package): tree for name, tree in modules.items() if name.startswith(package)}
    nodes = (node for name, tree in there.items() if "/" not in name for node in ast.walk(tree))
    defined = {node.name for node in nodes if isinstance(node, Function | ast.ClassDef)}
    return defined | {name.partition("/")[0].removesuffix(".py") for name in there}


def test_no_code_is_unimplemented(modules: dict[str, ast.Module]) -> None:
    stubs = [
        f"{name}:{node.lineno}"
        for name, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and node.exc and "NotImplementedError" in ast.unparse(node.exc)
    ]
    assert not stubs


def test_no_package_registry_is_named(texts: dict[str, str]) -> None:
    assert not [(name, host) for name, text in texts.items() for host in REGISTRIES if host in text]


def test_no_folder_of_one_machine_is_named(texts: dict[str, str]) -> None:
    assert not [name for name, text in texts.items() if FOLDERS.search(text)]


def test_every_sandbox_in_a_test_of_reviewbot_has_a_referee(texts: dict[str, str]) -> None:
    for name, text in texts.items():
        if re.match("tests/(app|crash|adapters)/", name):
            made = text.count("build_github("), text.count("build_codevf(")
            assert (text.count("referee.requests("), text.count("referee.bought(")) == made, name
            assert text.count("referee.answers(build_github(") == made[0], name
