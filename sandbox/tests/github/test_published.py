"""The sandbox against what GitHub publishes: its GraphQL schema, and PyGithub as a client that we did not write.

`make referees` installs the full schema; without it, the comparison is skipped.
"""

from __future__ import annotations

from pathlib import Path

import github
import pytest
from github import Auth, Github
from github.PullRequest import ReviewComment
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    is_required_input_field,
)
from reviewbot_sandbox.github import GitHubState
from reviewbot_sandbox.github.graphql.execute import schema

REPO = "acme/widget"
PUBLISHED = Path(__file__).resolve().parents[3] / "node_modules/@octokit/graphql-schema/schema.graphql"


def _cut() -> list[GraphQLNamedType]:
    own = schema().type_map.values()
    return [kind for kind in own if not kind.name.startswith("__")]


@pytest.mark.npm
def test_the_subset_is_part_of_the_published_schema() -> None:
    published = build_schema(PUBLISHED.read_text("utf-8"), assume_valid=True)
    for kind in _cut():
        _compare(kind, published.type_map.get(kind.name))


def _compare(own: GraphQLNamedType, full: GraphQLNamedType | None) -> None:
    assert type(full) is type(own), own.name
    match own, full:
        case GraphQLObjectType() | GraphQLInterfaceType(), GraphQLObjectType() | GraphQLInterfaceType():
            _compare_fields(own, full)
        case GraphQLInputObjectType(), GraphQLInputObjectType():
            for name, value in own.fields.items():
                there = full.fields[name]
                assert (str(value.type), value.default_value) == (str(there.type), there.default_value), name
            assert not {name for name, value in full.fields.items() if is_required_input_field(value)} - set(own.fields)
        case GraphQLEnumType(), GraphQLEnumType():
            assert own.values.keys() <= full.values.keys()
        case GraphQLUnionType(), GraphQLUnionType():
            assert {each.name for each in own.types} <= {each.name for each in full.types}
        case _:
            pass


def _compare_fields(
    own: GraphQLObjectType | GraphQLInterfaceType, full: GraphQLObjectType | GraphQLInterfaceType
) -> None:
    assert {each.name for each in own.interfaces} <= {each.name for each in full.interfaces}
    for name, field in own.fields.items():
        assert str(field.type) == str(full.fields[name].type), f"{own.name}.{name}"
        for argument, given in field.args.items():
            there = full.fields[name].args[argument]
            assert (str(given.type), given.default_value) == (str(there.type), there.default_value), argument


@pytest.fixture
def client(github_url: str) -> Github:
    return Github(
        auth=Auth.Token("ghs_workflow"),
        base_url=github_url,
        retry=None,
        seconds_between_requests=0,
        seconds_between_writes=0,
    )


def test_pygithub_reads_and_writes_a_review(client: Github, github_state: GitHubState) -> None:
    pull = client.get_repo(REPO).get_pull(1)
    assert next(iter(pull.get_files())).filename == "app.py"
    assert [commit.sha for commit in pull.get_commits()] == [github_state.pull(REPO, 1).head_sha]
    comment: ReviewComment = {"path": "app.py", "line": 10, "side": "RIGHT", "body": "Hm."}
    pull.create_review(body="Seen.", event="COMMENT", comments=[comment])
    assert [each.body for each in pull.get_review_comments()] == ["Hm."]
    head = client.get_repo(REPO).get_commit(pull.head.sha)
    pull.create_review_comment("File", head, "logo.png", subject_type="file")
    assert pull.get_review_comments().totalCount == 2
    with pytest.raises(github.GithubException) as refused:
        pull.create_review(body="x", event="COMMENT", comments=[{**comment, "line": 25}])
    assert refused.value.status == 422


def test_pygithub_pages_through_comments_and_edits_them(client: Github, github_state: GitHubState) -> None:
    for number in range(35):
        github_state.comment(REPO, 1, "mona", str(number))
    issue = client.get_repo(REPO).get_pull(1).as_issue()
    mine = issue.create_comment("Mine")
    mine.edit("Changed")
    assert [comment.body for comment in issue.get_comments()] == [*map(str, range(35)), "Changed"]
    mine.delete()
    assert issue.get_comments().totalCount == 35
    github_state.label(REPO, 1, "bug", "mona")
    issue.remove_from_labels("bug")


def test_pygithub_creates_and_completes_a_check_run(client: Github, github_state: GitHubState) -> None:
    repo = client.get_repo(REPO)
    run = repo.create_check_run("Review", github_state.pull(REPO, 1).head_sha, status="in_progress")
    run.edit(conclusion="success", output={"title": "T", "summary": "S"})
    assert [each.conclusion for each in repo.get_commit("topic").get_check_runs(check_name="Review")] == ["success"]
    assert repo.get_collaborator_permission("acme") == "admin"
    assert client.rate_limiting[1] == 1_000


def test_pygithub_sends_graphql(client: Github) -> None:
    _, data = client.requester.graphql_query("{viewer{login}}", {})
    assert data["data"]["viewer"]["login"] == "github-actions[bot]"
