"""Both services on loopback, over the seeded repository, with the demo's engineer."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from shutil import which
from socket import socket

from reviewbot.errors import Problem, SettingsError
from reviewbot_sandbox.codevf import (
    BASE_PATH,
    Account,
    CodeVFService,
    Limits,
    Rate,
    ServiceConfig,
    Setup,
    build_codevf,
    scaled_clock,
)
from reviewbot_sandbox.demo.engineer import Reviewing, demo_engineer
from reviewbot_sandbox.demo.seed import seed_github, seed_stranger
from reviewbot_sandbox.faults import Faults, with_faults
from reviewbot_sandbox.github import GitHubState, build_github, identify
from reviewbot_sandbox.github.git.repository import ENVIRONMENT
from reviewbot_sandbox.serve import LOOPBACK, Bounds, Served, serving_all

API_KEY = "cvf_test_sandbox"
POOR_KEY = "cvf_test_second"
DEPOSIT, POOR_DEPOSIT = Decimal(5_000), Decimal(100)
ACCOUNTS = (Account(API_KEY, DEPOSIT), Account(POOR_KEY, POOR_DEPOSIT, "second"))
"""The second account cannot pay for a review and cannot see the tasks, projects and keys of the first."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Options of a sandbox.

    Attributes:
        scale: real seconds for one second of CodeVF.
        lifetime: real seconds until the servers stop.
        github_port: 0 selects a free port; `codevf_port` likewise.
        stranger: also seed a fork and its pull request.
        rate_limits: apply the documented rate limits. CodeVF's count seconds of its own clock.
    """

    scale: float
    lifetime: float
    github_port: int = 0
    codevf_port: int = 0
    rate_limits: bool = False
    stranger: bool = False


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Two running services.

    Attributes:
        scale: real seconds for one second of CodeVF.
        github_requests: the log of GitHub's requests, and the faults in force; `codevf_requests` likewise.
        rate_limits: whether rate limits apply.
    """

    state: GitHubState
    github: Served
    codevf: Served
    scale: float
    github_requests: Faults
    codevf_requests: Faults
    rate_limits: bool = False

    @property
    def graphql_url(self) -> str:
        return f"{self.github.url}/graphql"

    @property
    def codevf_url(self) -> str:
        """The address of CodeVF's API, with a trailing slash."""
        return f"{self.codevf.url}{BASE_PATH}"


def _check(plan: Plan) -> None:
    problems = []
    if which("git", path=ENVIRONMENT["PATH"]) is None:
        problems.append(Problem("git", "not found", todo="Install git. The sandbox uses real repositories."))
    for name, port in (("--github-port", plan.github_port), ("--codevf-port", plan.codevf_port)):
        with socket() as probe:
            if port and probe.connect_ex((LOOPBACK, port)) == 0:
                problems.append(
                    Problem(name, f"the port {port} is in use", todo="Pass another port, or 0 for a free port.")
                )
    if problems:
        raise SettingsError(tuple(problems))


@contextmanager
def open_sandbox(analyzers: Reviewing, plan: Plan) -> Iterator[Sandbox]:
    """Seed and serve both services; stop and delete everything at the end.

    Raises:
        SettingsError: git is missing, or a port is taken.
        NotServing: a server did not come up.
    """
    _check(plan)
    with tempfile.TemporaryDirectory(prefix="reviewbot-sandbox-") as folder:
        state = seed_github(Path(folder))
        if plan.stranger:
            seed_stranger(state)
        if plan.rate_limits:
            state.limits.switch_on()
        config = ServiceConfig(ACCOUNTS, limits=Limits(rate=Rate() if plan.rate_limits else None))
        service = CodeVFService(Setup(config, engineer=demo_engineer(analyzers), clock=scaled_clock(plan.scale)))
        github, codevf = Faults(), Faults()
        apps = {
            "github": with_faults(build_github(state), github, identify=identify(state)),
            "codevf": with_faults(build_codevf(service), codevf),
        }
        ports = {"github": plan.github_port, "codevf": plan.codevf_port}
        with serving_all(apps, ports=ports, bounds=Bounds(lifetime=plan.lifetime)) as served:
            yield Sandbox(state, served["github"], served["codevf"], plan.scale, github, codevf, plan.rate_limits)
