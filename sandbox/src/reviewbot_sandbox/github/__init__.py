r"""GitHub, as far as a review bot uses it: stateful, over real git repositories, in this process.

Seed it through a `World`, serve what `build_github` returns with any ASGI server:

    world = World(Store(Path("repositories")))
    world.repository("acme/widget")
    world.push("acme/widget", "topic", {"app.py": "print(1)\n"}, author="mona")
    pull = world.open_pull_request("acme/widget", "topic", title="Say one", author="mona")
    world.app_token("ghs_example")                       # what a workflow gets as GITHUB_TOKEN
    app = build_github(world)                            # or base_path="/api/v3", as on Enterprise Server

What is served: the REST that reviewbot and the programs compared in the benchmarks request; GraphQL at `/graphql` on a
subset of the published schema (`schema.graphql`); git over HTTP at `/owner/name.git`, with `refs/pull/N/head` and
`refs/pull/N/merge`. URLs in responses are on the requested host.

`World` has the actions of people, such as `push` and `open_pull_request`.
`world.store` holds every record for a test to look at, `Store(rules=Rules(...))` lowers GitHub's limits,
`Store(clock=...)` sets the time, and `world.limits` switches the rate limits on.
"""

from reviewbot_sandbox.github.app import build_github, identify
from reviewbot_sandbox.github.forms import CommentForm
from reviewbot_sandbox.github.history import FileVersion
from reviewbot_sandbox.github.merge_queue import merge_group_event
from reviewbot_sandbox.github.records import ACTIONS, Access, App, Level, RequiredCheck, Scope, Side
from reviewbot_sandbox.github.store import Rules, Store
from reviewbot_sandbox.github.world import FULL, READ_ONLY, WORKFLOW, World

__all__ = [
    "ACTIONS",
    "FULL",
    "READ_ONLY",
    "WORKFLOW",
    "Access",
    "App",
    "CommentForm",
    "FileVersion",
    "Level",
    "RequiredCheck",
    "Rules",
    "Scope",
    "Side",
    "Store",
    "World",
    "build_github",
    "identify",
    "merge_group_event",
]
