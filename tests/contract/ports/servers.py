"""Both services on loopback, with the referees around them."""

from __future__ import annotations

from reviewbot_sandbox.serve import Served
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.contract.ports.github_harness import Switch
from tests.contract.referee import Referee


class Servers:
    """Both services on loopback, for all tests of a worker; each test serves its own application there."""

    def __init__(self, referee: Referee) -> None:
        self.referee, self.github, self.codevf = referee, Switch(), Switch()
        self.github_url = self.codevf_url = ""

    def start(self, served: dict[str, Served]) -> None:
        """Note the addresses."""
        self.github_url, self.codevf_url = served["github"].url, served["codevf"].url


def forgiving(app: ASGIApp, referee: Referee) -> ASGIApp:
    """Discard the referee's violations of a request that the sandbox refuses, because then both agree."""

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        before = list(referee.violations)

        async def forgive(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in _REFUSED:
                referee.violations[:] = before
            await send(message)

        await app(scope, receive, forgive)

    return watched


_REFUSED = (400, 413, 422)


def judge(referee: Referee) -> None:
    """Fail the test whose messages violate a description, and no later test."""
    verdict = referee.verdict()
    referee.violations.clear()
    assert not verdict, verdict
