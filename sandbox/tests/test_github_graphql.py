"""GraphQL: what the bot reads in one request, and its writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from reviewbot_sandbox.github import ACTIONS, FULL, App, CommentForm, FileVersion, Level, Rules, World

REPO = "acme/widget"
Send = Callable[..., dict[str, Any]]

EVERYTHING = """
query ($head: GitObjectID!) {
  viewer { login }
  rateLimit { cost nodeCount remaining resetAt }
  repository(owner: "acme", name: "widget") {
    id databaseId nameWithOwner isPrivate url
    defaultBranchRef { name target { oid } }
    text: object(expression: "HEAD:app.py") { ... on Blob { oid text byteSize isBinary isTruncated } }
    binary: object(expression: "HEAD:logo.png") { ... on Blob { text isBinary } }
    root: object(expression: "HEAD:") { ... on Tree { entries { name path type mode oid object { oid } } } }
    nothing: object(expression: "HEAD:nope") { oid }
    commit: object(oid: $head) {
      ... on Commit { oid file(path: "app.py") { name path type mode oid size isGenerated object { oid } } }
    }
    pullRequest(number: 1) {
      id fullDatabaseId number title body url state isDraft merged author { __typename login } authorAssociation
      isCrossRepository headRefName headRefOid headRepository { nameWithOwner isFork } baseRefName baseRefOid createdAt
      labels(first: 10) { nodes { name } }
      commits(last: 1) {
        totalCount pageInfo { hasNextPage }
        nodes { commit {
          oid parents(first: 2) { nodes { oid } } authors(first: 3) { nodes { email user { login } } }
          author { user { login } }
          checkSuites(first: 10) { nodes {
            app { slug databaseId }
            checkRuns(first: 5, filterBy: { checkName: "Review" }) { nodes {
              id databaseId name status conclusion externalId title summary permalink url startedAt completedAt
            } }
          } }
        } }
      }
      comments(first: 50) {
        totalCount pageInfo { endCursor hasNextPage }
        nodes {
          id fullDatabaseId databaseId url body createdAt updatedAt viewerDidAuthor isMinimized
          author { __typename login } editor { __typename login }
        }
      }
      reviewThreads(first: 50) {
        totalCount pageInfo { endCursor hasNextPage }
        nodes {
          id isResolved isOutdated path line originalLine startLine originalStartLine diffSide subjectType
          resolvedBy { login } viewerCanResolve
          comments(first: 10) { totalCount nodes {
            id fullDatabaseId databaseId url body viewerDidAuthor createdAt author { __typename login }
            editor { login } pullRequestReview { id fullDatabaseId }
          } }
        }
      }
      reviews(last: 10) {
        nodes { id fullDatabaseId state body url viewerDidAuthor author { __typename login } commit { oid } }
      }
      files(first: 100) { nodes { path changeType additions deletions } }
      timelineItems(first: 50, itemTypes: [LABELED_EVENT, UNLABELED_EVENT, READY_FOR_REVIEW_EVENT]) {
        nodes { __typename ... on LabeledEvent { createdAt actor { __typename login } label { name } } }
      }
    }
  }
}
"""


MANY = """
{ repository(owner: "acme", name: "widget") { pullRequests(first: 100) { nodes {
  comments(first: 100) { nodes { id } }
  reviewThreads(first: 100) { nodes { comments(first: 100) { nodes { id } } } }
} } } }
"""


def _pull(send: Send, fields: str, **more: object) -> Any:  # noqa: ANN401 — a GraphQL answer has the query's shape
    query = f'{{repository(owner:"acme",name:"widget"){{pullRequest(number:1){{{fields}}}}}}}'
    return send(query, **more)["data"]["repository"]["pullRequest"]


def test_one_query_reads_everything_that_the_bot_needs(
    github_graphql: Send, github_world: World, github_http: httpx.Client
) -> None:
    head = github_world.pull(REPO, 1).head_sha
    github_world.label(REPO, 1, "skip-review", "acme")
    github_http.post("/check-runs", json={"name": "Review", "head_sha": head, "external_id": "task:1"})
    own = github_http.post("/issues/1/comments", json={"body": "Summary"}).json()
    github_world.edit_comment(own["id"], "mona", "Forged")
    github_world.review_comment(REPO, 1, "hubot", CommentForm("Hm.", "app.py", line=10))
    answer = github_graphql(EVERYTHING, head=head)
    assert "errors" not in answer
    repo = answer["data"]["repository"]
    pull = repo["pullRequest"]
    assert repo["text"]["text"].startswith("line 1\n")
    assert repo["binary"] == {"text": None, "isBinary": True}
    assert repo["nothing"] is None
    assert [entry["name"] for entry in repo["root"]["entries"]][:2] == ["README.md", "app.py"]
    assert repo["commit"]["file"]["mode"] == 0o100644
    assert pull["author"] == {"__typename": "User", "login": "mona"}
    assert pull["fullDatabaseId"] == str(github_world.pull(REPO, 1).id)
    suite = pull["commits"]["nodes"][0]["commit"]["checkSuites"]["nodes"][0]
    assert suite["app"]["slug"] == "github-actions"
    assert (suite["checkRuns"]["nodes"][0]["externalId"], suite["checkRuns"]["nodes"][0]["status"]) == (
        "task:1",
        "QUEUED",
    )
    comment = pull["comments"]["nodes"][0]
    assert comment["author"] == {"__typename": "Bot", "login": "github-actions"}
    assert (comment["viewerDidAuthor"], comment["editor"]["login"]) == (True, "mona")
    thread = pull["reviewThreads"]["nodes"][0]
    assert (thread["line"], thread["diffSide"], thread["subjectType"], thread["viewerCanResolve"]) == (
        10,
        "RIGHT",
        "LINE",
        False,
    )
    assert [(each["path"], each["changeType"]) for each in pull["files"]["nodes"]][:2] == [
        ("app.py", "MODIFIED"),
        ("gone.txt", "DELETED"),
    ]
    assert pull["timelineItems"]["nodes"][0]["actor"]["login"] == "acme"
    assert answer["data"]["viewer"]["login"] == "github-actions[bot]"


def test_a_long_text_is_truncated_and_generated_files_are_known(github_graphql: Send, github_world: World) -> None:
    github_world.store.rules = Rules(blob_text=10)
    files: dict[str, str | FileVersion] = {
        "gen.py": "x = 1\n" * 9,
        ".gitattributes": "gen.py linguist-generated\n",
        "sub": FileVersion(b"a" * 40, "160000"),
    }
    sha = github_world.push(REPO, "main", files)
    query = """query ($oid: GitObjectID!) { repository(owner: "acme", name: "widget") {
      object(oid: $oid) { ... on Commit {
        gen: file(path: "gen.py") { isGenerated object { ... on Blob { text isTruncated byteSize } } }
        sub: file(path: "sub") { type mode object { oid } }
        none: file(path: "a/b/c") { oid }
      } } } }"""
    found = github_graphql(query, oid=sha)["data"]["repository"]["object"]
    assert found["gen"]["object"] == {"text": "x = 1\nx = ", "isTruncated": True, "byteSize": 54}
    assert found["gen"]["isGenerated"] is True
    assert found["sub"] == {"type": "commit", "mode": 0o160000, "object": None}
    assert found["none"] is None


def test_pages_follow_cursors_both_ways(github_graphql: Send, github_world: World) -> None:
    for number in range(5):
        github_world.comment(REPO, 1, "mona", str(number))
    page = _pull(github_graphql, "comments(first:2){pageInfo{endCursor hasNextPage} nodes{body}}")["comments"]
    assert page["pageInfo"]["hasNextPage"] is True
    cursor = page["pageInfo"]["endCursor"]
    rest = _pull(github_graphql, f'comments(first:9,after:"{cursor}"){{pageInfo{{hasNextPage}} nodes{{body}}}}')[
        "comments"
    ]
    assert [each["body"] for each in rest["nodes"]] == ["2", "3", "4"]
    last = _pull(github_graphql, "comments(last:2){pageInfo{startCursor hasPreviousPage} nodes{body}}")["comments"]
    assert [each["body"] for each in last["nodes"]] == ["3", "4"]


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ('{repository(owner:"acme",name:"nope"){id}}', "NOT_FOUND"),
        ('{repository(owner:"acme",name:"widget"){pullRequest(number:9){id}}}', "NOT_FOUND"),
        ('{node(id:"PR_nope"){id}}', "NOT_FOUND"),
        ('{repository(owner:"acme",name:"widget"){pullRequests{totalCount}}}', "MISSING_PAGINATION_BOUNDARIES"),
        ('{repository(owner:"acme",name:"widget"){pullRequests(first:101){totalCount}}}', "EXCESSIVE_PAGINATION"),
        (MANY, "MAX_NODE_LIMIT_EXCEEDED"),
        ("{nothing}", None),
        ("{", None),
    ],
)
def test_errors_come_under_status_200_with_a_type(github_graphql: Send, query: str, kind: str | None) -> None:
    answer = github_graphql(query)
    assert answer["errors"][0].get("type") == kind
    assert answer["errors"][0]["message"]


def test_the_rest_of_the_answer_survives_an_error(github_graphql: Send) -> None:
    answer = github_graphql('{viewer{login} repository(owner:"acme",name:"nope"){id}}')
    assert answer["data"] == {"viewer": {"login": "github-actions[bot]"}, "repository": None}
    assert answer["errors"][0]["path"] == ["repository"]


def _mutate(send: Send, name: str, returning: str, secret: str | None = None, /, **values: object) -> dict[str, Any]:
    kind = f"{name[0].upper()}{name[1:]}Input!"
    return send(f"mutation($input:{kind}){{{name}(input:$input){{{returning}}}}}", secret, input=values)


def test_comments_are_added_edited_hidden_and_deleted(github_graphql: Send, github_world: World) -> None:
    subject = _pull(github_graphql, "id")["id"]
    made = _mutate(github_graphql, "addComment", "commentEdge{node{id body}}", subjectId=subject, body="One")
    comment = made["data"]["addComment"]["commentEdge"]["node"]["id"]
    edited = _mutate(github_graphql, "updateIssueComment", "issueComment{body}", id=comment, body="Two")
    assert edited["data"]["updateIssueComment"]["issueComment"]["body"] == "Two"
    hidden = "minimizedComment{isMinimized minimizedReason}"
    done = _mutate(github_graphql, "minimizeComment", hidden, subjectId=comment, classifier="OUTDATED")
    assert done["data"]["minimizeComment"]["minimizedComment"] == {"isMinimized": True, "minimizedReason": "outdated"}
    liked = _mutate(github_graphql, "addReaction", "reaction{content}", subjectId=comment, content="THUMBS_UP")
    assert liked["data"]["addReaction"]["reaction"]["content"] == "THUMBS_UP"
    assert "errors" not in _mutate(github_graphql, "deleteIssueComment", "clientMutationId", id=comment)
    assert not github_world.store.comments


GROUPS = "reactionGroups{content viewerHasReacted}"


def test_reactions_are_listed_by_whether_the_viewer_added_them(
    github_graphql: Send, github_http: httpx.Client, github_world: World
) -> None:
    spoken = github_world.comment(REPO, 1, "mona", "Hello.")
    noted = github_world.review_comment(REPO, 1, "mona", CommentForm("Hm.", "app.py", line=10))
    for comment in (spoken, noted):
        github_world.react(comment.id, "mona", "heart")
    github_http.post(f"/issues/comments/{spoken.id}/reactions", json={"content": "+1"})
    github_http.post("/issues/1/reactions", json={"content": "eyes"})
    fields = f"{GROUPS} comments(first:1){{nodes{{{GROUPS}}}}} reviews(first:1){{nodes{{{GROUPS}}}}}"
    threads = f"reviewThreads(first:1){{nodes{{comments(first:1){{nodes{{{GROUPS}}}}}}}}}"

    def mine(node: Any) -> list[str]:  # noqa: ANN401 — a GraphQL answer has the query's shape
        assert len(node["reactionGroups"]) == 8
        return [each["content"] for each in node["reactionGroups"] if each["viewerHasReacted"]]

    def seen(secret: str | None = None) -> list[list[str]]:
        pull = _pull(github_graphql, f"{fields} {threads}", secret=secret)
        reply = pull["reviewThreads"]["nodes"][0]["comments"]["nodes"][0]
        return [mine(node) for node in (pull, pull["comments"]["nodes"][0], pull["reviews"]["nodes"][0], reply)]

    assert seen() == [["EYES"], ["THUMBS_UP"], [], []]
    assert seen("ghp_mona") == [[], ["HEART"], [], ["HEART"]]


def test_a_head_has_a_suite_before_it_has_a_check(github_graphql: Send, github_world: World) -> None:
    head = github_world.pull(REPO, 1).head_sha
    suites = "checkSuites(first:9){nodes{createdAt app{slug} checkRuns(first:9){totalCount}}}"

    def found() -> list[tuple[str, int]]:
        commits = _pull(github_graphql, f"commits(last:1){{nodes{{commit{{{suites}}}}}}}")["commits"]["nodes"]
        nodes = commits[0]["commit"]["checkSuites"]["nodes"]
        assert all(each["createdAt"].endswith("Z") for each in nodes)
        return [(each["app"]["slug"], each["checkRuns"]["totalCount"]) for each in nodes]

    assert found() == [("github-actions", 0)]
    github_world.check(REPO, App(7, "other-app", "Other"), {"name": "tests", "head_sha": head})
    github_world.check(REPO, ACTIONS, {"name": "Review", "head_sha": head})
    assert found() == [("github-actions", 1), ("other-app", 1)]


def test_resolving_needs_contents_write_besides(github_graphql: Send, github_world: World) -> None:
    github_world.review_comment(REPO, 1, "hubot", CommentForm("Hm.", "app.py", line=10))
    thread = _pull(github_graphql, "reviewThreads(first:1){nodes{id}}")["reviewThreads"]["nodes"][0]["id"]
    refused = _mutate(github_graphql, "resolveReviewThread", "thread{isResolved}", threadId=thread)
    assert refused["errors"][0]["type"] == "FORBIDDEN"
    assert refused["errors"][0]["message"] == "Resource not accessible by integration"
    github_world.app_token("ghs_full", permissions=FULL)
    fields = "thread{isResolved resolvedBy{login}}"
    done = _mutate(github_graphql, "resolveReviewThread", fields, "ghs_full", threadId=thread)
    assert done["data"]["resolveReviewThread"]["thread"] == {
        "isResolved": True,
        "resolvedBy": {"login": "github-actions"},
    }
    again = _mutate(github_graphql, "unresolveReviewThread", "thread{isResolved}", "ghs_full", threadId=thread)
    assert again["data"]["unresolveReviewThread"]["thread"]["isResolved"] is False


def test_a_person_resolves(github_graphql: Send, github_world: World) -> None:
    reply = github_world.review_comment(REPO, 1, "hubot", CommentForm("Hm.", "app.py", line=10))
    github_world.grant(REPO, "acme", Level.ADMIN)
    github_world.resolve(reply.thread_id, "acme")
    found = _pull(github_graphql, "reviewThreads(first:1){nodes{isResolved resolvedBy{login}}}")["reviewThreads"]
    assert found["nodes"] == [{"isResolved": True, "resolvedBy": {"login": "acme"}}]


def test_a_thread_on_a_file_joins_the_pending_review(
    github_graphql: Send, github_http: httpx.Client, github_world: World
) -> None:
    pending = github_http.post("/pulls/1/reviews", json={}).json()
    values = {"path": "logo.png", "body": "Hm.", "subjectType": "FILE", "pullRequestReviewId": pending["node_id"]}
    made = _mutate(github_graphql, "addPullRequestReviewThread", "thread{subjectType line path}", **values)
    assert made["data"]["addPullRequestReviewThread"]["thread"] == {
        "subjectType": "FILE",
        "line": None,
        "path": "logo.png",
    }
    github_http.post(f"/pulls/1/reviews/{pending['id']}/events", json={"event": "COMMENT", "body": "Done."})
    assert [each["path"] for each in github_http.get("/pulls/1/comments").json()] == ["logo.png"]
    assert len(github_world.store.reviews) == 1


def test_a_thread_off_the_diff_is_null_and_nothing_is_written(github_graphql: Send, github_world: World) -> None:
    subject = _pull(github_graphql, "id")["id"]
    values = {"path": "app.py", "body": "Hm.", "line": 25, "pullRequestId": subject}
    made = _mutate(github_graphql, "addPullRequestReviewThread", "thread{id}", **values)
    assert made == {"data": {"addPullRequestReviewThread": {"thread": None}}}
    assert not github_world.store.threads


def test_a_check_run_is_made_and_changed(github_graphql: Send, github_world: World) -> None:
    repo = github_graphql('{repository(owner:"acme",name:"widget"){id}}')["data"]["repository"]["id"]
    values = {"repositoryId": repo, "name": "Review", "headSha": github_world.pull(REPO, 1).head_sha}
    fields = "checkRun{id status conclusion completedAt}"
    made = _mutate(github_graphql, "createCheckRun", fields, status="IN_PROGRESS", externalId="task:1", **values)
    run = made["data"]["createCheckRun"]["checkRun"]
    assert (run["status"], run["conclusion"]) == ("IN_PROGRESS", None)
    place = {"startLine": 1, "endLine": 1}
    note = {"path": "app.py", "location": place, "annotationLevel": "WARNING", "message": "Hm."}
    output = {"title": "T", "summary": "S", "annotations": [note]}
    done = _mutate(
        github_graphql,
        "updateCheckRun",
        fields,
        repositoryId=repo,
        checkRunId=run["id"],
        conclusion="ACTION_REQUIRED",
        completedAt="2026-11-24T08:00:00Z",
        output=output,
    )
    changed = done["data"]["updateCheckRun"]["checkRun"]
    assert (changed["status"], changed["conclusion"]) == ("COMPLETED", "ACTION_REQUIRED")
    assert changed["completedAt"] == "2026-11-24T08:00:00Z"
    refused = _mutate(github_graphql, "createCheckRun", fields, "ghs_fork", **values)
    assert refused["errors"][0]["type"] == "FORBIDDEN"


def test_open_pull_requests_are_listed_with_their_latest_first(github_graphql: Send, github_world: World) -> None:
    github_world.push(REPO, "second", {"b.txt": "b\n"})
    github_world.open_pull_request(REPO, "second", draft=True)
    github_world.ready(REPO, 2, "acme")
    query = """{repository(owner:"acme",name:"widget"){
      pullRequests(first:10,states:[OPEN],orderBy:{field:CREATED_AT,direction:DESC}){
        totalCount nodes{number isDraft}}}}"""
    found = github_graphql(query)["data"]["repository"]["pullRequests"]
    assert found == {"totalCount": 2, "nodes": [{"number": 2, "isDraft": False}, {"number": 1, "isDraft": False}]}


def test_a_private_repository_is_not_found_by_strangers(github_graphql: Send, github_world: World) -> None:
    github_world.repository("acme/secret", private=True)
    query = '{repository(owner:"acme",name:"secret"){id}}'
    assert github_graphql(query, "ghp_mona")["errors"][0]["type"] == "NOT_FOUND"
    assert "errors" not in github_graphql(query)


def test_graphql_needs_authentication(github_url: str) -> None:
    assert httpx.post(f"{github_url}/graphql", json={"query": "{viewer{login}}"}).status_code == 401


def test_a_thread_is_answered_and_its_comments_are_edited_and_deleted(
    github_graphql: Send, github_world: World
) -> None:
    github_world.review_comment(REPO, 1, "hubot", CommentForm("Hm.", "app.py", line=10))
    thread = _pull(github_graphql, "reviewThreads(first:1){nodes{id}}")["reviewThreads"]["nodes"][0]["id"]
    fields = "comment{id body replyTo{body} outdated state path line diffHunk commit{oid} pullRequestReview{state}}"
    values = {"pullRequestReviewThreadId": thread, "body": "Oh."}
    made = _mutate(github_graphql, "addPullRequestReviewThreadReply", fields, **values)
    comment = made["data"]["addPullRequestReviewThreadReply"]["comment"]
    assert (comment["replyTo"], comment["line"], comment["state"]) == ({"body": "Hm."}, 10, "SUBMITTED")
    edit = {"pullRequestReviewCommentId": comment["id"], "body": "Ah."}
    done = _mutate(github_graphql, "updatePullRequestReviewComment", "pullRequestReviewComment{body}", **edit)
    assert done["data"]["updatePullRequestReviewComment"]["pullRequestReviewComment"]["body"] == "Ah."
    hidden = "minimizedComment{isMinimized}"
    _mutate(github_graphql, "minimizeComment", hidden, subjectId=comment["id"], classifier="RESOLVED")
    shown = _mutate(github_graphql, "unminimizeComment", "unminimizedComment{isMinimized}", subjectId=comment["id"])
    assert shown["data"]["unminimizeComment"]["unminimizedComment"]["isMinimized"] is False
    _mutate(github_graphql, "deletePullRequestReviewComment", "clientMutationId", id=comment["id"])
    assert [reply.body for reply in github_world.store.replies.values()] == ["Hm."]


def test_a_range_of_lines_is_a_thread_of_its_own_pending_review(github_graphql: Send) -> None:
    subject = _pull(github_graphql, "id")["id"]
    values = {"path": "app.py", "body": "Hm.", "startLine": 8, "line": 12, "pullRequestId": subject}
    made = _mutate(github_graphql, "addPullRequestReviewThread", "thread{startLine line startDiffSide}", **values)
    expected = {"startLine": 8, "line": 12, "startDiffSide": "RIGHT"}
    assert made["data"]["addPullRequestReviewThread"]["thread"] == expected
    pull = _pull(github_graphql, "reviews(first:5,states:[PENDING]){nodes{state comments(first:5){totalCount}}}")
    assert pull["reviews"]["nodes"] == [{"state": "PENDING", "comments": {"totalCount": 1}}]
    unseen = _pull(github_graphql, "reviews(first:5){totalCount} reviewThreads(first:5){totalCount}", secret="ghp_mona")
    assert unseen == {"reviews": {"totalCount": 0}, "reviewThreads": {"totalCount": 0}}


@pytest.mark.parametrize(
    ("events", "decision"),
    [
        ((), None),
        (("COMMENT",), None),
        (("REQUEST_CHANGES", "COMMENT"), "CHANGES_REQUESTED"),
        (("REQUEST_CHANGES", "APPROVE"), "APPROVED"),
    ],
)
def test_the_latest_reviews_decide(
    github_graphql: Send, github_world: World, events: tuple[str, ...], decision: str | None
) -> None:
    for event in events:
        github_world.review(REPO, 1, "hubot", event)
    assert _pull(github_graphql, "reviewDecision")["reviewDecision"] == decision


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("addComment", {"subjectId": "IC_kw1", "body": "x"}),
        ("resolveReviewThread", {"threadId": "PRRT_kwzz"}),
        ("addComment", {"subjectId": "R_kw3ea", "body": "x"}),
    ],
)
def test_a_mutation_about_nothing_is_not_found(github_graphql: Send, name: str, values: dict[str, object]) -> None:
    assert _mutate(github_graphql, name, "clientMutationId", **values)["errors"][0]["type"] == "NOT_FOUND"


CLOSING = """
{ repository(owner: "acme", name: "widget") { pullRequest(number: 1) { closingIssuesReferences(first: 5) {
  nodes { number title body url repository { nameWithOwner } author { login } }
} } } }
"""


def test_the_issues_that_a_pull_request_closes_are_read(github_graphql: Send, github_world: World) -> None:
    github_world.closing(REPO, 1, 12, "It is slow", "Fix it.")
    told = github_graphql(CLOSING)["data"]["repository"]["pullRequest"]["closingIssuesReferences"]
    [issue] = told["nodes"]
    assert (issue["number"], issue["title"], issue["body"]) == (12, "It is slow", "Fix it.")
    assert issue["repository"] == {"nameWithOwner": REPO}
    assert issue["url"].endswith("/acme/widget/issues/12")


def test_a_tree_is_read_with_its_folders(github_http: httpx.Client, github_world: World) -> None:
    github_world.push(REPO, "main", {"docs/adr/1.md": "Why.\n"})
    flat = github_http.get("/git/trees/HEAD").json()
    whole = github_http.get("/git/trees/HEAD", params={"recursive": 1}).json()
    assert "docs" in [one["path"] for one in flat["tree"]]
    assert {one["path"]: one["type"] for one in whole["tree"]}["docs/adr/1.md"] == "blob"
    assert not whole["truncated"]
    assert github_http.get("/git/trees/nothing").status_code == 404
