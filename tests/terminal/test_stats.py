"""`reviewbot stats` reads the ledgers on GitHub: what reviews cost, and what happened to their findings."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import FreeText, TaskRequest
from reviewbot_sandbox.faults import Reply

from reviewbot import cli
from reviewbot.cli.commands.stats import History
from reviewbot.domain.findings.markers import summary_mark
from reviewbot.domain.ledger.codec import encode
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.statistics.figures import PastPull, PullState
from reviewbot.errors import SettingsError
from reviewbot.terminal.console import open_console
from reviewbot.terminal.figures import start_of
from reviewbot.terminal.progress import Progress
from tests.app.comments.test_commands import people, reply_to_finding
from tests.app.rig import KEY, OTHER_KEY, REPO, SCALE, TOKEN, Rig, answer, earlier, finding, open_rig, with_state
from tests.domain.builders import purchase
from tests.terminal.session import Clone, Result

FILES = {"app.py": "import os\n\n\ndef run(command):\n    os.system(command)\n"}
FLAW = finding("app.py", 5, severity="critical", title="A shell runs it", code="    os.system(command)")


def engineer(request: TaskRequest) -> Any:  # noqa: ANN401 — JSON
    """Find the flaw, and call it fixed the next time."""
    if earlier(request):
        return answer(previous=with_state(request, "fixed"))
    return answer(FLAW)


def stats(rig: Rig, *arguments: str, key: str = KEY, repo: str = REPO) -> Result:
    out, err = io.StringIO(), io.StringIO()
    env = {
        "PATH": os.environ["PATH"],
        "CODEVF_API_KEY": key,
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_API_URL": rig.github_url,
        "GITHUB_SERVER_URL": rig.github_url,
        "REVIEWBOT_TIME_SCALE": str(SCALE),
        "COLUMNS": "100",
    }
    return Result(cli.main(["stats", "--repo", repo, *arguments], env, out, err), out.getvalue(), err.getvalue())


def opened(rig: Rig, branch: str) -> Rig:
    """Open another pull request with the flaw; the runs that follow review it."""
    rig.world.push(REPO, branch, FILES, author="mona")
    rig.number = rig.world.open_pull_request(REPO, branch, title=branch, author="mona").number
    return rig


def thumbs_down(rig: Rig) -> None:
    rig.world.react(rig.comments()[-1].id, "mona", "-1")


def merged(rig: Rig) -> None:
    rig.world.close(REPO, rig.number, merged=True)
    assert rig.run(payload=rig.event("closed")).exit_status == 0


def disputed(rig: Rig) -> None:
    """Review, dislike, merge."""
    opened(rig, "disputed").run()
    thumbs_down(rig)
    merged(rig)


def fixed(rig: Rig) -> None:
    """Review, fix, review, merge."""
    opened(rig, "fixed").run(expertise="engineer", mode="standard")
    rig.world.push(REPO, "fixed", {"app.py": "import os\n"}, author="mona")
    rig.run(expertise="engineer", mode="standard")
    merged(rig)


def ignored(rig: Rig) -> None:
    """Review, merge."""
    opened(rig, "ignored").run()
    merged(rig)


def still_open(rig: Rig) -> None:
    opened(rig, "open").run()


def pending(rig: Rig) -> None:
    opened(rig, "pending").run(wait_minutes="0")


def forged(rig: Rig) -> None:
    """Forge a ledger that claims a thousand used credits, as the author."""
    opened(rig, "forged")
    signer = Signer("cvf_guessed", rig.world.store.repo(REPO).id, rig.number, "")
    body = f"{summary_mark('')}\n{encode(Ledger((purchase(used=Decimal(1000)),)), signer)}"
    rig.world.comment(REPO, rig.number, "mona", body)


def edited(rig: Rig) -> None:
    """Edit reviewbot's summary as a collaborator."""
    opened(rig, "edited").run()
    (summary,) = [
        one for one in rig.world.store.comments.values() if one.number == rig.number and one.author.endswith("[bot]")
    ]
    rig.world.edit_comment(summary.id, "mona", summary.body)


PULLS: tuple[Callable[[Rig], None], ...] = (disputed, fixed, ignored, still_open, pending, forged, edited)


def test_the_figures_of_a_repository_with_pull_requests_in_every_state(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=engineer) as rig:
        for play in PULLS:
            play(rig)
        before = rig.github_requests()
        report = stats(rig, "--format", "json").report
        sent = rig.github_requests()[len(before) :]
        assert sent == ["POST /graphql"], "one page, and nothing else"
        assert (report["verified"], report["leftOut"], report["small"], report["pending"]) == (True, 2, True, 1)
        assert (report["reviews"], report["findings"], report["fixed"], report["down"]) == (5, 4, 1, 1)
        ends = {"findings": 4, "fixed": 1, "waived": 0, "disputed": 1, "ignored": 1, "open": 1}
        assert {"severity": "critical", **ends} in report["bySeverity"]
        assert [(one["mode"], one["reviews"]) for one in report["byMode"]] == [("fast", 3), ("standard", 2)]
        assert [(one["expertise"], one["fixed"]) for one in report["byExpertise"]] == [("none", 0), ("engineer", 1)]
        assert report["creditsPerFixed"] == report["credits"] == sum(one["credits"] or 0 for one in report["each"])

        shown = " ".join(stats(rig).out.split())
        assert "5 reviews," in shown
        assert "critical 4 1 0 1 1 1" in shown
        assert "expertise engineer 2 " in shown, "not wrapped"
        assert "These figures are not meaningful yet, because there are fewer than 10 reviews." in shown
        assert "Left out: 2 summaries (edited, unreadable, or not signed with this key)." in shown

        lines = list(csv.DictReader(io.StringIO(stats(rig, "--format", "csv").out)))
        # Two reviews may have been submitted in the same second.
        assert sorted((one["pullRequest"], one["findings"], one["fixed"]) for one in lines[:3]) == [
            ("2", "1", "0"),
            ("3", "0", "0"),
            ("3", "1", "1"),
        ]
        assert "| critical | 4 | 1 | 0 | 1 | 1 | 1 |" in stats(rig, "--format", "markdown").out
        assert stats(rig, "--format", "html").out.startswith("<!doctype html>")

        unverified = stats(rig, "--format", "json", key="").report
        assert (unverified["verified"], unverified["reviews"], unverified["leftOut"]) == (False, 5, 2)
        another = stats(rig, key=OTHER_KEY)
        assert "0 reviews, 0 credits used." in another.out
        assert "Left out: 7 summaries" in another.out


def test_questions_and_the_reactions_to_their_answers_have_figures(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda one: engineer(one) if one.response_schema else FreeText("Yes.")) as rig:
        people(rig)
        rig.run()
        assert reply_to_finding(rig, "/reviewbot ask Why?").exit_status == 0
        rig.world.react(rig.comments()[-1].id, "stranger", "+1")
        merged(rig)
        report = stats(rig, "--format", "json").report
        assert report["questions"] == {"asked": 1, "answered": 1, "credits": 120, "up": 1, "down": 0}
        assert report["credits"] == 120 + report["each"][0]["credits"]
        assert (report["up"], report["down"]) == (0, 0)
        text = " ".join(stats(rig).out.split())
        assert f"1 review, {report['credits']} credits used." in text
        assert (
            "Questions: 1 asked, 1 answered. Only the totals include these 120 credits. Reactions to answers: 1 👍"
            in text
        )


def test_unverified_figures_say_so(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rig.run()
        assert "set CODEVF_API_KEY to that" in stats(rig, key="").out
        assert "Unverified" not in stats(rig).out


def test_pages_are_read_until_the_period_begins(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        for number in range(20):
            opened(rig, f"b{number}")
        before = len(rig.github_requests())
        result = stats(rig, "--plain")
        assert len(rig.github_requests()) - before == 2
        assert "0 reviews" in result.out
        assert f"Reading the reviews of {REPO}, day by day …" in result.err
        rig.github_faults.add("/graphql", Reply(502), body="query Past", nth=2, times=None)
        failed = stats(rig)
        assert (failed.status, failed.out) == (3, "")
        assert "reading the reviews of past pull requests" in failed.err
        assert "(502)" in failed.err
        assert "Check https://www.githubstatus.com" in failed.err


def test_a_summary_after_many_comments_is_found(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        for number in range(55):
            rig.world.comment(REPO, 1, "mona", f"Comment {number}")
        rig.run()
        before = len(rig.github_requests())
        assert stats(rig, "--format", "json").report["reviews"] == 1
        assert len(rig.github_requests()) - before == 2


class Watched(Progress):
    """Progress that keeps what it counted."""

    def count(self, done: int, total: int) -> None:
        self.say(f"{done}/{total}")


def test_the_progress_is_the_part_of_the_period_that_was_read() -> None:
    out, now = io.StringIO(), datetime(2026, 11, 24, tzinfo=UTC)
    ages = (timedelta(seconds=-5), timedelta(1), timedelta(10))

    class Pulls:
        def past_pulls(self, since: datetime) -> Iterator[PastPull]:
            assert since == now - timedelta(10)
            for age in ages:
                yield PastPull(REPO, 1, 7, PullState.OPEN, now - age, ())

    history = History("", now - timedelta(10), now, Watched(open_console(out, {}, plain=True)))
    history.read(REPO, Pulls())
    assert history.reviews == []
    assert out.getvalue().split("\n")[1:4] == ["0/10", "1/10", "10/10"]


@pytest.mark.parametrize(
    ("text", "days"),
    [("1d", 1), ("2w", 14), ("3m", 90), ("1y", 365), ("2026-11-20", 4), ("2026-11-24", 0)],
)
def test_the_period_begins_so_many_days_ago_or_at_a_date(text: str, days: int) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    assert start_of(text, now) == now - timedelta(days)


@pytest.mark.parametrize("text", ["2026-11-25", "99999y", "", "0d", "90", "yesterday", "--all"])
def test_a_period_that_is_none_or_in_the_future_is_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        start_of(text, datetime(2026, 11, 24, tzinfo=UTC))


def test_a_repository_that_the_token_cannot_see_is_named(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        result = stats(rig, repo="octocat/nothing")
        assert result.status == 3
        assert "octocat/nothing" in result.err


def test_the_repository_is_that_of_the_clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = Clone(tmp_path / "clone")
    clone.git("init", "--quiet")
    clone.git("remote", "add", "origin", f"git@github.com:{REPO}.git")
    monkeypatch.chdir(clone.root)
    out, err = io.StringIO(), io.StringIO()
    assert cli.main(["stats", "--since", "4w"], {"PATH": os.environ["PATH"]}, out, err) == 2
    assert f"GITHUB_TOKEN=$(gh auth token) reviewbot stats --since 4w --repo {REPO}" in err.getvalue()
    assert cli.main(["stats", "--since", "2099-01-01"], {"PATH": os.environ["PATH"]}, out, err) == 2
    assert "expected a period or a past date, got `2099-01-01`" in err.getvalue()


def test_hostile_text_in_an_unverified_ledger_has_no_effect(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rig.run()
        store = rig.world.store
        signer = Signer("", store.repo(REPO).id, 1, "")
        bought = purchase(expertise="=HYPERLINK(1)\x1b[2J<script>", used=None, submitted_at=store.now().isoformat())
        (summary,) = (one for one in store.comments.values() if one.author.endswith("[bot]"))
        body = f"{summary_mark('')}\n{encode(Ledger((bought,), counter=99), signer)}"
        rig.world.edit_comment(summary.id, summary.author, body)
        (line,) = csv.DictReader(io.StringIO(stats(rig, "--format", "csv", key="").out))
        assert line["expertise"].startswith("'=HYPERLINK(1)")
        html = stats(rig, "--format", "html", key="").out
        assert "<script" not in html
        assert "=HYPERLINK(1)" not in html.replace("expertise =HYPERLINK(1)", "")
        assert "\x1b" not in stats(rig, key="").out + html
        assert json.loads(stats(rig, "--format", "json", key="").out)["reviews"] == 0
