"""Export the estimated costs of reviews of past merges as JSON and Markdown."""

from __future__ import annotations

import json

from reviewbot.domain.text.formatting import counted
from reviewbot.exports.report import object_of
from reviewbot.exports.statistics import markdown_table
from reviewbot.render.view_models.plan import Plan, RuleSum, caps_of, figure_names, figures_of, not_applied


def plan_json(plan: Plan) -> str:
    """Return the merges, the totals by rule and the total as JSON in ASCII."""
    total = plan.total
    document = {
        "scope": plan.scope,
        "reviews": total.reviews,
        "stopped": total.stopped,
        "credits": total.credits,
        "rules": plan.by_rule(),
        "bots": plan.bots,
        "notes": plan.notes,
        "span": plan.merges,
        "merges": plan.replays,
    }
    return f"{json.dumps(document, indent=2, default=object_of)}\n"


def plan_markdown(plan: Plan) -> str:
    """Return the totals by rule and the total as Markdown."""
    names = figure_names(plan)

    def row(name: str, one: RuleSum) -> list[str]:
        return [" ".join(filter(None, (name, not_applied(one)))), *figures_of(one, names)]

    rows = [row(f"`{one.rule}`" if one.rule else "no rule", one) for one in plan.by_rule()]
    if plan.replays:
        rows.append(row("**total**", plan.total))
    skipped = [f"Not counted: {counted(sum(plan.bots.values()), 'merge')} by bots."] if plan.bots else []
    sentences = "\n".join(f"- {one}" for one in (*caps_of(plan), *skipped, *plan.notes))
    table = markdown_table(("rule", *names), rows)
    return f"Reviews of the merges in `{plan.scope.replace('`', '')}`:\n\n{table}\n\n{sentences}\n"
