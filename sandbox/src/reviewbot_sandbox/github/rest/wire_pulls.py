"""Pull requests, reviews, comments, check runs and statuses as GitHub's JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from reviewbot_sandbox.github.model import records as r
from reviewbot_sandbox.github.model.addresses import node_id
from reviewbot_sandbox.github.model.forms import REACTIONS
from reviewbot_sandbox.github.model.records import ReviewState
from reviewbot_sandbox.github.rest.wire import Json, Wire, moment
from reviewbot_sandbox.github.state.anchors import thread_position


@dataclass(frozen=True, slots=True)
class PullWire(Wire):
    def pull_simple(self, pull: r.PullRequest) -> Json:
        url, page = f"{self.at.repo(pull.repo)}/pulls/{pull.number}", self.at.page(pull.repo, pull.number)
        issue = f"{self.at.repo(pull.repo)}/issues/{pull.number}"
        links = {
            "self": url,
            "html": page,
            "issue": issue,
            "comments": f"{issue}/comments",
            "review_comments": f"{url}/comments",
            "review_comment": f"{self.at.repo(pull.repo)}/pulls/comments{{/number}}",
            "commits": f"{url}/commits",
            "statuses": f"{self.at.repo(pull.repo)}/statuses/{pull.head_sha}",
        }
        return {
            "url": url,
            "id": pull.id,
            "node_id": node_id("PR", pull.id),
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            **{f"{name}_url": href for name, href in links.items() if name not in ("self", "html")},
            "number": pull.number,
            "state": pull.state,
            "locked": False,
            "title": pull.title,
            "user": self.user(pull.author),
            "body": pull.body,
            "labels": [self.label(self.store.labels[pull.repo, name.lower()]) for name in pull.labels],
            **dict.fromkeys(("milestone", "assignee", "auto_merge", "active_lock_reason")),
            **{name: [] for name in ("assignees", "requested_reviewers", "requested_teams")},
            "created_at": moment(pull.created_at),
            "updated_at": moment(pull.updated_at),
            "closed_at": moment(pull.closed_at),
            "merged_at": moment(pull.merged_at),
            "merge_commit_sha": pull.merge_sha,
            "head": self._end(pull.head_repo, pull.head_ref, pull.head_sha, pull.author),
            "base": self._end(pull.repo, pull.base_ref, pull.base_sha, pull.repo.partition("/")[0]),
            "_links": {name: {"href": href} for name, href in links.items()},
            "author_association": self.association(pull.repo, pull.author),
            "draft": pull.draft,
        }

    def _end(self, full_name: str | None, ref: str, sha: str, owner: str) -> Json:
        repo = self.store.repos.get(full_name.lower()) if full_name else None
        login = repo.owner if repo else owner
        whole = self.repo(repo) if repo else None
        return {"label": f"{login}:{ref}", "ref": ref, "sha": sha, "user": self.user(login), "repo": whole}

    def pull(self, pull: r.PullRequest) -> Json:
        place, changes = (pull.repo, pull.number), self.store.changes_of(pull)
        commits = self.store.git(pull.repo).count(f"{pull.base_sha}..{pull.head_sha}")
        mergeable = None if pull.closed_at else pull.merge_sha is not None
        return {
            **self.pull_simple(pull),
            "merged": pull.merged_at is not None,
            "mergeable": mergeable,
            "rebaseable": mergeable,
            "mergeable_state": {True: "clean", False: "dirty", None: "unknown"}[mergeable],
            "merged_by": self.user(pull.repo.partition("/")[0]) if pull.merged_at else None,
            "comments": len(self.store.comments_of(place)),
            "review_comments": len(list(self.store.replies_of(place))),
            "maintainer_can_modify": False,
            "commits": commits,
            "additions": sum(change.additions for change in changes),
            "deletions": sum(change.deletions for change in changes),
            "changed_files": len(changes),
        }

    def issue(self, pull: r.PullRequest) -> Json:
        """Return the same pull request, seen as an issue."""
        simple = self.pull_simple(pull)
        url = f"{self.at.repo(pull.repo)}/issues/{pull.number}"
        same = ("number", "state", "title", "user", "labels", "assignee", "assignees", "milestone", "locked", "body")
        dates = ("created_at", "updated_at", "closed_at", "author_association", "active_lock_reason", "html_url")
        return {
            **{name: simple[name] for name in (*same, *dates, "id", "node_id", "draft")},
            "url": url,
            "repository_url": self.at.repo(pull.repo),
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "comments": len(self.store.comments_of((pull.repo, pull.number))),
            "reactions": self._reactions(node_id("PR", pull.id), url),
            "pull_request": {
                **{name: simple[name] for name in ("url", "html_url", "diff_url", "patch_url")},
                "merged_at": moment(pull.merged_at),
            },
        }

    def comment(self, comment: r.IssueComment) -> Json:
        url = f"{self.at.repo(comment.repo)}/issues/comments/{comment.id}"
        node = node_id("IC", comment.id)
        return {
            "id": comment.id,
            "node_id": node,
            "url": url,
            "html_url": self.at.comment(comment.repo, comment.number, comment.id),
            "issue_url": f"{self.at.repo(comment.repo)}/issues/{comment.number}",
            "body": comment.body,
            "user": self.user(comment.author),
            "created_at": moment(comment.created_at),
            "updated_at": moment(comment.updated_at),
            "author_association": self.association(comment.repo, comment.author),
            "performed_via_github_app": None,
            "reactions": self._reactions(node, url),
        }

    def _reactions(self, node: str, url: str) -> Json:
        counts = Counter(reaction.content for reaction in self.store.reactions if reaction.subject == node)
        each = {content: counts[content] for content in REACTIONS}
        return {"url": f"{url}/reactions", "total_count": counts.total(), **each}

    def review(self, review: r.Review) -> Json:
        """Return a review, without its comments."""
        url = f"{self.at.repo(review.repo)}/pulls/{review.number}"
        page = self.at.review(review.repo, review.number, review.id)
        pending = review.state is ReviewState.PENDING
        return {
            "id": review.id,
            "node_id": node_id("PRR", review.id),
            "user": self.user(review.author),
            "body": review.body,
            "state": review.state.value,
            "html_url": page,
            "pull_request_url": url,
            "author_association": self.association(review.repo, review.author),
            "_links": {"html": {"href": page}, "pull_request": {"href": url}},
            "commit_id": review.commit_id,
            **({} if pending else {"submitted_at": moment(review.submitted_at)}),
        }

    def reply(self, reply: r.ReviewComment) -> Json:
        """Return a review comment; `line` is null if it is outdated or on the whole file."""
        thread = self.store.threads[reply.thread_id]
        now = thread_position(self.store, self.store.pull((reply.repo, reply.number)), thread)
        url = f"{self.at.repo(reply.repo)}/pulls/comments/{reply.id}"
        pull_url = f"{self.at.repo(reply.repo)}/pulls/{reply.number}"
        page = self.at.discussion(reply.repo, reply.number, reply.id)
        anchor, on_file, node = thread.anchor, thread.anchor.line is None, node_id("PRRC", reply.id)
        start_side = anchor.start_side or anchor.side
        return {
            "url": url,
            "pull_request_review_id": reply.review_id,
            "id": reply.id,
            "node_id": node,
            "diff_hunk": thread.diff_hunk,
            "path": anchor.path,
            "commit_id": now.commit_id,
            "original_commit_id": thread.commit_id,
            "user": self.user(reply.author),
            "body": reply.body,
            "created_at": moment(reply.created_at),
            "updated_at": moment(reply.updated_at),
            "html_url": page,
            "pull_request_url": pull_url,
            "author_association": self.association(reply.repo, reply.author),
            "_links": {"self": {"href": url}, "html": {"href": page}, "pull_request": {"href": pull_url}},
            "reactions": self._reactions(node, url),
            "side": anchor.side.value,
            "start_side": start_side.value if anchor.start_line is not None else None,
            "line": now.line,
            "start_line": now.start_line,
            "original_line": anchor.line,
            "original_start_line": anchor.start_line,
            "position": 1 if on_file else now.position,
            "original_position": thread.position,
            "subject_type": "file" if on_file else "line",
            **({} if reply.in_reply_to is None else {"in_reply_to_id": reply.in_reply_to}),
        }

    def app(self, app: r.App) -> Json:
        made = "2018-07-30T09:30:17Z"
        return {
            "id": app.id,
            "slug": app.slug,
            "node_id": node_id("A", app.id),
            "owner": self.user("github"),
            "name": app.name,
            "description": "",
            "external_url": f"{self.at.web}/apps/{app.slug}",
            "html_url": f"{self.at.web}/apps/{app.slug}",
            "created_at": made,
            "updated_at": made,
            "permissions": {"metadata": "read", "checks": "write"},
            "events": [],
        }

    def check(self, run: r.CheckRun) -> Json:
        url = f"{self.at.repo(run.repo)}/check-runs/{run.id}"
        output = run.output
        return {
            "id": run.id,
            "head_sha": run.head_sha,
            "node_id": node_id("CR", run.id),
            "external_id": run.external_id,
            "url": url,
            "html_url": self.at.run(run.repo, run.id),
            "details_url": run.details_url or self.at.run(run.repo, run.id),
            "status": run.status,
            "conclusion": run.conclusion,
            "started_at": moment(run.started_at),
            "completed_at": moment(run.completed_at),
            "output": {
                "title": output.title,
                "summary": output.summary,
                "text": output.text,
                "annotations_count": len(output.annotations),
                "annotations_url": f"{url}/annotations",
            },
            "name": run.name,
            "check_suite": {"id": run.suite_id},
            "app": self.app(run.app),
            "pull_requests": [
                self._minimal(pull)
                for pull in self.store.pulls_of(run.repo)
                if pull.head_sha == run.head_sha and pull.head_repo == pull.repo and pull.closed_at is None
            ],
        }

    def _minimal(self, pull: r.PullRequest) -> Json:
        repo = self.store.repo(pull.repo)
        home = {"id": repo.id, "url": self.at.repo(repo.full_name), "name": repo.name}
        return {
            "id": pull.id,
            "number": pull.number,
            "url": f"{self.at.repo(pull.repo)}/pulls/{pull.number}",
            "head": {"ref": pull.head_ref, "sha": pull.head_sha, "repo": home},
            "base": {"ref": pull.base_ref, "sha": pull.base_sha, "repo": home},
        }

    def status(self, status: r.Status) -> Json:
        at = moment(status.created_at)
        return {
            "url": f"{self.at.repo(status.repo)}/statuses/{status.sha}",
            "avatar_url": None,
            "id": status.id,
            "node_id": node_id("SC", status.id),
            "state": status.state,
            "description": status.description,
            "target_url": status.target_url,
            "context": status.context,
            "created_at": at,
            "updated_at": at,
            "creator": self.user(status.creator),
        }
