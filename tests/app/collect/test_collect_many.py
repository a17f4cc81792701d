"""One collection for many repositories: each is collected by its own settings, and none stops the next."""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from reviewbot_sandbox.codevf import TaskLife
from reviewbot_sandbox.github import App

from reviewbot.adapters.clock import SystemClock
from reviewbot.adapters.codevf import CodeVF
from reviewbot.app.collect.collect import collect_finished
from reviewbot.app.collect.recorder import SUMMARY_CHARACTERS, Recorder
from reviewbot.app.context import Ports
from reviewbot.cli.bootstrap import FORK_HINT, GRACE_SECONDS, Reviewers
from reviewbot.domain.github.pull_request import Waiting
from reviewbot.domain.policy.collection import LEFT_TO_OTHERS, Collection
from reviewbot.errors import NotFound, ServiceRefused
from reviewbot.settings import read_settings
from reviewbot.settings.environment import read_desktop
from tests.app.rig import BASE, HEAD, REPO, TOKEN, Finished, Rig, answer, finding, open_rig

SHOP = "acme/shop"
INPUTS = {"codevf-api-key": "key", "command": "collect"}

UNUSED = dict.fromkeys(("debug", "check_file", "write_file"))
"""The methods of a reporter that these tests do not call."""


@dataclass
class MemoryForge:
    """A repository in memory with pull requests that wait; reading one fails, and costs a request."""

    installation: MemoryInstallation
    name: str

    def config(self, _path: str) -> str | None:
        self.installation.spend()
        return self.installation.configs.get(self.name)

    def waiting(self, _check_names: object) -> Waiting:
        self.installation.spend()
        if self.name in self.installation.broken:
            raise self.installation.broken[self.name]
        return Waiting(self.installation.waits.get(self.name, ()), frozenset())

    def snapshot(self, number: int, **_: object) -> Any:  # noqa: ANN401 — never given
        self.installation.spend()
        self.installation.seen.append((self.name, number))
        raise NotFound("It is gone.")


@dataclass
class MemoryInstallation:
    """The port `Installation` in memory."""

    listed: tuple[str, ...] = ()
    waits: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    configs: Mapping[str, str] = field(default_factory=dict)
    broken: Mapping[str, BaseException] = field(default_factory=dict)
    requests_left: int | None = None
    repository: str = "acme/ops"
    seen: list[tuple[str, int]] = field(default_factory=list)

    def spend(self) -> None:
        if self.requests_left is not None:
            self.requests_left -= 1

    def installed(self) -> tuple[str, ...]:
        self.spend()
        return self.listed

    def at(self, repository: str) -> Any:  # noqa: ANN401 — has the part that is used
        return MemoryForge(self, repository)


def collect(
    installation: MemoryInstallation,
    repositories: str = "installation",
    seed: int = 0,
    balance: Callable[[], None] = lambda: None,
) -> tuple[Collection, list[str]]:
    """Collect, and return the result and the job summary."""
    summary: list[str] = []
    reporter = SimpleNamespace(say=lambda _: None, job_summary=summary.append, **UNUSED)
    parts: dict[str, Any] = {
        "forge": MemoryForge(installation, installation.repository),
        "changes": None,
        "reporter": reporter,
    }
    parts |= {
        "clock": None,
        "reporter": reporter,
        "installation": installation,
        "open_service": lambda _: SimpleNamespace(balance=balance),
    }
    inputs = {**INPUTS, "repositories": repositories}
    ports = Ports(**parts, rng=Random(seed), run_url=None, inputs=inputs)  # noqa: S311 — the same every time
    return collect_finished(ports), summary


def test_names_may_lack_the_owner_and_each_is_collected_once() -> None:
    installation = MemoryInstallation(waits={"acme/a": (1,), "other/b": (2,)})
    found, _ = collect(installation, "a\nother/b\nACME/a\n")
    assert sorted(installation.seen) == [("acme/a", 1), ("other/b", 2)]
    assert found.repositories == 2


def test_no_repository_stops_the_next_whatever_it_fails_by() -> None:
    installation = MemoryInstallation(
        ("acme/a", "acme/b", "acme/c", "acme/d"),
        waits={"acme/a": (1, 2), "acme/d": (3,)},
        configs={"acme/b": "fail-on: sometimes\n"},
        broken={"acme/c": NotFound("No such repository.")},
    )
    for seed in range(8):
        installation.seen.clear()
        found, summary = collect(installation, seed=seed)
        assert sorted(installation.seen) == [("acme/a", 1), ("acme/a", 2), ("acme/d", 3)]
        outcome = found.outcome()
        assert (outcome.exit_status, found.repositories) == (2, 2)
        for name in ("acme/b", "acme/c", "acme/a#1", "acme/a#2", "acme/d#3"):
            assert name in outcome.message
            assert name in summary[0]
        assert len(json.loads(found.published())) == 3


def test_a_bug_in_one_repository_is_raised_after_the_others_and_listed() -> None:
    installation = MemoryInstallation(("acme/a", "acme/b", "acme/c"), waits={"acme/a": (1,), "acme/c": (2,)},
                    broken={"acme/b": TypeError("a bug")})  # fmt: skip
    with pytest.raises(TypeError, match="a bug"):
        collect(installation)
    assert sorted(installation.seen) == [("acme/a", 1), ("acme/c", 2)]


def test_an_interrupt_stops_the_collection() -> None:
    names = tuple(f"acme/r{number}" for number in range(6))
    installation = MemoryInstallation(
        names, dict.fromkeys(names, (1,)), broken=dict.fromkeys(names, KeyboardInterrupt())
    )
    with pytest.raises(KeyboardInterrupt):
        collect(installation)
    assert not installation.seen


def test_a_key_that_codevf_does_not_accept_is_reported_for_each_repository() -> None:
    def refused() -> None:
        raise ServiceRefused("CodeVF does not know the key.", status=401)

    found, _ = collect(MemoryInstallation(("acme/a", "acme/b"), waits={"acme/a": (1,)}), balance=refused)
    assert [(one.repository, one.exit_status) for one in found.failures] == [("acme/a", 3)]
    assert found.repositories == 1


def test_a_collection_stops_before_the_limit_and_names_the_rest() -> None:
    names = tuple(f"acme/r{number}" for number in range(20))
    # The list costs one request, and each repository two.
    installation = MemoryInstallation(names, requests_left=LEFT_TO_OTHERS + 1 + 2 * 5)
    found, summary = collect(installation)
    assert (found.repositories, len(found.unreached)) == (5, 15)
    assert installation.requests_left == LEFT_TO_OTHERS
    assert found.outcome().exit_status == 0
    assert all(f"`{name}`" in summary[0] for name in found.unreached)


def test_it_stops_between_pull_requests_too() -> None:
    installation = MemoryInstallation(("acme/a",), waits={"acme/a": (1, 2, 3, 4)}, requests_left=LEFT_TO_OTHERS + 3 + 1)
    found, _ = collect(installation)
    assert installation.seen == [("acme/a", 1)]
    assert found.unreached == ("acme/a#2", "acme/a#3", "acme/a#4")


def test_the_order_changes_so_that_a_limit_leaves_out_others_next_time() -> None:
    names = tuple(f"acme/r{number}" for number in range(10))
    reached: set[str] = set()
    for seed in range(30):
        found, _ = collect(MemoryInstallation(names, requests_left=LEFT_TO_OTHERS + 1 + 2 * 3), seed=seed)
        reached |= set(names) - set(found.unreached)
    assert reached == set(names)


@pytest.mark.parametrize("left", [None, 10**6])
def test_an_idle_repository_costs_two_requests(left: int | None) -> None:
    installation = MemoryInstallation(tuple(f"acme/r{number}" for number in range(200)), requests_left=left)
    found, summary = collect(installation)
    assert (found.repositories, found.unreached) == (200, ())
    assert summary == ["## Collected reviews\n\nreviewbot looked up no reviews.\n"]
    if left:
        assert left - (installation.requests_left or 0) == 1 + 2 * 200


def test_the_runs_of_a_collection_keep_no_file_and_no_more_than_a_job_summary_holds() -> None:
    class Files(list[Any]):
        """A list that can be watched."""

    logged: list[str] = []
    recorder = Recorder(SimpleNamespace(say=logged.append, **UNUSED))
    pages = SimpleNamespace(job_summary=lambda _: 100_000 * "x", terminal=lambda _: "1 finding\nblocks")
    for _ in range(30):
        files = Files()
        watched = weakref.ref(files)
        recorder.review(object(), files, pages)  # type: ignore[arg-type]  # opaque to it
        del files
        assert watched() is None
    assert logged == ["1 finding", "blocks"] * 30
    assert SUMMARY_CHARACTERS < sum(map(len, recorder.summaries)) <= SUMMARY_CHARACTERS + 100_000


def test_the_runs_of_a_collection_share_a_client_and_its_pause_between_requests() -> None:
    network = read_desktop({}, "").network
    with ExitStack() as stack:
        reviewers = Reviewers(network, SystemClock(), Random(0), stack, FORK_HINT)  # noqa: S311 — nothing is drawn
        first, second, other = (
            reviewers.open(read_settings({"codevf-api-key": key}, None)) for key in ("cvf_1", "cvf_1", "cvf_2")
        )
        assert first is second
        assert first is not other


@pytest.mark.parametrize(("inputs", "seconds"), [({"command": "collect"}, 0), ({}, 3600)])
def test_only_a_collection_has_one_deadline_for_all_its_reviews(inputs: dict[str, str], seconds: int) -> None:
    clock: Any = SimpleNamespace(monotonic=lambda: 0.0)
    with ExitStack() as stack:
        network = read_desktop({}, "").network
        reviewers = Reviewers(network, clock, Random(0), stack, FORK_HINT)  # noqa: S311 — nothing is drawn
        given = {"codevf-api-key": "cvf_1", **inputs}
        _, opened = (reviewers.open(read_settings({**given, "wait-minutes": one}, None)) for one in ("0", "60"))
        assert isinstance(opened, CodeVF)
        assert opened.deadline == seconds + GRACE_SECONDS


# --- Over HTTP, on loopback -------------------------------------------------------------------------------------------


def add_shop(rig: Rig, config: str = "fail-on: never\n") -> None:
    """Add a second repository with its own pull request and other settings."""
    rig.world.repository(SHOP)
    rig.world.push(SHOP, "main", {**BASE, ".github/reviewbot.yml": config}, message="Base")
    rig.world.push(SHOP, "topic", HEAD, message="Topic", author="mona")
    rig.world.open_pull_request(SHOP, "topic", title="Sell parcels", author="mona")


def submit(rig: Rig, repository: str = REPO) -> Finished:
    payload = {**rig.event("opened"), "repository": {"full_name": repository}}
    payload["pull_request"]["head"]["sha"] = rig.world.pull(repository, 1).head_sha
    done = rig.run(payload=payload, runner={"GITHUB_REPOSITORY": repository}, wait_minutes="0")
    assert done.outputs["status"] == "pending", done.log
    return done


@pytest.mark.proof
def test_each_repository_is_collected_by_its_own_settings(tmp_path: Path) -> None:
    critical = answer(finding("app.py", 12, severity="critical", title="A shell", code="os.system(command)"))
    life = TaskLife(pending=1, processing=1)
    with open_rig(tmp_path, engineer=lambda _: critical, life=life) as rig:
        add_shop(rig)
        rig.world.repository("acme/idle")
        rig.world.repository("acme/broken")
        elsewhere = {".github/reviewbot.yml": "codevf-url: https://elsewhere.example/\n"}
        rig.world.push("acme/broken", "main", elsewhere, message="Oops")
        for repository in (REPO, SHOP):
            submit(rig, repository)
        before = len(rig.github_faults.log)
        done = rig.collect(repositories="installation",
                       runner={"GITHUB_REPOSITORY": "acme/idle"})  # fmt: skip
        requests = [f"{one.method} {one.path}" for one in rig.github_faults.log[before:]]
        assert (done.exit_status, done.outputs["reason"]) == (2, "collected"), done.log
        published = {one["repository"]: one for one in json.loads(done.outputs["published"])}
        assert {
            name: (one["number"], one["verdict"], one["findings"]["critical"]) for name, one in published.items()
        } == {
            REPO: (1, "fail", 1),
            SHOP: (1, "pass", 1),
        }
        assert "acme/broken: The settings are invalid" in done.log
        assert done.summary.startswith("## Collected reviews\n")
        assert f"/{REPO}/pull/1)" in done.summary
        assert "`acme/broken`" in done.summary
        assert requests.count("GET /installation/repositories") == 1
        # Four repositories of at most three requests each, and two reviews of at most twelve.
        assert len(requests) <= 1 + 4 * 3 + 2 * 12, requests
        conclusions = {one.repo: one.conclusion for one in rig.world.store.checks.values()}
        assert conclusions == {REPO: "failure", SHOP: "success"}


def test_the_findings_of_a_repository_are_not_shown_in_another(tmp_path: Path) -> None:
    """The readers of the run, which may be public, may not see the other repository."""
    life = TaskLife(pending=1, processing=1)
    found = answer(finding("app.py", 12, severity="critical", title="A shell", code="os.system(command)"))
    with open_rig(tmp_path, engineer=lambda _: found, life=life) as rig:
        add_shop(rig, "check-run: false\n")  # without a check run there are annotations
        for repository in (REPO, SHOP):
            submit(rig, repository)
        runner = {"GITHUB_REPOSITORY": REPO}
        done = rig.collect(repositories=SHOP, runner=runner)
        assert f"{SHOP}#1" in done.summary
        for text in (done.log, done.summary):
            assert "A shell" not in text
            assert "app.py" not in text
        assert "[this run]" not in done.summary
        done = rig.collect(repositories="installation", runner=runner)
        assert done.summary.count("[this run]") == 1, "the repository's own settings apply"


@pytest.mark.proof
def test_the_list_of_an_installation_is_read_by_pages(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        one = rig.world.store.repos[REPO.lower()]
        for number in range(150):  # of the records alone: nothing is read of them
            rig.world.store.repos[f"acme/x{number}"] = replace(one, id=10_000 + number, name=f"x{number}")
        rig.world.app_token(TOKEN, app=App(7, "ours", "Ours"))
        done = rig.collect(repositories="installation")
        listed = [line for line in rig.github_requests() if line.startswith("GET /installation")]
        assert len(listed) == 2, done.log


@pytest.mark.proof
def test_a_collection_leaves_the_last_requests_of_the_hour(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        add_shop(rig)
        rig.world.limits.quota_ = LEFT_TO_OTHERS
        done = rig.collect(repositories="installation")
        assert (done.exit_status, json.loads(done.outputs["published"])) == (0, [])
        assert f"`{SHOP}`" in done.summary
        assert len(rig.github_requests()) <= 3
