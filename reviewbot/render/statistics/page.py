"""The page of the statistics, in the style of the HTML report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import resources

from reviewbot.domain.statistics.figures import End, Statistics
from reviewbot.domain.text.formatting import counted, number
from reviewbot.render.html_escaping import line, seal
from reviewbot.render.statistics.charts import buckets_of, credits_chart, hours_chart, outcome_chart, part_of
from reviewbot.render.view_models.statistics import (
    ENDS,
    HEADINGS,
    cautions_of,
    cells_of,
    ends_of,
    facts_of,
    groups_of,
    rounded,
    scope_of,
)

_MEANINGS = {
    End.FIXED: "a review confirmed the fix, or the code is gone",
    End.WAIVED: "a collaborator accepted it",
    End.DISPUTED: "more 👎 than 👍",
    End.IGNORED: "open when the pull request was merged",
    End.OPEN: "the pull request is not merged",
}


def statistics_page(found: Statistics, report_style: str) -> str:
    """Return the statistics as an HTML page. `report_style` is the style sheet of the HTML report."""
    own_style = resources.files("reviewbot.render.statistics").joinpath("statistics.css").read_text(encoding="utf-8")
    style = f"{report_style}\n{own_style}"
    policy = f"default-src 'none'; style-src '{seal(style)}'; base-uri 'none'; form-action 'none'"
    title = line(f"Reviews of {', '.join(found.period.repositories)}")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="reviewbot">
<title>{title}</title>
<style>{style}</style>
</head>
<body class="statistics">
<header>
<div class="page">
<p class="meta"><strong>Reviews</strong> · {line(scope_of(found))}</p>
<h1><span>{title}</span></h1>
<ul class="figures">{"".join(_figures(found))}</ul>
</div>
</header>
<main class="page">
{"".join(f'<div class="notice"><p>{line(note)}</p></div>' for note in cautions_of(found))}
{_charts(found)}
<h2>By mode and expertise</h2>
{_table(HEADINGS, ((name, *cells_of(one)) for name, one in groups_of(found)))}
</main>
<footer class="page"><p>{line(" ".join(facts_of(found)))}</p></footer>
</body>
</html>
"""


def _figures(found: Statistics) -> Iterable[str]:
    whole, questions = found.whole, found.questions
    asked = f", {rounded(questions.credits, 0)} for {counted(questions.asked, 'question')}" if questions.asked else ""
    named = (
        (number(whole.reviews), "review" if whole.reviews == 1 else "reviews"),
        (rounded(whole.hours_median), "hours until the answer, median"),
        (rounded(whole.hours_p90), "hours until the answer, 90th percentile"),
        (rounded(whole.credits, 0), f"credits{asked}"),
        (f"{number(whole.fixed)} of {number(whole.findings)}", "findings fixed"),
        (rounded(whole.credits_per_fixed, 0), "credits per fixed finding"),
    )
    return (f"<li><b>{line(value)}</b> {name}</li>" for value, name in named)


def _charts(found: Statistics) -> str:
    if not found.reviews:
        return "<p>No reviews in this period.</p>"
    levels = (("median", "median"), ("high", "90th percentile"))
    parts = [
        '<p class="why">The charts show each review and question on the day of its submission.</p>',
        _section(f"Credits used {part_of(found)}", credits_chart(found), _legend(_unfinished(found))),
        _section("Hours until the answer", hours_chart(found), _legend(levels)),
    ]
    if found.severities:
        ends = [(end.value, f"{end.value}: {_MEANINGS[end]}") for end in End]
        chart = _section("Findings by severity and outcome", outcome_chart(found.severities), _legend(ends))
        parts += [chart, _table(ENDS, map(ends_of, found.severities))]
    return "".join(parts)


def _unfinished(found: Statistics) -> Iterable[tuple[str, str]]:
    last = buckets_of(found)[-1]
    if not last.is_over:
        passed = (found.period.until - last.start).days + 1
        yield "partial", "today, so far" if last.days == 1 else f"{passed} of {last.days} days, so far"


def _section(title: str, chart: str, legend: str) -> str:
    return f"<h2>{title}</h2>{legend}<figure>{chart}</figure>"


def _legend(entries: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f'<li><span class="key {kind}"></span>{line(text)}</li>' for kind, text in entries)
    return f'<ul class="legend">{rows}</ul>' if rows else ""


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    first, *others = headings
    head = f'<th scope="col">{line(first) or "Group"}</th>'
    head += "".join(f'<th scope="col" class="number">{line(one)}</th>' for one in others)
    body = "".join(
        f'<tr><th scope="row">{line(name)}</th>{"".join(f"<td class=number>{line(one)}</td>" for one in cells)}</tr>'
        for name, *cells in rows
    )
    return f'<div class="table" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
