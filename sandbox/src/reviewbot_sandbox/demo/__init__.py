"""The demo: both services over a seeded repository, and the real action run as GitHub's runner would.

`services.open_sandbox` opens both services, and `scenario.run_demo` runs the demo at a terminal. The
composition root passes the local reviewer in, because the sandbox has no reviewer of its own.
"""
