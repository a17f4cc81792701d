"""The demo: both services over a seeded repository, and the real action run as GitHub's runner would.

    with open_sandbox(analyzers, Plan(scale=0.1, lifetime=60)) as sandbox:
        ...  # sandbox.github.url, sandbox.codevf_url, sandbox.world

`run_demo` runs the demo at a terminal. The composition root passes the local reviewer in, because the
sandbox has no reviewer of its own.
"""

from reviewbot_sandbox.demo.engineer import Reviewing
from reviewbot_sandbox.demo.scenario import Options, run_demo
from reviewbot_sandbox.demo.services import Plan, Sandbox, open_sandbox

__all__ = ["Options", "Plan", "Reviewing", "Sandbox", "open_sandbox", "run_demo"]
