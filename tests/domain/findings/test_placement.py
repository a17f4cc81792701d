"""Each finding gets exactly one place, a line only if its code is there, and keeps its id when code moves."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.diff.parse import parse_diff
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.diff.text_index import Block, strip_gutter
from reviewbot.domain.findings.placement import (
    MAX_FINGERPRINT_LINES,
    DuplicateOf,
    InSummary,
    OnFile,
    OnLines,
    Placed,
    Placement,
    PlacementRules,
    SuggestionState,
    Why,
    find_by_path,
    in_summary,
    place,
)
from reviewbot.domain.github.drafts import LineTarget
from reviewbot.domain.model.review import Category, Finding, Severity, Side
from reviewbot.values import replace
from tests.domain.builders import finding, moved_down, numbered, view

ALL = PlacementRules(Severity.INFO, 10_000)

OLD = numbered(30)
NEW = OLD.replace("line 10\n", "ten\n  and a half\n").replace("line 25\n", "")
"""Line 10 became lines 10 and 11 of the head; line 25 was deleted above line 26 of the head."""


def placed(*findings: Finding, views: Sequence[FileView] = (), rules: PlacementRules = ALL) -> tuple[Placed, ...]:
    return place(findings, views or [view(OLD, NEW)], rules)


def placement(one: Finding, *views: FileView) -> Placement:
    (item,) = placed(one, views=views)
    return item.placement


def on(line: int, why: Why, start: int | None = None, side: Side = Side.RIGHT) -> OnLines:
    return OnLines(LineTarget("src/app.py", side, line, start), why)


# --- Examples ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        # a number alone
        (finding(line=10), on(10, Why.CITED)),
        (finding(line=10, end_line=11), on(11, Why.CITED, 10)),
        (finding(line=8, end_line=99), on(14, Why.SHRUNK, 8)),
        (finding(line=1), OnFile("src/app.py", Why.LINE_NOT_IN_DIFF, 1)),
        (finding(line=99), OnFile("src/app.py", Why.LINE_NOT_IN_DIFF)),
        (finding(line=10, side=Side.LEFT), on(10, Why.CITED, side=Side.LEFT)),
        (finding(line=1, side=Side.LEFT), OnFile("src/app.py", Why.LINE_NOT_IN_DIFF)),
        (finding(), OnFile("src/app.py", Why.NO_LINE)),
        # the quote confirms the number
        (finding(line=10, code="ten"), on(10, Why.CITED)),
        (finding(line=10, end_line=11, code="ten"), on(11, Why.CITED, 10)),
        (finding(line=10, code="ten\nand  a half\n"), on(11, Why.CITED, 10)),
        (finding(line=10, code="  10| ten\n  11|   and a half"), on(11, Why.CITED, 10)),
        (finding(line=10, code="\n\tten\r\n\n"), on(10, Why.CITED)),
        # the quote beats the number
        (finding(line=3, code="ten"), on(10, Why.QUOTED)),
        (finding(code="ten\nand a half"), on(11, Why.QUOTED, 10)),
        (finding(line=10, code="line 25"), on(25, Why.OTHER_SIDE, side=Side.LEFT)),
        (finding(line=25, side=Side.LEFT, code="ten"), on(10, Why.OTHER_SIDE)),
        (finding(line=10, code="line 1"), OnFile("src/app.py", Why.LINE_NOT_IN_DIFF, 1)),
        (finding(line=10, code="never written"), OnFile("src/app.py", Why.QUOTE_NOT_FOUND)),
        (finding(line=10, code="ten\nnever written"), OnFile("src/app.py", Why.QUOTE_NOT_FOUND)),
        # a range over two hunks
        (finding(line=12, end_line=27), on(27, Why.SHRUNK, 23)),
        (finding(line=14, end_line=23), on(14, Why.SHRUNK)),
        # paths as people write them
        (finding(path="./src/app.py", line=10), on(10, Why.CITED)),
        (finding(path="/src/app.py", line=10), on(10, Why.CITED)),
        (finding(path="a/src/app.py", line=10), on(10, Why.CITED)),
        (finding(path="b/src/app.py", line=10), on(10, Why.CITED)),
        (finding(path="src/other.py", line=10), InSummary(Why.FILE_NOT_IN_CHANGE)),
        (finding(path="", line=10), InSummary(Why.NO_FILE)),
    ],
)
def test_a_finding_is_placed_at_its_code(one: Finding, expected: Placement) -> None:
    assert placement(one) == expected


@pytest.mark.parametrize(
    ("cited", "expected"), [(1, 2), (2, 2), (3, 2), (4, 5), (5, 5), (6, 5), (7, 8), (99, 8), (None, 2)]
)
def test_the_place_nearest_to_the_cited_line_is_used(cited: int | None, expected: int) -> None:
    seen = view("", "a\nx\na\na\nx\na\na\nx\na\n")
    assert placement(finding(line=cited, code="x"), seen) == on(
        expected, Why.CITED if cited == expected else Why.QUOTED
    )


def test_a_place_in_the_diff_is_preferred_to_a_nearer_one_outside() -> None:
    old = "x\n" + numbered(20)
    seen = view(old, old + "x\n")
    assert placement(finding(line=2, code="x"), seen) == on(22, Why.QUOTED)


def test_without_the_whole_text_only_the_diff_is_known() -> None:
    seen = view(OLD, NEW, whole=False)
    assert placement(finding(line=1), seen) == OnFile("src/app.py", Why.LINE_NOT_IN_DIFF)
    assert placement(finding(line=11), seen) == on(11, Why.CITED)
    assert placement(finding(line=1, code="line 1"), seen) == OnFile("src/app.py", Why.QUOTE_NOT_FOUND)


def test_a_file_without_lines_takes_findings_as_a_whole() -> None:
    (diff,) = parse_diff("diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n")
    seen = FileView("run.sh", "run.sh", diff.hunks)
    assert placement(finding(path="run.sh", line=1, code="x"), seen) == OnFile("run.sh", Why.QUOTE_NOT_FOUND)
    assert placement(finding(path="run.sh", line=1), replace(seen, text="")) == OnFile("run.sh", Why.LINE_NOT_IN_DIFF)


def test_findings_on_a_deleted_file_are_on_the_left_side() -> None:
    seen = view("a\nb\n", "")
    assert placement(finding(line=2, code="b"), seen) == on(2, Why.OTHER_SIDE, side=Side.LEFT)


def test_a_renamed_file_is_known_by_both_names_and_another_file_keeps_its_own() -> None:
    renamed = view(OLD, NEW, "src/new.py", old_path="src/old.py")
    target = OnLines(LineTarget("src/new.py", Side.RIGHT, 10), Why.CITED)
    assert placement(finding(path="src/new.py", line=10), renamed) == target
    assert placement(finding(path="src/old.py", line=10), renamed) == target
    taken = view("", "x\n", "src/old.py")
    assert placement(finding(path="src/old.py", code="x"), renamed, taken) == OnLines(
        LineTarget("src/old.py", Side.RIGHT, 1), Why.QUOTED
    )


@pytest.mark.parametrize(
    ("other", "cited"),
    [
        ("b/src/a.py", "b/src/a.py"),
        ("my src/a.py", "src/a.py"),
        ("x: src/a.py", "src/a.py"),
        ("src/a.py:1", "src/a.py"),
        ("src\\a.py", "src/a.py"),
        ("src/%61.py", "src/a.py"),
    ],
)
def test_of_two_files_that_a_name_can_mean_only_the_quoted_code_decides(other: str, cited: str) -> None:
    views = [view("", "x\n", other), view("", "y\n", "src/a.py")]
    assert placement(finding(path=cited, line=1), *views) == InSummary(Why.FILE_NOT_IN_CHANGE)
    for code, path in (("x", other), ("y", "src/a.py")):
        on_line = OnLines(LineTarget(path, Side.RIGHT, 1), Why.CITED)
        assert placement(finding(path=cited, line=1, code=code), *views) == on_line


def test_no_path_is_the_name_of_no_file_and_a_quoted_name_can_be_that_of_two() -> None:
    odd = view("", "x\n", "(x).md")
    assert placement(finding(path="", line=1), odd) == InSummary(Why.NO_FILE)
    assert find_by_path("a/x.py", {"x.py": odd}) is odd
    assert find_by_path("y.py", {"x.py": odd}) is None
    views = [view("", "x\n", "\u00e9.py"), view("", "y\n", "303/251.py")]
    assert placement(finding(path="/303/251.py", line=1), *views) == InSummary(Why.FILE_NOT_IN_CHANGE)


@pytest.mark.parametrize("other", ["test_a.py", "src/a.pyi", "src/a.py.bak", "lib/src/a.py", "src/a.py/x"])
def test_another_name_that_contains_a_path_is_another_file(other: str) -> None:
    views = [view("", "x\n", other), view("", "y\n", "src/a.py")]
    assert placement(finding(path="src/a.py", line=1), *views) == OnLines(
        LineTarget("src/a.py", Side.RIGHT, 1), Why.CITED
    )


# --- Suggestions ------------------------------------------------------------------------------------------------------

FIX = finding(line=10, end_line=11, suggestion="eleven", existing_code="ten\n  and a half")


@pytest.mark.parametrize(
    ("one", "state"),
    [
        (FIX, SuggestionState.COMMITTABLE),
        (replace(FIX, suggestion=""), SuggestionState.COMMITTABLE),
        (replace(FIX, suggestion="a\nb\tc\n"), SuggestionState.COMMITTABLE),
        (replace(FIX, suggestion="a\r\nb"), SuggestionState.SHOWN),
        (replace(FIX, existing_code="ten\n  and a half\n"), SuggestionState.COMMITTABLE),
        (replace(FIX, existing_code="  10| ten\n  11|   and a half"), SuggestionState.COMMITTABLE),
        (replace(FIX, code="ten\nand a half", line=3, end_line=3), SuggestionState.COMMITTABLE),
        (replace(FIX, suggestion=None), SuggestionState.NONE),
        (replace(FIX, existing_code=None), SuggestionState.SHOWN),
        (replace(FIX, existing_code=""), SuggestionState.SHOWN),
        (replace(FIX, existing_code="ten\nand a half"), SuggestionState.SHOWN),
        (replace(FIX, existing_code="ten"), SuggestionState.SHOWN),
        (replace(FIX, end_line=10), SuggestionState.SHOWN),
        (replace(FIX, line=1, end_line=1), SuggestionState.SHOWN),
        (replace(FIX, path="other.py"), SuggestionState.SHOWN),
        (replace(FIX, suggestion="x = 1\u202e# "), SuggestionState.SHOWN),
        (replace(FIX, suggestion="x\u200b = 1"), SuggestionState.SHOWN),
        *(
            (replace(FIX, suggestion=f"if is_admin{sign}: pass"), SuggestionState.SHOWN)
            for sign in "\ufe0e\ufe0f\u2800"
        ),
        (replace(FIX, suggestion="`" * 60), SuggestionState.COMMITTABLE),
        (replace(FIX, suggestion="`" * 61), SuggestionState.SHOWN),
        (replace(FIX, suggestion="key = '[REDACTED:github-token]'"), SuggestionState.SHOWN),
        (replace(FIX, suggestion="key = 'xx0x-x00x'"), SuggestionState.SHOWN),
        (replace(FIX, suggestion="limit = 1000000"), SuggestionState.COMMITTABLE),
        (replace(FIX, suggestion="  10| eleven"), SuggestionState.SHOWN),
        (finding(line=10, side=Side.LEFT, suggestion="x", existing_code="line 10"), SuggestionState.SHOWN),
        (finding(line=8, end_line=16, suggestion="x", existing_code="x"), SuggestionState.SHOWN),
    ],
)
def test_only_a_suggestion_for_exactly_these_lines_can_be_committed(one: Finding, state: SuggestionState) -> None:
    (item,) = placed(one)
    assert item.suggestion is state


def test_a_suggestion_on_a_redacted_line_cannot_be_committed() -> None:
    (item,) = placed(FIX, views=[view(OLD, NEW, redacted=[11])])
    assert item.suggestion is SuggestionState.SHOWN
    (item,) = placed(FIX, views=[view(OLD, NEW, redacted=[12])])
    assert item.suggestion is SuggestionState.COMMITTABLE


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml",
        "sub/.GitHub/dependabot.yml",
        "CODEOWNERS",
        "docs/codeowners",
        "web/package-lock.json",
        "go.sum",
        ".terraform.lock.hcl",
    ],
)
def test_a_suggestion_for_a_protected_file_cannot_be_committed(path: str) -> None:
    (item,) = placed(replace(FIX, path=path), views=[view(OLD, NEW, path)])
    assert item.suggestion is SuggestionState.SHOWN
    assert isinstance(item.placement, OnLines)


@pytest.mark.parametrize("path", ["github/ci.yml", "CODEOWNERS.md", "CODEOWNERS/a.py", "locks.py", ".github.py"])
def test_a_file_with_a_name_like_a_protected_one_keeps_its_suggestion(path: str) -> None:
    (item,) = placed(replace(FIX, path=path), views=[view(OLD, NEW, path)])
    assert item.suggestion is SuggestionState.COMMITTABLE


def test_the_shrunk_part_of_a_range_loses_its_suggestion_even_if_it_would_fit() -> None:
    kept = "\n".join(NEW.split("\n")[6:14])
    (item,) = placed(finding(line=7, end_line=15, suggestion="x", existing_code=kept))
    assert item.placement == on(14, Why.SHRUNK, 7)
    assert item.suggestion is SuggestionState.SHOWN


# --- Duplicates and ids -----------------------------------------------------------------------------------------------


def test_the_same_title_on_the_same_code_is_a_duplicate_and_another_title_is_not() -> None:
    first, again, other, third = placed(
        finding("One", line=10, code="ten"),
        finding("One", line=3, code=" ten"),
        finding("Two", line=10),
        finding("Three", line=10),
    )
    assert again.placement == DuplicateOf(first.id)
    assert again.id == first.id
    assert again.suggestion is SuggestionState.NONE
    assert len({first.id, other.id, third.id}) == 3
    assert isinstance(third.placement, OnLines)


def test_what_a_duplicate_says_besides_is_shown_with_the_original() -> None:
    texts = ("It leaks.", "It leaks.", "So does b.py.", "")
    first, *duplicates = placed(*(finding("One", code="ten", explanation=text) for text in texts))
    assert first.finding.explanation == "It leaks.\n\nSo does b.py."
    assert all(one.placement == DuplicateOf(first.id) for one in duplicates)
    many = placed(*(finding("One", code="ten", explanation=f"{number} {'x' * 400}") for number in range(5_000)))
    assert len(many[0].finding.explanation) > 2_000_000, "in linear time"


@pytest.mark.parametrize("reverse", [False, True])
def test_a_milder_duplicate_never_hides_a_worse_finding(reverse: bool) -> None:  # noqa: FBT001 — a table
    mild, bad = finding(line=10, severity=Severity.LOW), finding(line=10, severity=Severity.CRITICAL)
    items = placed(bad, mild) if reverse else placed(mild, bad)
    kept = [item.finding.severity for item in items if not isinstance(item.placement, DuplicateOf)]
    assert kept == [Severity.CRITICAL]
    assert [item.finding for item in items] == ([bad, mild] if reverse else [mild, bad])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (finding(line=10), finding(line=10, category=Category.SECURITY)),
        (finding(line=10), finding(line=11)),
        (finding(line=10), finding(line=10, end_line=11)),
        (finding(path="x.py"), finding(path="y.py")),
        (finding("One"), finding("Two")),
        (finding(code="no such code"), finding(code="no such code either")),
    ],
)
def test_the_values_that_distinguish_two_findings(one: Finding, other: Finding) -> None:
    first, second = placed(one, other)
    assert first.id != second.id


def test_equal_code_in_two_places_is_two_findings() -> None:
    seen = view("", "if a:\n    go()\n}\nif b:\n    go()\n}\n")
    items = placed(
        finding(line=2), finding(line=5), finding(line=2, end_line=3), finding(line=5, end_line=6), views=[seen]
    )
    assert len({item.id for item in items}) == 4


def test_a_brace_above_does_not_change_the_id_of_a_block() -> None:
    before = view("", "start\n}\nblock\nend\n")
    after = view("", "}\n}\nstart\n}\nblock\nend\n")
    (one,) = placed(finding(line=2, end_line=4), views=[before])
    (moved,) = placed(finding(line=4, end_line=6), views=[after])
    assert one.id == moved.id


def test_a_rename_does_not_change_the_id() -> None:
    (before,) = placed(finding(path="src/old.py", line=10), views=[view(OLD, NEW, "src/old.py")])
    (after,) = placed(finding(path="src/new.py", line=10), views=[view(OLD, NEW, "src/new.py", old_path="src/old.py")])
    assert before.id == after.id


def test_the_first_lines_of_a_long_range_distinguish_it() -> None:
    seen = view("", numbered(100))
    first, second = placed(
        finding("One", line=1, end_line=MAX_FINGERPRINT_LINES), finding("Two", line=1, end_line=90), views=[seen]
    )
    assert first.id != second.id
    (alone,) = placed(finding("Two", line=1, end_line=90), views=[seen])
    assert alone.id == first.id


# --- Limits -----------------------------------------------------------------------------------------------------------


def test_the_worst_findings_get_the_comments_and_the_rest_is_listed() -> None:
    order = [Severity.LOW, Severity.CRITICAL, Severity.INFO, Severity.UNRATED, Severity.HIGH]
    items = placed(
        *(finding(severity.value, line=10 + index, severity=severity) for index, severity in enumerate(order)),
        rules=PlacementRules(Severity.LOW, 3),
    )
    kinds = [item.placement.why if isinstance(item.placement, InSummary) else None for item in items]
    assert kinds == [Why.OVER_LIMIT, None, Why.BELOW_THRESHOLD, None, None]
    low = items[0].placement
    assert isinstance(low, InSummary)
    assert low.at == on(10, Why.CITED)


def test_without_comments_every_finding_is_listed() -> None:
    items = placed(finding("One", line=10), finding("Two"), rules=PlacementRules(Severity.INFO, 0))
    assert all(isinstance(item.placement, InSummary) for item in items)


def test_a_finding_moved_to_the_summary_keeps_its_place() -> None:
    one, again, nowhere = placed(finding("One", line=10), finding("One", line=10), finding("Two", path="no.py"))
    assert in_summary(one, Why.REFUSED).placement == InSummary(Why.REFUSED, on(10, Why.CITED))
    assert in_summary(again, Why.REFUSED) == again
    assert in_summary(nowhere, Why.REFUSED) == nowhere


# --- Laws -------------------------------------------------------------------------------------------------------------

pool = st.sampled_from(["a", "b", "}", "", "  return x", "x = 1", "\tgo()", "else:", "12| odd"])
texts = st.lists(pool, max_size=40).map(lambda lines: "".join(f"{line}\n" for line in lines))


@st.composite
def changes(draw: st.DrawFn) -> tuple[str, str]:
    """Generate a text and its changed version."""
    old = draw(texts)
    lines = old.split("\n")[:-1]
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines)))
        lines[at : at + draw(st.integers(0, 3))] = draw(st.lists(pool, max_size=3))
    return old, "".join(f"{line}\n" for line in lines)


@st.composite
def quotes_of(draw: st.DrawFn, text: str) -> str:
    """Generate some lines of a text, as people copy them."""
    lines = text.split("\n")
    first = draw(st.integers(0, len(lines) - 1))
    some = lines[first : first + draw(st.integers(1, 6))]
    match draw(st.sampled_from(["as is", "gutter", "indented", "ended"])):
        case "gutter":
            some = [f"{first + index:>4}| {line}" for index, line in enumerate(some, start=1)]
        case "indented":
            some = [f"   {line}  " for line in some]
        case "ended":
            some = [*some, ""]
        case _:
            pass
    return "\n".join(some)


@st.composite
def reviews(draw: st.DrawFn) -> tuple[list[FileView], dict[str, str], list[Finding]]:
    """Generate changed files, their texts at the head, and correct and incorrect findings on them."""
    views, heads, quotes = [], {}, [st.just(""), st.just("never written\nanywhere")]
    for path in draw(st.sampled_from([["x.py"], ["x.py", "a/x.py"], ["src/app.py", "b.py", "c d.py"]])):
        old, new = draw(changes())
        views.append(view(old, new, path, whole=draw(st.booleans()), redacted=draw(st.sets(st.integers(1, 40)))))
        heads[path] = new
        quotes += [quotes_of(old), quotes_of(new)]
    paths = [f"{prefix}{path}" for path in heads for prefix in ("", "", "./", "a/", "b/", "/")] + ["no/such.py", ""]
    numbers = st.none() | st.integers(1, 45) | st.just(9_999_999)
    code = st.one_of(quotes)
    one = st.builds(
        Finding,
        path=st.sampled_from(paths),
        severity=st.sampled_from(Severity),
        category=st.none() | st.sampled_from(Category),
        title=st.sampled_from(["One", "Two"]),
        side=st.sampled_from(Side),
        line=numbers,
        end_line=numbers,
        code=code,
        suggestion=st.none() | st.text(max_size=5),
        existing_code=st.none() | code,
    )
    found = [
        replace(item, line=None, end_line=None)
        if item.line is None or item.end_line is None
        else replace(item, line=min(item.line, item.end_line), end_line=max(item.line, item.end_line))
        for item in draw(st.lists(one, max_size=12))
    ]
    found += [_repeated(item, draw(st.sampled_from(Severity))) for item in found[:3]]
    return views, heads, found


def _repeated(item: Finding, severity: Severity) -> Finding:
    return replace(item, severity=severity)


rules_of_all_kinds = st.builds(
    PlacementRules, st.sampled_from([one for one in Severity if one is not Severity.UNRATED]), st.integers(0, 8)
)


@given(reviews(), rules_of_all_kinds)
def test_every_finding_is_placed_once(
    review: tuple[list[FileView], dict[str, str], list[Finding]], rules: PlacementRules
) -> None:
    views, _, found = review
    items = place(found, views, rules)
    assert [item.finding for item in items] == found
    assert items == place(found, views, rules)


@given(reviews())
def test_a_comment_is_inside_one_hunk_of_its_side(
    review: tuple[list[FileView], dict[str, str], list[Finding]],
) -> None:
    views, _, found = review
    by_path = {seen.path: seen for seen in views}
    for item in place(found, views, ALL):
        if not isinstance(item.placement, OnLines):
            continue
        target = item.placement.target
        start = target.line if target.start_line is None else target.start_line
        assert target.start_line is None or target.start_line < target.line
        hunks = [hunk.numbers(target.side) for hunk in by_path[target.path].hunks]
        assert any(start in numbers and target.line in numbers for numbers in hunks)


@given(reviews())
def test_a_committable_suggestion_replaces_exactly_the_reviewed_lines(
    review: tuple[list[FileView], dict[str, str], list[Finding]],
) -> None:
    views, heads, found = review
    by_path = {seen.path: seen for seen in views}
    for item in place(found, views, ALL):
        if item.suggestion is not SuggestionState.COMMITTABLE:
            continue
        assert isinstance(item.placement, OnLines)
        target = item.placement.target
        assert target.side is Side.RIGHT
        first = target.start_line or target.line
        there = heads[target.path].split("\n")[first - 1 : target.line]
        existing = (item.finding.existing_code or "").removesuffix("\n").split("\n")
        assert there in (existing, list(strip_gutter(existing)))
        assert by_path[target.path].redacted.isdisjoint(range(first, target.line + 1))


@given(reviews(), rules_of_all_kinds)
def test_the_limits_hold_and_the_worst_come_first(
    review: tuple[list[FileView], dict[str, str], list[Finding]], rules: PlacementRules
) -> None:
    views, _, found = review
    items = place(found, views, rules)
    kept = [item.finding.severity for item in items if isinstance(item.placement, OnLines | OnFile)]
    assert len(kept) <= rules.max_comments
    assert all(severity.at_least(rules.comment_from) for severity in kept)
    for item in items:
        match item.placement:
            case InSummary(why=Why.OVER_LIMIT):
                assert len(kept) == rules.max_comments
                assert all(severity.at_least(item.finding.severity) for severity in kept)
            case InSummary(why=Why.BELOW_THRESHOLD):
                assert not item.finding.severity.at_least(rules.comment_from)
            case _:
                pass


@given(reviews())
def test_a_duplicate_names_a_worse_or_equal_finding_that_is_there(
    review: tuple[list[FileView], dict[str, str], list[Finding]],
) -> None:
    views, _, found = review
    items = place(found, views, ALL)
    originals = [item for item in items if not isinstance(item.placement, DuplicateOf)]
    by_id = {item.id: item for item in originals}
    assert len(by_id) == len(originals)
    for item in items:
        if isinstance(item.placement, DuplicateOf):
            original = by_id[item.placement.id]
            assert original.finding.title == item.finding.title
            assert original.finding.severity.at_least(item.finding.severity)


@given(reviews(), st.integers(1, 30))
def test_lines_inserted_above_change_no_id(
    review: tuple[list[FileView], dict[str, str], list[Finding]], count: int
) -> None:
    views, _, found = review
    inserted = "".join(f"inserted {number}\n" for number in range(count))
    moved = [
        replace(item, line=item.line + count, end_line=(item.end_line or item.line) + count) if item.line else item
        for item in found
    ]
    before = place(found, views, ALL)
    after = place(moved, [moved_down(seen, inserted) for seen in views], ALL)
    assert [item.id for item in before] == [item.id for item in after]


# --- Size -------------------------------------------------------------------------------------------------------------


@pytest.mark.proof
def test_ten_thousand_findings_on_a_hundred_thousand_equal_lines_are_placed_in_time() -> None:
    line, lines, count = "same", 100_000, 10_000
    head = f"diff --git a/src/app.py b/src/app.py\n--- a/src/app.py\n+++ b/src/app.py\n@@ -0,0 +1,{lines} @@\n"
    (diff,) = parse_diff(head + f"+{line}\n" * lines)
    seen = FileView("src/app.py", "src/app.py", diff.hunks, f"{line}\n" * lines)
    found = [
        finding(
            f"{number % 7}", line=number * 9 + 1, end_line=number * 9 + 1 + number % 25, code=f"{line}\n" * (number % 3)
        )
        for number in range(count - 1)
    ]
    items = place([*found, finding(code=f"{line}\nnowhere", line=500)], [seen], ALL)
    assert len(items) == count
    assert items[-1].placement == OnFile("src/app.py", Why.QUOTE_NOT_FOUND)


# --- Different code with the same id (a collision) --------------------------------------------------------------------


def test_blank_lines_do_not_identify_code() -> None:
    seen = view("", "a\n\n\nb\n")
    (blank, mixed) = placed(finding(line=2, end_line=3), finding("Two", line=3, end_line=4), views=[seen])
    assert blank.block is None
    assert isinstance(blank.placement, OnLines)
    assert mixed.block == Block.of(["", "b"])


def test_a_cited_line_beyond_the_quote_is_not_part_of_the_finding() -> None:
    """The code may move, and then only the quote identifies it."""
    (near, far) = (placed(finding(line=line, end_line=line + 4, code="ten"))[0] for line in (10, 5))
    assert near.placement == on(14, Why.CITED, 10)
    assert far.placement == on(10, Why.QUOTED)
    assert (near.id, near.block) == (far.id, far.block)


def test_a_finding_on_a_deletion_has_another_id_than_on_the_same_code() -> None:
    seen = view("a\nb\n", "b\na\n")
    items = placed(finding(code="a", line=2), finding("Two", code="a", line=1, side=Side.LEFT), views=[seen])
    alone = placed(finding("Two", code="a", line=1, side=Side.LEFT), views=[seen])
    assert {item.side for item in items} == set(Side)
    assert items[1].id == alone[0].id != items[0].id


def test_two_codes_of_one_id_are_two_findings() -> None:
    """An attacker finds two lines with the same id within seconds: the same title on the second is not a duplicate."""
    one, other = "call(1377771)", "call(1503685)"
    items = placed(finding(code=one), finding(code=other), finding(code=other), views=[view("", f"{one}\n{other}\n")])
    alone = [placed(finding(code=code), views=[view("", f"{code}\n")])[0].id for code in (one, other)]
    assert alone == ["2c9d21010b"] * 2
    assert len({item.id for item in items}) == 2
    assert [isinstance(item.placement, DuplicateOf) for item in items] == [False, False, True]
    assert items[2].placement == DuplicateOf(items[1].id)
