"""`reviewbot plan` estimates reviews of past merges and sends nothing."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from reviewbot import cli
from reviewbot.adapters.git.clone import MOST_LISTED
from reviewbot.setup.files import InitOptions, review_workflow
from tests.terminal.session import Clone, Result, make_clone


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Create a `main` with a squashed commit, a merge of two commits, and a change of only a vendored file."""
    made = make_clone(tmp_path / "shop")
    made.git("checkout", "--quiet", "main")
    made.commit({"squashed.py": "s = 1\n"}, "Squashed (#1)")
    made.git("checkout", "--quiet", "topic")
    made.commit({"second.py": "x = 2\n", "node_modules/x.js": "{}\n"}, "Second")
    made.git("checkout", "--quiet", "main")
    made.git("merge", "--quiet", "--no-ff", "--message=Merge topic \x1b[2J", "topic")
    made.commit({"node_modules/x.js": "{ }\n"}, "Vendored")
    monkeypatch.chdir(made.root)
    return made


def plan(*arguments: str, columns: int = 100) -> Result:
    out, err = io.StringIO(), io.StringIO()
    env = {"PATH": os.environ["PATH"], "COLUMNS": str(columns)}
    return Result(cli.main(["plan", *arguments], env, out, err), out.getvalue(), err.getvalue())


def rows(result: Result) -> list[list[str]]:
    """Return the table's rows without the date and the commit."""
    table = result.out.split("\n\n", maxsplit=1)[0].splitlines()[1:]
    return [line.split(maxsplit=2)[2].split("  ") for line in table]


def figures(result: Result) -> list[tuple[str, ...]]:
    return [tuple(cell.strip() for cell in row if cell.strip()) for row in rows(result)]


def test_every_merge_is_a_row_and_the_total_is_their_sum(clone: Clone) -> None:
    assert clone.git("rev-list", "--first-parent", "--count", "main") == "4"
    result = plan("--mode", "standard")
    assert result.status == 0
    table = figures(result)
    assert [row[0] for row in table[:4]] == [
        "nothing to review: Vendored",
        "Merge topic ⟨U+001B⟩[2J",
        "Squashed (#1)",
        "Begin",
    ]
    assert [row[-1] for row in table] == ["0", "240", "240", "240", "720"]
    assert [(row[-4], row[-2]) for row in table[:4]] == [("0", "1"), ("3", "1"), ("1", "0"), ("2", "0")]
    assert "main in the last 90d: 3 reviews, one per merge, would have reserved 720 credits." in result.out


def test_a_merge_by_github_has_the_pull_requests_title(clone: Clone) -> None:
    clone.git("checkout", "--quiet", "-b", "more")
    clone.commit({"more.py": "m = 1\n"})
    clone.git("checkout", "--quiet", "main")
    message = "Merge pull request #8 from acme/more\n\nSearch by name\n\ncommit 1"
    clone.git("merge", "--quiet", "--no-ff", f"--message={message}", "more")
    assert [row[0] for row in figures(plan())][:2] == ["Search by name (#8)", "nothing to review: Vendored"]


def test_a_feature_branch_does_not_change_what_was_merged(clone: Clone) -> None:
    before = figures(plan())
    clone.git("checkout", "--quiet", "-b", "feature")
    clone.commit({"unmerged.py": "u = 1\n"}, "Unmerged")
    assert figures(plan()) == before
    assert figures(plan("--branch", "feature"))[0][0] == "Unmerged"


BOT = "renovate[bot] <29139614+renovate[bot]@users.noreply.github.com>"


def by(clone: Clone, author: str, subject: str) -> None:
    """Commit a change under a name."""
    clone.write({"bumped.py": f"by = {subject!r}\n"})
    clone.git("add", "--all")
    clone.git("commit", "--quiet", f"--author={author}", f"--message={subject}")


def test_a_merge_by_a_bot_alone_is_counted_and_not_priced(clone: Clone) -> None:
    by(clone, BOT, "Squashed by a bot")
    by(clone, "Dependabot[bot] <support@github.com>", "By its name")
    clone.git("checkout", "--quiet", "-b", "deps")
    by(clone, BOT, "First")
    by(clone, BOT, "Second")
    clone.git("checkout", "--quiet", "main")
    clone.git("merge", "--quiet", "--no-ff", "--message=Merge the bot's", "deps")
    result = plan()
    assert [(row[0], *row[-4:]) for row in figures(result)[:3]] == [
        ("renovate[bot]: Merge the bot's", "0", "0 bytes", "0", "0"),
        ("dependabot[bot]: By its name", "0", "0 bytes", "0", "0"),
        ("renovate[bot]: Squashed by a bot", "0", "0 bytes", "0", "0"),
    ]
    text = " ".join(result.out.split())
    assert "3 reviews, one per merge, would have reserved 1,080 credits." in text
    assert "Not counted: 3 merges of commits by bots: renovate[bot] 2, dependabot[bot] 1." in text
    assert "Anyone can commit under such a name." in text
    assert "The action skips only pull requests that a bot opened and whose commits GitHub verified." in text
    clone.commit({".github/reviewbot.yml": "bots: []\n"})
    priced = plan()
    assert [row[-1] for row in figures(priced)[1:4]] == ["360", "360", "360"]
    assert "Not counted" not in priced.out


@pytest.mark.parametrize(
    ("author", "trailer"),
    [
        (BOT, "Co-authored-by: Ann <1+ann@users.noreply.github.com>"),
        ("Ann <ann@example.com>", f"Co-authored-by: {BOT}"),
        ("renovate[bot] <1+ann@users.noreply.github.com>", ""),
        ("github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>", ""),
    ],
)
def test_a_merge_by_a_person_and_a_bot_is_priced(clone: Clone, author: str, trailer: str) -> None:
    by(clone, author, f"Both\n\n{trailer}")
    result = plan()
    assert figures(result)[0][0] == "Both"
    assert "Not counted" not in result.out


def test_a_branch_with_more_commits_than_the_action_sees_is_priced(clone: Clone) -> None:
    clone.git("checkout", "--quiet", "-b", "deps")
    by(clone, BOT, "First")
    for _ in range(MOST_LISTED):
        clone.git("commit", "--quiet", "--allow-empty", f"--author={BOT}", "--message=More")
    clone.git("checkout", "--quiet", "main")
    clone.git("merge", "--quiet", "--no-ff", "--message=Long", "deps")
    assert figures(plan())[0][0] == "Long"


def test_held_back_files_are_summed_by_reason(clone: Clone) -> None:
    del clone
    result = plan("--paths", "!run.sh")
    assert "Held back: 2 files (third-party code).\n" in result.out
    assert "Held back: 1 file (excluded by the setting `paths`).\n" in result.out


def test_patterns_hold_files_back(clone: Clone) -> None:
    del clone
    assert [row[-1] for row in figures(plan("--paths", "!*.py", "--paths", "!run.sh"))] == ["0", "0", "0", "0", "0"]


def test_the_current_settings_are_used_and_their_problems_reported_once(clone: Clone) -> None:
    clone.commit({".github/reviewbot.yml": "mode: standard\nmax-credits: 300\n"})
    assert figures(plan())[2][-1] == "300"
    clone.commit({".github/reviewbot.yml": "mode: quick\n"})
    result = plan()
    assert (result.status, result.out) == (2, "")
    assert result.err.count("invalid value `quick`") == 1


def test_the_inputs_of_the_workflow_count_and_options_come_first(clone: Clone) -> None:
    workflow = review_workflow(InitOptions()).replace(
        "codevf-api-key", "mode: standard\n          json-file: r.json\n          k"
    )
    clone.commit({".github/workflows/review.yml": workflow, ".github/reviewbot.yml": "mode: realtime_answer\n"})
    assert figures(plan())[2][-1] == "240"
    assert figures(plan("--mode", "fast"))[2][-1] == "360"
    assert not (clone.root / "r.json").exists()


def test_a_narrow_terminal_shows_the_figures(clone: Clone) -> None:
    del clone
    result = plan(columns=44)
    assert max(map(len, result.out.splitlines())) <= 44
    assert "1,080" in result.out


def test_only_the_newest_of_many_merges_are_replayed(clone: Clone) -> None:
    del clone
    newest = plan("--most", "2")
    assert len(rows(newest)) == 3
    assert "The plan covers the newest 2 of 4 merges. For all, pass `--most 4`." in newest.out
    assert (
        "The plan covers the newest 2 of 4 merges. For all, pass `--most 4`."
        in plan("--most", "2", "--format", "markdown").out
    )
    assert json.loads(plan("--most", "2", "--format", "json").out)["span"] == 4
    assert "newest" not in plan("--most", "4").out


def add_old_branch(clone: Clone) -> None:
    """Create a branch `old` whose only commit is from 2001."""
    clone.git("checkout", "--quiet", "--orphan", "old")
    clone.git("commit", "--quiet", "--date=2001-01-01T00:00:00", "--message=Old")
    clone.git("rebase", "--quiet", "--root", "--committer-date-is-author-date")


def test_a_period_without_merges_is_reported(clone: Clone) -> None:
    add_old_branch(clone)
    assert plan("--branch", "old").out == "No merges in old in the last 90d.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--since", "soon"), "expected a period or a past date, got `soon`"),
        (("--since", "2999-01-01"), "expected a period or a past date, got `2999-01-01`"),
        (("--branch", "nix"), "`nix`"),
    ],
)
def test_invalid_arguments_are_reported(clone: Clone, arguments: tuple[str, ...], message: str) -> None:
    del clone
    result = plan(*arguments)
    assert result.status == 2
    assert message in result.err


ROUTES = """\
routes:
- {name: locks, paths: ['squashed.py'], mode: standard, max-credits: 500}
- {name: topic, paths: ['second.py'], reviewer: local}
- {name: begin, only-paths: ['**'], max-lines: 100, reviewer: none}
- {name: urgent, labels: [urgent], mode: realtime_answer, max-credits: 600}
"""


def by_rule(result: Result) -> list[list[str]]:
    """Return the second table."""
    return [line.split() for line in result.out.split("\n\n")[1].splitlines()]


def test_rules_choose_the_reviews_and_have_their_sums(clone: Clone) -> None:
    clone.commit({".github/reviewbot.yml": ROUTES}, "Rules")
    result = plan(columns=140)
    assert [(row[0], row[1], row[-1]) for row in figures(result)[:5]] == [
        ("no review: Rules", "begin", "0"),
        ("nothing to review: Vendored", "0", "0"),
        ("by analyzers: Merge topic ⟨U+001B⟩[2J", "topic", "0"),
        ("Squashed (#1)", "locks", "500"),
        ("no review: Begin", "begin", "0"),
    ]
    assert by_rule(result) == [
        ["rule", "merges", "reviews", "credits"],
        ["locks", "1", "1", "500"],
        ["begin", "2", "0", "0"],
        ["(no", "rule)", "1", "0", "0"],
        ["topic", "1", "0", "0"],
        ["urgent", "-", "-", "-", "not", "applied:", "labels"],
    ]
    assert "git does not record labels or drafts: `urgent` (labels)." in " ".join(result.out.split())


def test_rules_see_the_base_and_the_author_of_a_merge(clone: Clone) -> None:
    rules = [
        "base: [main], min-lines: 1, max-credits: 300",
        "author: ann, max-credits: 400",
        "draft: false, mode: fast",
    ]
    routes = "".join(f"- {{name: r{number}, {rule}}}\n" for number, rule in enumerate(rules))
    bots = "- {name: bots, author: 'acme[bot]', reviewer: none}\n"
    clone.commit({".github/reviewbot.yml": f"routes:\n{bots}{routes}"}, "Rules")
    by(clone, "Ann <1+ann@users.noreply.github.com>", "By Ann")
    by(clone, "acme[bot] <2+acme[bot]@users.noreply.github.com>", "By a bot")
    result = plan("--since", "1d", columns=140)
    assert [(row[0], row[1], row[-1]) for row in figures(result)[:3]] == [
        ("no review: By a bot", "bots", "0"),
        ("By Ann", "r1", "600"),
        ("Rules", "r0", "450"),
    ]
    assert "the name or GitHub login in the commits: `bots`, `r1`." in " ".join(result.out.split())
    assert "not applied" not in result.out


CAPS = """max-credits-per-pr: 600
max-credits: auto
credits-per-100-lines: 30000
max-credits-ceiling: 300
wait-for-checks: [CI]
min-balance: 5
review-on: ready
expertise: web
routes: [{name: large, paths: [second.py], max-credits: 500}]
"""


def test_limits_stop_reviews_or_make_them_smaller(clone: Clone) -> None:
    clone.commit({".github/reviewbot.yml": CAPS}, "Limits")
    result = plan(columns=140)
    assert [(row[0], row[-1]) for row in figures(result)[:-1]] == [
        ("Limits", "450"),
        ("nothing to review: Vendored", "0"),
        ("stopped by max-credits-per-pr (750 of 600): Merge topic ⟨U+001B⟩[2J", "0"),
        ("Squashed (#1)", "450"),
        ("Begin", "450"),
    ]
    assert by_rule(result)[:2] == [
        ["rule", "merges", "reviews", "stopped", "credits"],
        ["(no", "rule)", "4", "3", "0", "1,350"],
    ]
    words = " ".join(result.out.split())
    for sentence in (
        "`max-credits-per-pr` prevents 1 review, which would reserve 750 credits. The total excludes them.",
        "`max-credits-ceiling` limits the size of 3 reviews.",
        "The plan ignores `wait-for-checks`. Commits replaced",
        "The plan ignores `min-balance`",
        "do not include the `expertise` multiplier",
        "The plan counts one review per merge; a direct commit counts as a merge. These credits",
    ):
        assert sentence in words
    document = json.loads(plan("--format", "json").out)
    assert (document["stopped"], document["credits"]) == (1, 1350)
    assert document["notes"][-1].startswith("The plan ignores `min-balance`")
    assert [(one["stoppedCredits"], one["atCeiling"]) for one in document["merges"]] == [
        (0, True),
        (0, False),
        (750, False),
        (0, True),
        (0, True),
    ]
    text = plan("--format", "markdown").out
    assert "| rule | merges | reviews | stopped | credits |" in text
    assert "- `max-credits-per-pr` prevents 1 review" in text


def test_the_plan_as_json_and_markdown(clone: Clone) -> None:
    clone.commit({".github/reviewbot.yml": ROUTES}, "Rules")
    by(clone, BOT, "By a bot")
    document = json.loads(plan("--format", "json").out)
    assert (document["scope"], document["reviews"], document["credits"]) == ("main in the last 90d", 1, 500)
    rows_by_rule = [tuple(one.values()) for one in document["rules"]]
    assert rows_by_rule[0] == ("locks", 1, 1, 0, 500, [])
    assert rows_by_rule[-1] == ("urgent", 0, 0, 0, 0, ["labels"])
    assert document["bots"] == {"renovate[bot]": 1}
    assert [one["rule"] for one in document["merges"]] == [None, "begin", None, "topic", "locks", "begin"]
    text = plan("--format", "markdown").out
    assert "| `locks` | 1 | 1 | 500 |" in text
    assert "| `urgent` not applied: labels | - | - | - |" in text
    assert "| **total** | 5 | 1 | 500 |" in text
    assert "- Not counted: 1 merge by bots." in text


def test_a_remote_branch_is_named_as_at_the_origin(clone: Clone) -> None:
    clone.git("update-ref", "refs/remotes/origin/trunk", "main")
    clone.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    clone.commit(
        {".github/reviewbot.yml": "routes: [{name: trunk, base: [trunk], mode: standard, max-credits: 500}]\n"}
    )
    clone.git("update-ref", "refs/remotes/origin/trunk", "main")
    result = plan(columns=140)
    assert "trunk in the last 90d: 4 reviews" in result.out
    assert by_rule(result)[1] == ["trunk", "4", "4", "2,000"]


def test_a_plan_without_merges_is_an_empty_table(clone: Clone) -> None:
    add_old_branch(clone)
    text = plan("--branch", "old", "--format", "markdown").out
    assert text.startswith("Reviews of the merges in `old in the last 90d`:\n\n| rule |")
