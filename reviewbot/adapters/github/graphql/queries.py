"""The GraphQL documents, as constants; every name is GitHub's (https://docs.github.com/graphql).

Values travel as variables, never inside a document. Whole lists are read page by page; the first page of each comes
with the snapshot.
"""

from __future__ import annotations

from reviewbot.domain.github.pull_request import MOST_FORMER_BASES, RECENT_COMMITS

_PAGE = "pageInfo { hasNextPage endCursor }"

# 64-bit ids: `databaseId` does not hold the newer ones.
_COMMENT = """
fragment CommentParts on IssueComment {
  fullDatabaseId url body viewerDidAuthor createdAt lastEditedAt
  author { __typename login }
  editor { __typename login }
  reactionGroups { content viewerHasReacted }
}
"""

_THREAD_COMMENT = """
fragment ThreadCommentParts on PullRequestReviewComment {
  id fullDatabaseId url body viewerDidAuthor isMinimized minimizedReason
  author { login }
  pullRequestReview { fullDatabaseId }
}
"""

_THREAD = f"""
fragment ThreadParts on PullRequestReviewThread {{
  id path diffSide line startLine isResolved viewerCanResolve viewerCanUnresolve
  resolvedBy {{ login }}
  comments(first: 20) {{ {_PAGE} nodes {{ ...ThreadCommentParts }} }}
}}
{_THREAD_COMMENT}
"""

_REVIEW = """
fragment ReviewParts on PullRequestReview { fullDatabaseId state body url viewerDidAuthor }
"""


def _commit_checks(suites: int, runs: int, name: str) -> str:
    """A commit with the check runs of a name, by its variable; every run of a workflow has a suite of its own.

    All of them: the latest may be another pull request's.
    """
    return f"""
          oid
          checkSuites(first: {suites}, filterBy: {{checkName: ${name}}}) {{
            nodes {{
              app {{ slug }}
              checkRuns(first: {runs}, filterBy: {{checkName: ${name}, checkType: ALL}}) {{
                nodes {{ databaseId name status conclusion externalId url title startedAt }}
              }}
            }}
          }}"""


def _tip(name: str, more: str = "") -> str:
    """The head with the check runs of a name."""
    return f"""
      tip: commits(last: 1) {{ nodes {{ commit {{ {more} {_commit_checks(50, 100, name)} }} }} }}"""


def _older(commits: int, forced: int, name: str) -> str:
    """The last commits, and the heads that the last force-pushes replaced, with the check runs of a name."""
    return f"""
      recent: commits(last: {commits}) {{ nodes {{ commit {{ {_commit_checks(5, 50, name)} }} }} }}
      forced: timelineItems(last: {forced}, itemTypes: [HEAD_REF_FORCE_PUSHED_EVENT]) {{
        nodes {{ ... on HeadRefForcePushedEvent {{ createdAt beforeCommit {{ {_commit_checks(5, 50, name)} }} }} }}
      }}"""


_BASES = f"""
      baseRefName
      rebased: timelineItems(
        last: {MOST_FORMER_BASES + 1}, itemTypes: [BASE_REF_CHANGED_EVENT, AUTOMATIC_BASE_CHANGE_SUCCEEDED_EVENT]
      ) {{
        nodes {{
          ... on BaseRefChangedEvent {{ previousRefName }}
          ... on AutomaticBaseChangeSucceededEvent {{ previousRefName: oldBase }}
        }}
      }}"""


FORCED = 5
"""Force-pushes whose replaced heads come with the snapshot, with their check runs."""


def aliases(letter: str, count: int) -> tuple[str, ...]:
    """So many aliases or variables of one kind, in order."""
    return tuple(f"{letter}{index}" for index in range(count))


def snapshot(names: int) -> str:
    """The document for everything that a run reads before it decides anything, in one request.

    Variables: `check` is the name of our check run against the base, `c0`… are so many other names. The answers to
    those are the aliases of the same names.
    """
    others = aliases("c", names)
    declared = "".join(f", ${one}: String!" for one in others)
    asked = " ".join(
        f"{one}: pullRequest(number: $number) {{ number {_tip(one)} {_older(RECENT_COMMITS, FORCED, one)} }}"
        for one in others
    )
    more = f"others: repository(owner: $owner, name: $name) {{ {asked} }}" if others else ""
    return _SNAPSHOT.replace("DECLARED", declared).replace("OTHERS", more)


_SNAPSHOT = f"""
query Snapshot(
  $owner: String!, $name: String!, $number: Int!, $page: Int!, $check: String!,
  $config: String!, $attributes: String!, $templates: String!DECLARED
) {{
  viewer {{ login }}
  repository(owner: $owner, name: $name) {{
    databaseId nameWithOwner url
    defaultBranchRef {{ name }}
    config: object(expression: $config) {{ ... on Blob {{ text }} }}
    attributes: object(expression: $attributes) {{ ... on Blob {{ text isTruncated }} }}
    templates: object(expression: $templates) {{
      ... on Tree {{ entries {{ name object {{ ... on Blob {{ text isTruncated }} }} }} }}
    }}
    pullRequest(number: $number) {{
      id number title body url state isDraft isCrossRepository
      author {{ __typename login }}
      headRefOid headRefName headRepository {{ nameWithOwner }} baseRefOid
      {_BASES}
      labels(first: 100) {{ nodes {{ name }} }}
      timelineItems(last: 50, itemTypes: [LABELED_EVENT]) {{
        nodes {{ ... on LabeledEvent {{ createdAt label {{ name }} actor {{ __typename login }} }} }}
      }}
      changedFiles
      commits(first: 100) {{
        totalCount
        nodes {{ commit {{
          oid
          signature {{ isValid wasSignedByGitHub }}
          parents(first: 20) {{ nodes {{ oid }} }}
          authors(first: 20) {{ nodes {{ user {{ id login }} }} }}
        }} }}
      }}
      comments(first: $page) {{ {_PAGE} nodes {{ ...CommentParts }} }}
      reviewThreads(first: $page) {{ {_PAGE} nodes {{ ...ThreadParts }} }}
      reviews(first: $page) {{ {_PAGE} nodes {{ ...ReviewParts }} }}
      {_tip("check", "seen: checkSuites(first: 100) { nodes { createdAt } }")}
      {_older(RECENT_COMMITS, FORCED, "check")}
    }}
  }}
  OTHERS
}}
{_COMMENT}{_THREAD}{_REVIEW}
"""

SNAPSHOT = snapshot(0)
"""Of a pull request that is and was against the default branch alone."""


def _more(name: str, field: str, parts: str) -> str:
    return f"""
query {name}($owner: String!, $name: String!, $number: Int!, $page: Int!, $after: String!) {{
  repository(owner: $owner, name: $name) {{
    pullRequest(number: $number) {{
      page: {field}(first: $page, after: $after) {{ {_PAGE} nodes {{ ...{parts} }} }}
    }}
  }}
}}
"""


MORE_COMMENTS = _more("MoreComments", "comments", "CommentParts") + _COMMENT
MORE_THREADS = _more("MoreThreads", "reviewThreads", "ThreadParts") + _THREAD
MORE_REVIEWS = _more("MoreReviews", "reviews", "ReviewParts") + _REVIEW

MORE_THREAD_COMMENTS = f"""
query MoreThreadComments($thread: ID!, $page: Int!, $after: String!) {{
  node(id: $thread) {{
    ... on PullRequestReviewThread {{
      page: comments(first: $page, after: $after) {{ {_PAGE} nodes {{ ...ThreadCommentParts }} }}
    }}
  }}
}}
{_THREAD_COMMENT}
"""
"""The next page of one thread's comments."""


def entries(new: int, old: int) -> str:
    """The document that reads so many files at the head, with texts, and so many at the merge base, without.

    Variables: `head` and `base` (shas), `n0`… and `o0`… (paths). The answers are the aliases of the same names.
    """
    variables = [f"${alias}: String!" for alias in (*aliases("n", new), *aliases("o", old))]
    head, base = ("$head: GitObjectID!", "$base: GitObjectID!")
    declared = ", ".join(["$owner: String!", "$name: String!", *[head] * bool(new), *[base] * bool(old), *variables])
    at_head = _commit("head", _files(aliases("n", new), "NewFile")) if new else ""
    at_base = _commit("base", _files(aliases("o", old), "OldFile")) if old else ""
    return f"""
query Entries({declared}) {{
  repository(owner: $owner, name: $name) {{
    {at_head}
    {at_base}
  }}
}}
{_NEW_FILE * bool(new)}{_OLD_FILE * bool(old)}
"""


_NEW_FILE = """
fragment NewFile on TreeEntry {
  oid mode size
  object { ... on Blob { text isBinary isTruncated byteSize } }
}
"""

_OLD_FILE = """
fragment OldFile on TreeEntry {
  oid mode size
  object { ... on Blob { isBinary } }
}
"""


def _commit(name: str, files: str) -> str:
    return f"{name}: object(oid: ${name}) {{ ... on Commit {{ {files} }} }}"


def _files(names: tuple[str, ...], parts: str) -> str:
    return " ".join(f"{alias}: file(path: ${alias}) {{ ...{parts} }}" for alias in names)


CONFIG = """
query Config($owner: String!, $name: String!, $config: String!) {
  repository(owner: $owner, name: $name) {
    config: object(expression: $config) { ... on Blob { text } }
  }
}
"""
"""The config file alone, for a run that is about no single pull request."""

SETUP = """
query Setup($owner: String!, $name: String!, $config: String!, $templates: String!, $workflows: String!) {
  repository(owner: $owner, name: $name) {
    nameWithOwner
    defaultBranchRef { name }
    config: object(expression: $config) { ... on Blob { text } }
    templates: object(expression: $templates) {
      ... on Tree { entries { name object { ... on Blob { text isTruncated } } } }
    }
    workflows: object(expression: $workflows) {
      ... on Tree { entries { name object { ... on Blob { text isTruncated } } } }
    }
  }
}
"""
"""How the default branch has set us up."""

LISTED = 50
"""Pull requests in one request of `WAITING`."""

OPEN = {"states": ["OPEN"], "order": {"field": "CREATED_AT", "direction": "ASC"}}
"""Variables of a list: the open pull requests, oldest first."""

CLOSED = {"states": ["CLOSED", "MERGED"], "order": {"field": "UPDATED_AT", "direction": "DESC"}}
"""Variables of a list: the closed pull requests, first the one that changed last."""

WAITING = f"""
query Waiting(
  $owner: String!, $name: String!, $check: String!, $states: [PullRequestState!], $order: IssueOrder!, $after: String
) {{
  repository(owner: $owner, name: $name) {{
    page: pullRequests(states: $states, first: {LISTED}, after: $after, orderBy: $order) {{
      {_PAGE}
      nodes {{
        number
        baseRepository {{ defaultBranchRef {{ name }} }}
        {_BASES}
        {_older(RECENT_COMMITS, FORCED, "check")}
      }}
    }}
  }}
}}
"""
"""Pull requests, each with the check runs of a name on its last commits, and on the heads before force-pushes."""


def checked(count: int) -> str:
    """The document that asks for the same of so many pull requests, each by a name of its own.

    Variables: `n0`… (numbers) and `c0`… (names). The answers are the aliases of the numbers.
    """
    pairs = tuple(zip(aliases("n", count), aliases("c", count), strict=True))
    declared = ", ".join(["$owner: String!", "$name: String!", *(f"${n}: Int!, ${c}: String!" for n, c in pairs)])
    asked = " ".join(
        f"{n}: pullRequest(number: ${n}) {{ number {_older(RECENT_COMMITS, FORCED, c)} }}" for n, c in pairs
    )
    return f"query Checked({declared}) {{ repository(owner: $owner, name: $name) {{ {asked} }} }}"


_CHECKS_HERE = _commit_checks(5, 50, "check")

CHECKS = f"""
query Checks(
  $owner: String!, $name: String!, $number: Int!, $check: String!, $page: Int!, $commits: String, $forced: String
) {{
  repository(owner: $owner, name: $name) {{
    pullRequest(number: $number) {{
      recent: commits(first: $page, after: $commits) {{ {_PAGE} nodes {{ commit {{ {_CHECKS_HERE} }} }} }}
      forced: timelineItems(first: $page, after: $forced, itemTypes: [HEAD_REF_FORCE_PUSHED_EVENT]) {{
        {_PAGE}
        nodes {{ ... on HeadRefForcePushedEvent {{ createdAt beforeCommit {{ {_CHECKS_HERE} }} }} }}
      }}
    }}
  }}
}}
"""
"""The check runs of a name on every commit that a pull request has, or had before a force-push."""

SUMMARIES = f"""
query Summaries($owner: String!, $name: String!, $states: [PullRequestState!], $order: IssueOrder!, $after: String) {{
  repository(owner: $owner, name: $name) {{
    page: pullRequests(states: $states, first: 20, after: $after, orderBy: $order) {{
      {_PAGE}
      nodes {{
        number
        comments(first: 50) {{ {_PAGE} nodes {{ ...CommentParts }} }}
      }}
    }}
  }}
}}
{_COMMENT}
"""
"""Pull requests, each with the beginning of its conversation; few at once, since a comment may be long."""

QUEUE = f"""
query Queue($owner: String!, $name: String!, $branch: String!, $page: Int!, $after: String) {{
  repository(owner: $owner, name: $name) {{
    mergeQueue(branch: $branch) {{
      entries(first: $page, after: $after) {{
        totalCount {_PAGE}
        nodes {{ position headCommit {{ oid }} pullRequest {{ number }} }}
      }}
    }}
  }}
}}
"""
"""The entries of a branch's merge queue."""


def heads(count: int) -> str:
    """The document that asks for so many pull requests by number.

    Variables: `n0`… (numbers). The answers are the aliases of the same names.
    """
    names = aliases("n", count)
    declared = ", ".join(["$owner: String!", "$name: String!", *(f"${name}: Int!" for name in names)])
    asked = " ".join(f"{name}: pullRequest(number: ${name}) {{ number state headRefOid }}" for name in names)
    return f"query Heads({declared}) {{ repository(owner: $owner, name: $name) {{ {asked} }} }}"


RESOLVE_THREAD = """
mutation ResolveThread($thread: ID!) { done: resolveReviewThread(input: {threadId: $thread}) { thread { id } } }
"""

UNRESOLVE_THREAD = """
mutation UnresolveThread($thread: ID!) { done: unresolveReviewThread(input: {threadId: $thread}) { thread { id } } }
"""

SHOW_COMMENT = """
mutation ShowComment($comment: ID!) {
  done: unminimizeComment(input: {subjectId: $comment}) { unminimizedComment { isMinimized } }
}
"""

HIDE_COMMENT = """
mutation HideComment($comment: ID!, $why: ReportedContentClassifiers!) {
  done: minimizeComment(input: {subjectId: $comment, classifier: $why}) { minimizedComment { isMinimized } }
}
"""
