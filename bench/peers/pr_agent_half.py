"""Run the GitHub half of pr-agent as its `/review` and `/improve` do, without a model.

Run by the interpreter that has pr-agent; BENCH_PULL names the file with the pull request and the findings.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pr_agent.config_loader import get_settings  # type: ignore[import-not-found]  # it is not in our environment
from pr_agent.git_providers.github_provider import GithubProvider  # type: ignore[import-not-found]  # likewise

HEADING = "## PR Reviewer Guide"


def review(pull: dict[str, Any]) -> None:
    """Read the pull request and the files with their texts, then post the persistent comment and the suggestions."""
    provider = GithubProvider(f"{os.environ['GITHUB_API_URL']}/{pull['repository']}/pull/{pull['number']}")
    provider.get_diff_files()
    provider.get_commit_messages()
    provider.get_pr_description_full()
    # Without its request for the repository's languages, which the sandbox does not have.
    text = f"{HEADING}\n{pull['summary']}"
    provider.publish_persistent_comment(text, initial_header=HEADING, name="review", final_update_message=False)
    provider.publish_code_suggestions([_suggestion(one) for one in pull["findings"]])


def _suggestion(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "body": one["body"],
        "relevant_file": one["path"],
        "relevant_lines_start": one["line"],
        "relevant_lines_end": one["line"],
        "original_suggestion": {"existing_code": "", "improved_code": ""},
    }


def configure() -> None:
    for name, value in (("base_url", "GITHUB_API_URL"), ("user_token", "GITHUB_TOKEN")):
        get_settings().set(f"github.{name}", os.environ[value])
    get_settings().set("github.deployment_type", "user")


if __name__ == "__main__":
    configure()
    review(json.loads(Path(os.environ["BENCH_PULL"]).read_text(encoding="utf-8")))
