"""Files that say what is installed, who must approve, and what runs with the repository's secrets."""

from __future__ import annotations

from reviewbot.domain.selection.lockfiles import is_lock_file


def is_protected(path: str) -> bool:
    """Whether nobody should change the file by one click on somebody's suggestion.

    That is everything in a `.github` folder, every CODEOWNERS and every lock file; letter case does not count for the
    former two, since some file systems fold it.
    """
    *folders, name = path.casefold().split("/")
    return ".github" in folders or name == "codeowners" or is_lock_file(path)
