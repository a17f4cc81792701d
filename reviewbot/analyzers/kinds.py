"""Determine which analyzer reads a file, and whether the file needs an analyzer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from reviewbot.analyzers.copies import SourceFile


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# JavaScript is read with the grammar for TypeScript with JSX, which is a superset except for HTML-like comments.
_GRAMMARS: Final = {
    ".js": ".tsx", ".jsx": ".tsx", ".mjs": ".tsx", ".cjs": ".tsx", ".tsx": ".tsx",
    ".ts": ".ts", ".mts": ".ts", ".cts": ".ts",
    ".go": ".go", ".java": ".java", ".py": ".py", ".pyw": ".py", ".cs": ".cs",
    ".rb": ".rb", ".rake": ".rb", ".gemspec": ".rb", ".ru": ".rb",
    ".php": ".php", ".phtml": ".php", ".php5": ".php", ".php7": ".php", ".php8": ".php",
}  # fmt: skip
_GRAMMAR_NAMES: Final = dict.fromkeys(
    ("rakefile", "gemfile", "vagrantfile", "podfile", "fastfile", "guardfile", "brewfile", "capfile"), ".rb"
)
_INTERPRETERS: Final = (
    (re.compile(r"\b(node|nodejs|deno|bun|tsx|ts-node|zx)\b"), ".tsx"),
    (re.compile(r"\bphp[\d.]*\b"), ".php"),
    (re.compile(r"\bj?ruby[\d.]*\b"), ".rb"),
    (re.compile(r"python|pypy|graalpy|\b(uv|uvx|pipx)\b"), ".py"),
)
_SHELL_NAMES: Final = _words(
    ".bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .envrc .xinitrc .xprofile .xsession "
    "bashrc profile pkgbuild apkbuild"
)

# Documents and data. Any other file without an analyzer counts as source code and is reported as unread.
_PLAIN_SUFFIXES: Final = _words(
    ".md .markdown .rst .adoc .asciidoc .txt .text .log .json .jsonl .ndjson .json5 .jsonc .geojson .webmanifest "
    ".yml .yaml .toml .ini .cfg .conf .csv .tsv .css .scss .sass .less .xml .xsd .lock .sum .mod .po .pot "
    ".properties .strings .arb .resx .proto .graphql .gql .map .pem .crt .cer .pub .asc .bib .cff .sha256 .typed"
)
_PLAIN_NAMES: Final = _words(
    "license licence copying notice authors contributors maintainers codeowners changelog changes history news "
    "readme todo version security owners manifest.in .gitignore .gitattributes .gitmodules .gitkeep .keep "
    ".dockerignore .npmignore .prettierignore .eslintignore .helmignore .gcloudignore .editorconfig .mailmap "
    ".nvmrc .node-version .python-version .ruby-version .tool-versions .prettierrc .npmrc .yarnrc .browserslistrc"
)
# Files that a build tool runs, although their names end like those of documents.
_RUN_BY_NAME: Final = frozenset(("cmakelists.txt", "meson_options.txt"))
_MARKUP: Final = frozenset((".html", ".htm", ".xhtml", ".svg"))
_SCRIPT_IN_MARKUP: Final = re.compile(
    r"<\s*(\w+:)?script|[\s\"'/]on[a-z]+\s*=|javascript\s*:|srcdoc|<\?", re.IGNORECASE
)


def python(file: SourceFile) -> str | None:
    """Return the copy's suffix for Python. `__init__.py` keeps its name, because its unused imports are exports."""
    if file.basename in {"__init__.py", "__init__.pyi"}:
        return f"/{file.basename}"
    if file.basename.endswith(".pyi"):
        return ".pyi"
    named = file.basename.endswith((".py", ".pyw")) or file.basename in {"sconstruct", "sconscript", "wscript"}
    return ".py" if named or _interpreter(file) == ".py" else None


def shell(file: SourceFile) -> str | None:
    """Return the copy's suffix for a script that shellcheck supports, i.e., not for zsh, fish or csh.

    Without a `#!` line, shellcheck determines the shell from the suffix.
    """
    if re.search(r"\b(ba|da|a|(m|pd|o|l)?k)?sh[\d.]*\b", file.shebang):
        return ".sh"
    named = re.search(r"\.(sh|bash|ksh|mksh|dash|bats|ebuild|eclass|command)$|^\.(m?ksh)rc$", file.basename)
    dialect = (named[1] or named[2]) if named else "bash" if file.basename in _SHELL_NAMES else ""
    if not dialect and re.search(r"(^|/)\.husky/[^/.]+$", file.path.lower()):
        dialect = "dash"  # Husky runs its hooks with `sh`.
    if not dialect:
        return None
    endings = {"ksh": ".ksh", "mksh": ".ksh", "dash": ".dash", "bats": ".bats"}
    return ".sh" if file.shebang else endings.get(dialect, ".bash")


def grammar(file: SourceFile) -> str | None:
    """Return the copy's suffix for a language that has rules. The file name takes precedence over the `#!` line."""
    named = _GRAMMARS.get(Path(file.basename).suffix) or _GRAMMAR_NAMES.get(file.basename)
    return named or _interpreter(file)


def workflow(file: SourceFile) -> str | None:
    """Return the copy's file name for a workflow, a GitHub Action or the configuration of Dependabot."""
    lowered = file.path.lower()
    if re.search(r"(^|/)\.github/workflows/[^/]+\.ya?ml$", lowered):
        return "/workflow.yml"
    if file.basename in {"action.yml", "action.yaml"}:
        return "/action.yml"
    return "/dependabot.yml" if re.search(r"(^|/)\.github/dependabot\.ya?ml$", lowered) else None


def dockerfile(file: SourceFile) -> str | None:
    """Return the copy's suffix for a Dockerfile, which may be called `Dockerfile-prod` but not `dockerfile.py`."""
    if re.search(r"\.(dockerfile|containerfile)$", file.basename):
        return ".Dockerfile"
    suffix = Path(file.basename).suffix
    other = suffix in _GRAMMARS or suffix in _PLAIN_SUFFIXES or suffix == ".dockerignore"
    named = re.match(r"(dockerfile|containerfile)([._-]|$)", file.basename)
    return ".Dockerfile" if named and not other else None


def plain(file: SourceFile) -> bool:
    """Return whether the file is a document or data, which needs no analyzer."""
    if file.shebang or file.basename in _RUN_BY_NAME:
        return False
    name = Path(file.basename)
    if name.suffix in _MARKUP:
        return _SCRIPT_IN_MARKUP.search("\n".join(file.lines)) is None
    ignored = name.suffix in {".dockerignore", ".gitignore"} or re.match(r"\.env(\.|$)", file.basename)
    return name.suffix in _PLAIN_SUFFIXES or file.basename in _PLAIN_NAMES or bool(ignored)


def _interpreter(file: SourceFile) -> str | None:
    return next((ending for pattern, ending in _INTERPRETERS if pattern.search(file.shebang)), None)
