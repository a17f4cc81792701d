"""Info strings of fences, for highlighting only."""

from __future__ import annotations

from pathlib import PurePosixPath

_LANGUAGES = {
    ".py": "python",
    ".js": "javascript",
    ".ts": "typescript",
    ".tsx": "tsx",
    ".go": "go",
    ".rs": "rust",
    ".java": "java",
    ".rb": "ruby",
    ".sh": "bash",
    ".yml": "yaml",
    ".yaml": "yaml",
    ".sql": "sql",
    ".html": "html",
    ".css": "css",
    ".c": "c",
    ".cpp": "cpp",
    ".cs": "csharp",
    ".php": "php",
}


def language_of(path: str) -> str:
    """The language of a file by its name; empty when it is none that we know."""
    return _LANGUAGES.get(PurePosixPath(path).suffix.lower(), "")
