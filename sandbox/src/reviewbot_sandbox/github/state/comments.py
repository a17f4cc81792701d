"""The conversation: comments, labels, reactions, hiding."""

from __future__ import annotations

from dataclasses import replace

from reviewbot_sandbox.github.model.records import (
    IssueComment,
    Label,
    PullRequest,
    Reaction,
    Repository,
    ReviewComment,
    Scope,
    TimelineEvent,
)
from reviewbot_sandbox.github.model.refusal import forbidden, invalid, not_found
from reviewbot_sandbox.github.state.access import Viewer, is_writer
from reviewbot_sandbox.github.state.store import Place, Store


def check_body(store: Store, resource: str, body: str) -> None:
    """Refuse an empty body and one that is too long."""
    if not body.strip():
        raise invalid(resource, "body", "body can't be blank")
    if len(body) > store.rules.comment:
        raise invalid(resource, "body", f"body is too long (maximum is {store.rules.comment} characters)")


def add_comment(store: Store, place: Place, author: str, body: str) -> IssueComment:
    store.pull(place)
    check_body(store, "IssueComment", body)
    now = store.now()
    comment = IssueComment(store.next_id(), *place, author, body, now, now)
    store.comments[comment.id] = comment
    return comment


def comment_in(store: Store, repo: Repository, comment_id: int) -> IssueComment:
    """Return a comment of that repository; refuse with 404."""
    comment = store.comments.get(comment_id)
    if comment is None or comment.repo != repo.full_name:
        raise not_found()
    return comment


def require_author_or_writer(store: Store, viewer: Viewer, comment: IssueComment | ReviewComment) -> None:
    """Refuse users who neither wrote the comment nor have write access."""
    repo = store.repo(comment.repo)
    scopes = (Scope.PULL_REQUESTS, Scope.ISSUES) if isinstance(comment, IssueComment) else (Scope.PULL_REQUESTS,)
    if comment.author != viewer.login and not any(is_writer(store, viewer, repo, scope) for scope in scopes):
        raise forbidden("Must have admin rights to Repository.")


def edit_comment(store: Store, comment: IssueComment, editor: str, body: str) -> IssueComment:
    check_body(store, "IssueComment", body)
    edited = replace(comment, body=body, editor=editor, updated_at=store.now())
    store.comments[comment.id] = edited
    return edited


def label_of(store: Store, repo: str, name: str) -> Label:
    """Return the repository's label of that name, created if it is new, as on GitHub."""
    key = (repo, name.lower())
    if key not in store.labels:
        store.labels[key] = Label(store.next_id(), repo, name)
    return store.labels[key]


def add_labels(store: Store, pull: PullRequest, actor: str, names: list[str]) -> PullRequest:
    """Set labels; those that are already set cause no event."""
    labels = [label_of(store, pull.repo, name).name for name in names]
    new = tuple(dict.fromkeys(name for name in labels if name not in pull.labels))
    for name in new:
        add_event(store, pull, "LabeledEvent", actor, label=name)
    return update_pull(store, replace(pull, labels=(*pull.labels, *new)))


def remove_label(store: Store, pull: PullRequest, name: str) -> PullRequest:
    """Remove a label; refuse with 404 if it is not set."""
    found = next((label for label in pull.labels if label.lower() == name.lower()), None)
    if found is None:
        raise not_found()
    return update_pull(store, replace(pull, labels=tuple(label for label in pull.labels if label != found)))


def add_event(store: Store, pull: PullRequest, kind: str, actor: str, **facts: object) -> None:
    """Append an event to the pull request's timeline; `facts` are its other fields."""
    event = TimelineEvent(store.next_id(), pull.repo, pull.number, kind, actor, store.now())
    store.events.append(replace(event, **facts))  # type: ignore[arg-type] # dataclasses checks the names


def update_pull(store: Store, pull: PullRequest) -> PullRequest:
    """Store a changed pull request with the time of the change."""
    changed = replace(pull, updated_at=store.now())
    store.pulls[(pull.repo, pull.number)] = changed
    return changed


def react(store: Store, subject: str, user: str, content: str) -> tuple[Reaction, bool]:
    """Add a reaction, and return whether it is new."""
    for reaction in store.reactions:
        if (reaction.subject, reaction.user, reaction.content) == (subject, user, content):
            return reaction, False
    reaction = Reaction(store.next_id(), subject, user, content, store.now())
    store.reactions.append(reaction)
    return reaction, True
