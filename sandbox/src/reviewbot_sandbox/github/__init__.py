r"""GitHub, as far as a review bot uses it: stateful, over real git repositories, in this process.

Seed it through a `GitHubState`, serve what `build_github` returns with any ASGI server:

    state = GitHubState(Store(Path("repositories")))
    state.repository("acme/widget")
    state.push("acme/widget", "topic", {"app.py": "print(1)\n"}, author="mona")
    pull = state.open_pull_request("acme/widget", "topic", title="Say one", author="mona")
    state.app_token("ghs_example")                       # what a workflow gets as GITHUB_TOKEN
    app = build_github(state)                            # or base_path="/api/v3", as on Enterprise Server

What is served: the REST that reviewbot and the programs compared in the benchmarks request; GraphQL at `/graphql` on a
subset of the published schema (`schema.graphql`); git over HTTP at `/owner/name.git`, with `refs/pull/N/head` and
`refs/pull/N/merge`. URLs in responses are on the requested host.

`GitHubState` has the actions of people, such as pushing and opening pull requests.
`state.store` holds every record for a test to look at, `Store(rules=Rules(...))` lowers GitHub's limits,
`Store(clock=...)` sets the time, and `state.limits` switches the rate limits on.
"""

from reviewbot_sandbox.github.app import build_github, identify
from reviewbot_sandbox.github.git.formats import FileVersion
from reviewbot_sandbox.github.model.forms import CommentForm
from reviewbot_sandbox.github.model.records import ACTIONS, Access, App, Level, RequiredCheck, Scope, Side
from reviewbot_sandbox.github.rest.webhooks import merge_group_event
from reviewbot_sandbox.github.state.github_state import FULL, READ_ONLY, WORKFLOW, GitHubState
from reviewbot_sandbox.github.state.store import Rules, Store

__all__ = [
    "ACTIONS",
    "FULL",
    "READ_ONLY",
    "WORKFLOW",
    "Access",
    "App",
    "CommentForm",
    "FileVersion",
    "GitHubState",
    "Level",
    "RequiredCheck",
    "Rules",
    "Scope",
    "Side",
    "Store",
    "build_github",
    "identify",
    "merge_group_event",
]
