"""Run the GitHub half of cpp-linter as its `post_feedback` does, without a compiler.

Run by the interpreter that has cpp-linter; BENCH_PULL names the file with the pull request and the findings.
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import git_bot_feedback as talk  # type: ignore[import-not-found]  # it is not in our environment

MARKER = "<!-- cpp linter action -->\n"


async def review(pull: dict[str, Any]) -> None:
    """Read the changed files, then post the summary comment and the review."""
    client = talk.GitClient()
    client.set_user_agent("cpp-linter/1.15.1")
    await client.get_list_of_changed_files(talk.FileFilter([], ["py"]), talk.LinesChangedOnly.Diff)
    comments = [talk.ReviewComment(one["path"], one["body"], one["line"]) for one in pull["findings"]]
    said = {"comment": MARKER + pull["summary"], "marker": MARKER, "policy": talk.CommentPolicy.Update}
    await client.post_thread_comment(talk.ThreadCommentOptions(kind=talk.CommentKind.Concerns, **said))
    options = talk.ReviewOptions(comments=comments, action=talk.ReviewAction.Comment, summary=MARKER + pull["summary"])
    # Without its search for earlier reviews, which needs GraphQL that the sandbox does not have.
    await client.post_pr_review(options)


if __name__ == "__main__":
    asyncio.run(review(json.loads(Path(os.environ["BENCH_PULL"]).read_text(encoding="utf-8"))))
