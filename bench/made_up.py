"""Generate inputs of the pure functions: code, its diff, findings, and their summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from reviewbot.domain.codevf.attachments import Sent
from reviewbot.domain.findings.placement import SuggestionState, Why
from reviewbot.domain.github.pull_request import Conclusion
from reviewbot.domain.model.review import Category, Finding, Severity, Side
from reviewbot.domain.policy.verdict import Outcome, Reason, Status, Verdict
from reviewbot.render.examples import example_of
from reviewbot.render.view_models.review import CostView, FindingView, SummaryView, SumView
from reviewbot.values import replace

CHANGED = 100
"""Files of a large change."""

TITLED = "is never used"
"""How every finding's title ends."""

_SEVERITIES = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO)


def texts_of(lines: int, files: int) -> dict[str, str]:
    """Return code by path: this many lines in this many files, every fiftieth with a credential."""
    each = max(1, lines // files)
    return {
        f"src/pkg_{at % 10}/module_{at}.py": "".join(_line(at, line) for line in range(each)) for at in range(files)
    }


def _line(file: int, line: int) -> str:
    match line % 50:
        case 0:
            return f"def compute_{file}_{line}(parcel, weight):\n"
        case 7:
            return f'    password = "hunter{line}-Xy{file}z"\n'
        case 13:
            return "\n"
        case _:
            return f"    value_{line} = parcel.weigh({file}, {line}) + weight  # the same as before\n"


def diff_of(texts: Mapping[str, str]) -> str:
    return "".join(_section(path, text.splitlines()) for path, text in texts.items())


def _section(path: str, lines: Sequence[str]) -> str:
    body = "".join(f"+{line}\n" for line in lines)
    head = f"diff --git a/{path} b/{path}\nnew file mode 100644\nindex 0000000..1234567\n--- /dev/null\n+++ b/{path}\n"
    return f"{head}@@ -0,0 +1,{len(lines)} @@\n{body}"


def findings_of(count: int, texts: Mapping[str, str]) -> list[Finding]:
    """Return findings in these files; each quotes its line, and every third has a wrong line number."""
    lines = [(path, at, line) for path, text in texts.items() for at, line in enumerate(text.splitlines(), start=1)]
    return [_finding(number, *lines[number * len(lines) // count]) for number in range(count)]


def _finding(number: int, path: str, line: int, code: str) -> Finding:
    cited = line + 3 if number % 3 == 0 else line
    severity = _SEVERITIES[number % len(_SEVERITIES)]
    return Finding(path, severity, Category.CORRECTNESS, f"Number {number}", "It is wrong.", line=cited, end_line=cited,
                   code=code)  # fmt: skip


def story_of(findings: int) -> SummaryView:
    per_file = -(-findings // CHANGED)
    files = range(-(-findings // per_file))
    counts = dict.fromkeys(Severity, 0) | {Severity.HIGH: findings}
    return replace(
        example_of(SummaryView, full=False),
        outcome=Outcome(Status.COMPLETED, Verdict.PASS, Reason.REVIEWED, Conclusion.SUCCESS, 0),
        counts=counts,
        findings=tuple(_shown(at, number) for at in files for number in range(per_file)),
        sum=SumView(findings, findings, 0, 0, 0, 0),
        sent=tuple(Sent(f"src/module_{at}.py", 5_400, whole=True, redactions=0) for at in files),
        cost=CostView("fast", 240, Decimal("1.5"), "Engineer", Decimal("1.7"), 612, None),
        fail_on="critical",
    )


def _shown(file: int, number: int) -> FindingView:
    return replace(
        example_of(FindingView, full=False),
        id=f"{file:05x}{number:05x}",
        severity=Severity.HIGH,
        category=Category.CORRECTNESS,
        title=f"The value of number {number} {TITLED}",
        explanation="It is computed and thrown away. Either use it, or do not compute it at all.",
        path=f"src/module_{file}.py",
        side=Side.RIGHT,
        line=number + 1,
        why=Why.CITED,
        code=f"value_{number} = compute({number})",
        language="python",
        suggestion_state=SuggestionState.NONE,
    )
