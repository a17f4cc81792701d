"""CodeVF on loopback: every documented endpoint with its limits, errors and delays.

The engineer is a parameter (the local reviewer, a fixed answer), so this package does not depend on reviewbot.

    service = CodeVFService(Setup(ServiceConfig((Account("cvf_test_demo"),)), engineer=echo, clock=scaled_clock(0.01)))
    with serving(build_codevf(service)) as served:
        ...  # a client against served.url + "/api/v1/"; afterwards: service.tasks()
"""

from reviewbot_sandbox.codevf.app import BASE_PATH, build_codevf
from reviewbot_sandbox.codevf.clocks import Clock, HandClock, scaled_clock
from reviewbot_sandbox.codevf.engineers import canned, echo
from reviewbot_sandbox.codevf.model import (
    AT_ONCE,
    KNOWN_TAGS,
    Account,
    Answer,
    Deliverables,
    Delivered,
    End,
    Engineer,
    FreeText,
    Garbage,
    JsonMessage,
    JsonValue,
    Limits,
    Mode,
    Rate,
    Structured,
    Tag,
    Task,
    TaskLife,
    TaskRequest,
)
from reviewbot_sandbox.codevf.refusal import Refusal
from reviewbot_sandbox.codevf.service import CodeVFService, Setup
from reviewbot_sandbox.codevf.state import ServiceConfig
from reviewbot_sandbox.codevf.wire import ErrorStyle, error_reply

__all__ = [
    "AT_ONCE",
    "BASE_PATH",
    "KNOWN_TAGS",
    "Account",
    "Answer",
    "Clock",
    "CodeVFService",
    "Deliverables",
    "Delivered",
    "End",
    "Engineer",
    "ErrorStyle",
    "FreeText",
    "Garbage",
    "HandClock",
    "JsonMessage",
    "JsonValue",
    "Limits",
    "Mode",
    "Rate",
    "Refusal",
    "ServiceConfig",
    "Setup",
    "Structured",
    "Tag",
    "Task",
    "TaskLife",
    "TaskRequest",
    "build_codevf",
    "canned",
    "echo",
    "error_reply",
    "scaled_clock",
]
