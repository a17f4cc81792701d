"""The whole corpus in one review: in the pull request, its file names and the answer. All output is checked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from reviewbot_sandbox.codevf import Answer, FreeText, Structured
from reviewbot_sandbox.faults import Reply
from ruamel.yaml import YAML

from reviewbot.domain.text.escaping import ZWSP, visible
from tests.app.rig import BASE, HEAD, REPO, Finished, Rig, finding, open_rig
from tests.hostile.corpus import ATTACKS
from tests.hostile.judges import commands, live, page

FILES: dict[str, Any] = {f"{kind}_file": f"report.{kind}" for kind in ("json", "sarif", "rdjson", "html")}

NAMES = (
    "-rf.py",
    "--config=evil.py",
    "$(touch pwned).py",
    "a b;c|d&e.py",
    "@octocat Fixes #9.py",
    "[x](https:evil.example)<img src=x>.py",
    "<!-- x -->.py",
    "`" * 80 + "<img src=x>@octocat.py",
    "..\\..\\x.py",
    "\u202eyp.\u200bx.py",
    "::error file=a::b.py",
    "##[error]x.py",
    "{{ 7*7 }}{% raw %}.py",
    "tab\tand\nline.py",
    "\x1b[31mred.py",
    "| a |\\.py",
)
"""Characters that git accepts in a file name."""


def pull_request(rig: Rig, title: str, body: str) -> None:
    """Open a pull request with hostile files."""
    rig.world.push(REPO, "evil", {**HEAD, **dict.fromkeys(NAMES, "import os\n")}, message=title, author="mona")
    rig.number = rig.world.open_pull_request(REPO, "evil", title=title, body=body, author="mona").number


def answer() -> Answer:
    """Return an answer with each attack in every text of a finding, as a path, and in unexpected fields."""
    texts = [
        dict(finding("", 12), title=one, explanation=one, suggestion=one, existing_code=one, references=[one, one])
        for one in ATTACKS
    ]
    quoted = [dict(finding("", 12), title=f"quoted {one}", code=one) for one in ATTACKS[::10]]
    named = [{"path": name, "findings": [finding("", 1, title=name)]} for name in (*NAMES, *ATTACKS)]
    broken = [{"path": one, "findings": one} for one in ATTACKS[::7]]
    listed = [{"path": "app.py", "findings": [*texts, *quoted]}, *named, *broken, *ATTACKS[::9]]
    return Structured({"summary": "\n\n".join(ATTACKS), "files": listed, ATTACKS[3]: ATTACKS[3]})


@dataclass(frozen=True)
class Made:
    """What a run wrote on GitHub and on the runner."""

    done: Finished
    markdown: Mapping[str, str]
    lines: tuple[str, ...]
    hosts: frozenset[str]
    reports: Mapping[str, str]


def made(rig: Rig, done: Finished) -> Made:
    """Return every shown text by its place."""
    store = rig.world.store
    checks = rig.checks()
    return Made(
        done,
        {
            "job summary": done.summary,
            **{f"summary {number}": text for number, text in enumerate(rig.summaries())},
            **{f"comment {one.id}": one.body for one in rig.comments()},
            **{f"review {one.id}": one.body for one in store.reviews.values()},
            **{f"check {one.id}": f"{one.output.summary}\n\n{one.output.text or ''}" for one in checks},
        },
        tuple(chain.from_iterable(_lines(check.output) for check in checks)),
        frozenset({urlsplit(rig.github_url).netloc}),
        {path.name: path.read_text(encoding="utf-8") for path in done.workspace.glob("report.*")},
    )


def _lines(output: Any) -> Iterator[str]:  # noqa: ANN401 — a check's output
    yield output.title or ""
    for one in output.annotations:
        yield one.title or ""


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Run the review of the whole corpus."""
    with open_rig(tmp_path_factory.mktemp("whole"), engineer=lambda _: answer(), files=BASE) as rig:
        pull_request(rig, ATTACKS[1], "\n".join(one for one in ATTACKS if "\x00" not in one and "\ud800" not in one))
        return made(rig, rig.run(**FILES, max_comments="100", comment_from="info", runner={"RUNNER_DEBUG": "1"}))


def test_the_review_is_published_completely(review: Made) -> None:
    assert review.done.outputs["reason"] in {"unreadable", "partial"}, review.done.log
    assert int(review.done.outputs["posted"]) >= 1
    assert int(review.done.outputs["findings"]) > len(ATTACKS)
    assert len(review.reports) == 4


def assert_inert(made: Made) -> None:
    """Check that nothing shown on GitHub mentions, links, loads, closes issues, or contains external HTML."""
    ours = {"p", "br", "span", "code", "pre", "em", "strong", "ul", "li", "a", "details", "summary", "sub", "table",
            "thead", "tbody", "tr", "th", "td", "h1", "h2", "h3", "h4", "hr"}  # fmt: skip
    for place, text in made.markdown.items():
        shown = page(text)
        assert set(shown.tags) <= ours, place
        assert {urlsplit(target).netloc for target in shown.targets} <= made.hosts, place
        assert not live(" ".join(shown.words)), place
        assert not [one for one in shown.comments if re.search('f{10}|Zm9yZ2Vk|instance="" -->.', one)], place
        assert not shown.comments or text.startswith(f"<!--{shown.comments[0]}-->"), place
        assert shown.tags.count("sub") == text.count("<sub>"), f"{place}: a piece was swallowed"
        assert "suggestion" not in shown.languages, place
    for line in made.lines:
        assert len(line.splitlines()) <= 1
        assert visible(line) == line


def test_no_attack_on_github_has_an_effect(review: Made) -> None:
    assert_inert(review)


def test_only_reviewbots_own_log_lines_are_commands(review: Made) -> None:
    allowed = (
        "::add-mask::",
        "::debug::",
        "::group::",
        "::endgroup::",
        "::error file=",
        "::warning file=",
        "::notice file=",
    )
    assert all(line.startswith(allowed) for line in commands(review.done.log))
    assert visible(review.done.log) == review.done.log


def test_the_outputs_are_the_documented_ones(review: Made) -> None:
    documented = YAML(typ="safe").load(Path(__file__).parents[2] / "action.yml")["outputs"]
    assert review.done.outputs.keys() == documented.keys()
    assert (review.done.outputs["verdict"], review.done.outputs["exit-status"]) == ("none", "3")


def test_the_reports_can_be_read_and_printed(review: Made) -> None:
    for name in ("report.json", "report.sarif", "report.rdjson"):
        text = review.reports[name]
        assert json.loads(text)
        assert not set(text) & {chr(code) for code in (*range(9), *range(11, 32), *range(0x7F, 0xA0))}
    assert "<img" not in review.reports["report.html"]
    page = review.reports["report.html"]
    assert (page.count("<script"), page.count("</script>")) == (2, 2)  # the page's data and reviewbot's markup


def test_an_answer_in_prose_has_no_effect_either(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: FreeText("\n\n".join(ATTACKS))) as rig:
        assert_inert(made(rig, rig.run()))


SAID = (
    "@octocat Fixes #9 [x](https://evil.example) ![](http://evil.example/p) <img src=x> :tada: ```suggestion\n"
    "::error::x\n##[error]y \x1b[31m \u202e"
)


@pytest.mark.parametrize("service", ["github", "codevf"])
def test_a_services_error_text_has_no_effect(tmp_path: Path, service: str) -> None:
    reply = Reply(422, (("content-type", "application/json"),), json.dumps({"message": SAID}).encode())
    with open_rig(tmp_path, engineer=lambda _: answer()) as rig:
        faults = {"github": rig.github_faults, "codevf": rig.codevf_faults}[service]
        faults.add("/reviews|/pulls/1/comments|/tasks", reply, times=None)
        left = made(rig, rig.run())
        assert_inert(left)
        assert "evil.example" in left.done.summary.replace(ZWSP, "")
        assert all(line.startswith("::add-mask::") for line in commands(left.done.log))
