"""Name the language of a file, as the info string of a fenced block and as a Pygments lexer."""

from __future__ import annotations

from pathlib import PurePosixPath

_BY_SUFFIX = {
    ".py": "python", ".pyi": "python", ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".jsx": "jsx",
    ".ts": "typescript", ".mts": "typescript", ".tsx": "tsx", ".go": "go", ".rs": "rust", ".java": "java",
    ".kt": "kotlin", ".kts": "kotlin", ".swift": "swift", ".scala": "scala", ".rb": "ruby", ".sh": "bash",
    ".bash": "bash", ".zsh": "bash", ".yml": "yaml", ".yaml": "yaml", ".json": "json", ".toml": "toml", ".sql": "sql",
    ".html": "html", ".htm": "html", ".vue": "html", ".svg": "xml", ".xml": "xml", ".css": "css", ".scss": "scss",
    ".c": "c", ".h": "c", ".cc": "cpp", ".cpp": "cpp", ".hpp": "cpp", ".cs": "csharp", ".php": "php", ".lua": "lua",
    ".pl": "perl", ".dart": "dart", ".ex": "elixir", ".exs": "elixir", ".ini": "ini", ".cfg": "ini", ".tf": "terraform",
    ".groovy": "groovy", ".gradle": "groovy", ".r": "r", ".ps1": "powershell", ".hs": "haskell",
}  # fmt: skip
_BY_NAME = {"dockerfile": "dockerfile", "makefile": "make"}


def language_of(path: str) -> str:
    name = PurePosixPath(path)
    return _BY_SUFFIX.get(name.suffix.lower()) or _BY_NAME.get(name.name.lower()) or ""
