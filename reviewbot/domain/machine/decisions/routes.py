"""Apply the rules of `routes` to a change."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

from reviewbot.domain.codevf import budget
from reviewbot.domain.diff.parse import ChangedFile, FileStatus, LineKind
from reviewbot.domain.ledger.ledger import Purchase, TaskState
from reviewbot.domain.machine.known import Known
from reviewbot.domain.model.events import DispatchEvent
from reviewbot.domain.model.options import Auto, FailOn, RoutedReviewer
from reviewbot.domain.policy.eligibility import Asked, AtTerminal, is_bots_own
from reviewbot.domain.policy.routes import Facts, Terms, choose, strictest
from reviewbot.values import replace


def apply_rules(known: Known) -> Known:
    """Apply the rules of `routes` to the request, regardless of earlier purchases."""
    return _with_terms(known, _chosen(known)) if _has_rules(known) else known


def _has_rules(known: Known) -> bool:
    return bool(known.request.routes and known.change.selected)


def _chosen(known: Known) -> Terms:
    """Choose a review by the rules. A command or manual run always gets a review. A terminal keeps the reviewer."""
    request, base = known.request, _terms_of(known)
    chosen = choose(request.routes, _facts(known), base)
    at_terminal = isinstance(request.trigger, AtTerminal) and not request.dry_run
    asked = isinstance(request.trigger, Asked | DispatchEvent) and request.may_buy
    if at_terminal or (asked and chosen.reviewer is RoutedReviewer.NONE):
        return replace(chosen, reviewer=base.reviewer)
    return chosen


def apply_routes(known: Known) -> Known:
    """Apply the rules of `routes`, but choose no smaller review than an earlier purchase of this change.

    Analyzers cannot confirm that a finding of CodeVF is fixed, so they review no pull request that CodeVF has reviewed.
    """
    if not _has_rules(known):
        return known
    chosen = _chosen(known)
    kept = _kept(known, chosen) if known.request.paid else chosen
    if kept.reviewer is not chosen.reviewer:
        rules = ", ".join(chosen.rules)
        known = known.noting(
            f"CodeVF reviews this change despite the rule {rules}, because it has already reviewed this pull request."
        )
        kept = replace(kept, rules=())
    known = _with_terms(known, kept)
    digest = known.identity.digest()  # may differ from the identity for which the ledger was read
    written = known.ledgers.written.reopened(but=digest)
    return replace(known, ledgers=replace(known.ledgers, written=written))


def _kept(known: Known, chosen: Terms) -> Terms:
    """Return the chosen review, or at least the mode, credits and expertise of this change's largest earlier purchase.

    A change that CodeVF has reviewed never gets another reviewer.
    """
    bought, ledger = bought_of_change(known), known.ledger
    kept = replace(chosen, fail_on=strictest_of(bought, chosen.fail_on))
    is_local = chosen.reviewer is RoutedReviewer.LOCAL
    if bought or known.may_lack_history or (ledger.purchases and is_local):
        kept = replace(kept, reviewer=RoutedReviewer.CODEVF)
    prices = [terms for _, terms in bought if terms]
    most = max(prices, key=lambda one: one.hold, default=None)
    if most is None or (chosen.reviewer is RoutedReviewer.CODEVF and chosen.hold > most.hold):
        return kept
    return replace(kept, mode=most.mode, max_credits=most.max_credits, expertise=most.expertise)


def strictest_of(bought: list[tuple[Purchase, Terms | None]], fail_on: FailOn) -> FailOn:
    return strictest((fail_on, *(one.judgement.rules.fail_on for one, _ in bought)))


def bought_of_change(known: Known) -> list[tuple[Purchase, Terms | None]]:
    """Return the purchases of this change. The settings are None if the mode or expertise is no longer configured."""
    request, base, found = known.request, _terms_of(known), []
    modes = {request.mode, *(one.mode for one in request.routes if one.mode)}
    expertises = {request.expertise, *(one.expertise for one in request.routes)}
    digests = {
        replace(known.identity, mode=mode, expertise=expertise).digest(): replace(base, mode=mode, expertise=expertise)
        for mode, expertise in product(modes, expertises)
    }
    for one in known.ledger.purchases:
        counts = one.state is not TaskState.ENDED and (one.state is not TaskState.DEFERRED or not request.may_buy)
        terms = digests.get(one.identity)
        if counts and (terms or one.change == known.change.index.change):
            found.append((one, terms and _bought_terms(one, terms)))
    return found


def _bought_terms(bought: Purchase, terms: Terms) -> Terms:
    held, allowed = bought.hold // bought.parts, terms.mode.credits
    most = held if bought.state is TaskState.DEFERRED else budget.credits_within(held, terms.mode, Decimal(1))
    most = min(max(most, allowed.start), allowed.stop - 1)
    return replace(terms, max_credits=most if bought.lines is None else Auto.AUTO, auto_credits=most)


def _terms_of(known: Known) -> Terms:
    request = known.request
    return Terms(
        reviewer=RoutedReviewer.CODEVF if request.paid else RoutedReviewer.LOCAL,
        mode=request.mode,
        max_credits=request.max_credits,
        expertise=request.expertise,
        fail_on=request.judgement.rules.fail_on,
        review_on=request.policy.review_on,
        auto_credits=request.auto_size.credits_for(known.change.changed_lines, request.mode),
    )


def _with_terms(known: Known, terms: Terms) -> Known:
    request = known.request
    rules = replace(request.judgement.rules, fail_on=terms.fail_on)
    request = replace(
        request,
        mode=terms.mode,
        max_credits=terms.max_credits,
        expertise=terms.expertise,
        judgement=replace(request.judgement, rules=rules),
        policy=replace(request.policy, review_on=terms.review_on),
        paid=request.paid and terms.reviewer is not RoutedReviewer.LOCAL,
        is_due=terms.reviewer is not RoutedReviewer.NONE,
        instructions="\n\n".join(terms.instructions),
        route=", ".join(terms.rules),
    )
    return replace(known, request=request)


def _facts(known: Known) -> Facts:
    pull, change = known.snapshot.pull, known.change
    selected = {one.path for one in change.sendables}
    names = (name for file in change.change.files for name in (file.path, file.diff.old_path))
    counts = [_changed_lines(file) for file in change.change.files if file.path in selected]
    return Facts(
        paths=tuple(dict.fromkeys(filter(None, names))),
        lines=None if change.missed or None in counts else sum(filter(None, counts)),
        labels=pull.labels,
        base_ref=pull.base_ref,
        author=pull.opener,
        is_bots_own=known.proof.is_bots and is_bots_own(pull, [pull.opener]),
        is_draft=pull.is_draft,
    )


_WIDTH = 200
"""The number of characters of a line that count as another line, because an author could omit the line feeds."""


def _changed_lines(file: ChangedFile) -> int | None:
    """Return the number of changed lines, or None. Every line counts if the name or mode of the file changed."""
    if file.diff.status in {FileStatus.RENAMED, FileStatus.COPIED} or file.diff.old_mode != file.diff.new_mode:
        return None if file.text is None else sum(map(_weight, file.text.splitlines()))
    return sum(_weight(line.text) for line in file.diff.lines() if line.kind is not LineKind.CONTEXT)


def _weight(line: str) -> int:
    return 1 + len(line) // _WIDTH
