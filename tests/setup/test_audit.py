"""Workflows are read in every form that GitHub accepts; other content is ignored."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewbot.setup.audit import Job, inputs_of_review, read_jobs
from reviewbot.setup.checkup import of_broken

STEP = "{runs-on: x, steps: [{uses: acme/reviewbot@v1}]}"


def read(on: str, job: str = STEP, more: str = "") -> Job:
    (job_read,), _ = read_jobs({"a.yml": f"on: {on}\n{more}\njobs:\n  review: {job}\n"})
    return job_read


@pytest.mark.parametrize(
    ("on", "types"),
    [
        ("pull_request", {"opened", "reopened", "synchronize"}),
        ("[push, pull_request]", {"opened", "reopened", "synchronize"}),
        ("{pull_request: }", {"opened", "reopened", "synchronize"}),
        ("{pull_request_target: {types: labeled}}", {"labeled"}),
        ("{pull_request: {types: [opened, closed]}, push: }", {"opened", "closed"}),
    ],
)
def test_events_are_a_word_a_list_or_a_mapping(on: str, types: set[str]) -> None:
    assert read(on).reviews
    assert read(on).types == types


def test_an_input_may_be_a_variable_of_the_workflow() -> None:
    step = (
        "{uses: acme/reviewbot@v1, with: {locked: '${{ env.LOCKED }}', mode: '${{env.MODE}}', paths: '${{ env.NO }}'}}"
    )
    job = read("push", f"{{env: {{MODE: fast}}, steps: [{step}]}}", "env: {LOCKED: mode, MODE: standard}")
    assert job.inputs == {"locked": "mode", "mode": "fast"}


def test_a_workflow_that_is_not_yaml_is_named_with_its_line() -> None:
    workflows = {"a.yml": "on: push\n", "b.yml": "on: push\njobs: [\n", "deep.yml": "[" * 10_000}
    (problem,) = of_broken(workflows)
    assert problem.what == "`b.yml` is not valid YAML: line 3, column 1: expected a value, found the end of the file"


@pytest.mark.parametrize("on", ["push", "[issue_comment]", "{schedule: [{cron: x}]}", "", "7"])
def test_a_workflow_without_pull_request_events_reviews_none(on: str) -> None:
    assert not read(on).reviews


@pytest.mark.parametrize(
    ("permissions", "reads", "writes"),
    [
        ("", True, True),
        ("permissions: write-all", True, True),
        ("permissions: read-all", True, False),
        ("permissions: {}", False, False),
        ("permissions: {checks: write}", True, True),
        ("permissions: {checks: read}", True, False),
        ("permissions: {checks: none}", False, False),
        ("permissions: {checks: much}", False, False),
        ("permissions: {contents: write}", False, False),
    ],
)
def test_a_token_has_exactly_the_stated_permissions(permissions: str, reads: bool, writes: bool) -> None:  # noqa: FBT001 — columns of the table
    job = read("push", more=permissions)
    assert (job.may("checks", "read"), job.may("checks", "write")) == (reads, writes)
    own = STEP.replace("{runs-on", f"{{{permissions or 'if: true'}, runs-on")
    assert read("push", own, "permissions: write-all").may("checks", "write") == writes


@pytest.mark.parametrize(
    ("uses", "found"),
    [
        ("acme/reviewbot@v1", True),
        ("acme/reviewbot/no-docker@v1", True),
        ("acme/copy@v1", False),
        ("acme/copy@v1, with: {codevf-api-key: x}", True),
        ("acme/copy@v1, with: {reviewer: local}", True),
        ("acme/assign@v1, with: {reviewer: mona}", False),
        ("acme/assign@v1, with: {reviewer: [mona]}", False),
        ("actions/checkout@v1", False),
        ("./reviewbot", False),
    ],
)
def test_the_action_is_known_by_its_name_or_by_an_input_of_its_own(uses: str, found: bool) -> None:  # noqa: FBT001 — a column of the table
    jobs, _ = read_jobs({"a.yml": f"on: push\njobs:\n  x: {{steps: [{{run: y}}, {{uses: {uses}}}]}}\n"})
    assert bool(jobs) == found


def test_each_step_that_runs_the_action_is_read() -> None:
    first, second = "{uses: acme/reviewbot@v1}", "{uses: acme/reviewbot@v2, with: {config-file: own.yml}}"
    jobs, _ = read_jobs({"a.yml": f"on: push\njobs:\n  x: {{steps: [{first}, {{run: y}}, {second}]}}\n"})
    assert [(job.name, job.ref, job.inputs) for job in jobs] == [
        ("x", "v1", {}),
        ("x", "v2", {"config-file": "own.yml"}),
    ]


def test_inputs_that_an_expression_gives_are_named_and_not_read() -> None:
    job = read("push", STEP.replace("}]}", ", with: {fail-on: high, dry-run: true, mode: '${{ vars.MODE }}'}}]}"))
    assert job.inputs == {"fail-on": "high", "dry-run": "true"}
    assert job.given == {"fail-on", "dry-run", "mode"}


def test_a_workflow_cannot_choose_where_a_users_key_is_sent() -> None:
    said = "codevf-url: https://evil.example/, codevf-api-key: x, github-token: y, command: review, mode: fast"
    reviewing = read("pull_request", STEP.replace("}]}", f", with: {{{said}}}}}]}}"))
    assert reviewing.inputs["codevf-url"] == "https://evil.example/"
    assert inputs_of_review([read("push"), reviewing]) == {"mode": "fast"}
    assert inputs_of_review([read("push")]) == {}


def test_a_number_with_thousands_of_digits_is_refused() -> None:
    digits = f"0x{'f' * 5000}"
    job = read("push", STEP.replace("{runs-on", f"{{name: {digits}, timeout-minutes: -{digits}, runs-on"))
    assert (job.name, job.minutes) == ("review", None)


LISTS = ["a0: &a0 [x, x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 14))]
MAPPINGS = ["a0: &a0 {x: y}", *(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}, *a{n - 1}]}}" for n in range(1, 14))]


@pytest.mark.parametrize("unfolding", [LISTS, MAPPINGS], ids=["lists", "mappings"])
@pytest.mark.parametrize("depth", [7, 14])
def test_expanding_values_take_bounded_memory(unfolding: list[str], depth: int) -> None:
    job = f"jobs: {{x: {{name: *a{depth - 1}, steps: [{{uses: acme/reviewbot@v1}}]}}}}"
    text = "\n".join([*unfolding[:depth], job])
    tracemalloc.start()
    jobs, _ = read_jobs({"a.yml": text})
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [one.name for one in jobs] == (["x"] if depth == 7 else [])
    assert most < 3_000_000


@pytest.mark.parametrize(
    "text", ["", "[", "a", "- a", "on: push\njobs: []", "jobs: {x: 7}", "jobs: {x: {steps: 7}}", "a: " + "[" * 60_000]
)
def test_a_file_that_is_not_a_workflow_is_ignored(text: str) -> None:
    assert read_jobs({"a.yml": text}) == ((), ())


WORDS = st.sampled_from(
    ["pull_request", "push", "types", "opened", "steps", "reviewer", "local", "write-all", "checks"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40)
@given(st.fixed_dictionaries(dict.fromkeys(("on", "permissions", "name", "if", "with", "uses", "minutes"), ANYTHING)))
def test_any_values_are_read_or_ignored(some: dict[str, object]) -> None:
    steps = [{"uses": some["uses"], "with": some["with"]}, {"uses": "acme/reviewbot@v1", "with": some["with"]}]
    job = {**some, "timeout-minutes": some["minutes"], "steps": steps}
    whole = {"on": some["on"], "jobs": {"a": job, "b": some["on"], "c": {"steps": some["with"]}}}
    jobs, _ = read_jobs({"a.yml": json.dumps(whole), "b.yml": json.dumps(some["on"])})
    assert any(one.ref == "v1" for one in jobs)
    for one in jobs:
        assert one.may("checks", "none") or not one.may("checks", "write")
        assert one.reviews <= bool(one.events)


@pytest.mark.parametrize(
    ("condition", "starts"),
    [
        ("", True),
        ("github.actor != 'x'", True),
        ("contains(fromJSON('[\"skip-review\"]'), github.event.label.name)", False),
        ('contains(fromJSON(\'["skip-review", "Buy"]\'), github.event.label.name)', True),
        ("contains(fromJSON('[\"buy-now\"]'), github.event.label.name)", False),
        ("github.event.label.name == 'buy'", True),
    ],
)
def test_a_job_that_names_labels_starts_only_on_them(condition: str, *, starts: bool) -> None:
    job = STEP.replace("{runs-on", f"{{if: {json.dumps(condition)}, runs-on")
    assert read("pull_request", job).starts_on_label("buy") == starts
