"""Run the posting half of reviewbot: its connection to GitHub, without a purchase, state, texts, scan or report files.

BENCH_PULL names the file with the pull request and the findings.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from reviewbot.adapters.clock import SystemClock
from reviewbot.adapters.github.forge import GitHubForge
from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.github.drafts import CheckState, InlineComment, LineTarget, ReviewDraft
from reviewbot.domain.github.pull_request import CheckStatus, Conclusion
from reviewbot.domain.model.options import ReviewKind
from reviewbot.domain.model.review import Side
from reviewbot.settings.environment import read_desktop

CHECK = "bench"


def review(pull: dict[str, Any], forge: GitHubForge) -> None:
    """Read the pull request and its diff, then post a review, a comment and a check run."""
    number, sha = pull["number"], pull["sha"]
    snapshot = forge.snapshot(number, check_names=(CHECK,), config_file="none.yml", templates_dir="none")
    forge.diff(snapshot.pull.base_sha, sha)
    comments = tuple(
        InlineComment(LineTarget(one["path"], Side.RIGHT, one["line"]), one["body"]) for one in pull["findings"]
    )
    forge.create_review(number, ReviewDraft(sha, ReviewKind.COMMENT, pull["summary"], comments))
    forge.create_comment(number, pull["summary"])
    done, passed = CheckStatus.COMPLETED, Conclusion.SUCCESS
    forge.create_check(CheckState(CHECK, sha, done, passed, "Reviewed", pull["summary"], "", CheckTag(number)))


if __name__ == "__main__":
    network = read_desktop(os.environ, None).network
    with GitHubForge(os.environ["GITHUB_TOKEN"], os.environ["GITHUB_REPOSITORY"], network, SystemClock()) as opened:
        review(json.loads(Path(os.environ["BENCH_PULL"]).read_text(encoding="utf-8")), opened)
