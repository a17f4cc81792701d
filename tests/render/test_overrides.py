"""Custom templates: what they can do; a broken one is an error with location and hint."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import jinja2
import pytest

import reviewbot
from reviewbot.domain.text import formatting
from reviewbot.errors import TemplateError
from reviewbot.render.dialects import MARKDOWN
from reviewbot.render.renderer import Renderer, collecting_renderer
from reviewbot.render.sandbox import SOURCE_LIMIT, Templates
from reviewbot.render.view_models.review import SummaryView
from reviewbot.values import replace
from tests.hostile.built import Building
from tests.render.test_flood import WRITERS
from tests.render.view_builders import CLEAN, CLOSED_GATE, COMMENT, PROMPT

BEFORE = '{% extends "shipped/summary.md.j2" %}'


def summary(source: str) -> str:
    return Renderer({"summary.md.j2": source}).summary(CLOSED_GATE).text


def refused(source: str) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        summary(source)
    return caught.value


def body(source: str) -> str:
    """Return a summary that keeps its markers and contains this."""
    return BEFORE + "{% block story %}" + source + "{% endblock %}"


@pytest.fixture(scope="module")
def changed() -> Renderer:
    """Return a renderer with overrides that work: to check them, it writes every view, which takes seconds."""
    shown = "Hello {% block mine %}mine{% endblock %} {{ view.repository }} {{ '<b>*' }} {{ '<b>*'|trusted }} there\n"
    return Renderer(
        {
            "foot.md.j2": '{% extends "shipped/foot.md.j2" %}{% block foot %}\n\nAsk in #reviews.{% endblock %}',
            "outcomes.md.j2": '{% extends "shipped/outcomes.md.j2" %}'
            "{% block reviewed %}\nshipshape\n\nGo on.{% endblock %}",
            "summary.md.j2": body(shown + "{{ super() }}"),
        }
    )


def test_a_block_is_replaced_and_the_rest_stays(changed: Renderer) -> None:
    text = changed.summary(CLOSED_GATE).text
    assert text.endswith("Ask in #reviews.")
    assert "**Cost:**" in text


def test_an_override_replaces_the_text_of_one_reason(changed: Renderer) -> None:
    assert changed.check(CLEAN)[0] == "Shipshape"
    assert "Go on." in changed.summary(CLEAN).text


def test_template_values_are_escaped_by_default(changed: Renderer) -> None:
    assert r" acme/shop &lt;b&gt;\* <b>* there" in changed.summary(CLOSED_GATE).text


@pytest.mark.parametrize("source", ["## Hello", "\n {{ view.ledger }}{{ view.mark }}", "{{ view.mark }}no ledger", ""])
def test_a_summary_without_its_markers_is_an_error(source: str) -> None:
    error = refused(source)
    assert "`summary.md.j2` does not start with its hidden marker" in error.message
    assert "{{ view.mark }}" in error.hint


def test_a_template_error_ends_with_one_full_stop() -> None:
    assert refused("{% foo %}").message.endswith("unknown tag 'foo'.")
    assert refused("{{").message.endswith("'end of template'.")


def test_a_comment_without_its_marker_is_an_error() -> None:
    with pytest.raises(TemplateError, match=r"comment\.md\.j2"):
        Renderer({"comment.md.j2": "Look: {{ view.mark }}"}).comment(COMMENT)


def test_a_review_without_its_marker_is_an_error() -> None:
    with pytest.raises(TemplateError, match=r"review\.md\.j2"):
        Renderer({"review.md.j2": "Look"}).review_body(CLEAN, "<!-- m -->")


def test_an_empty_prompt_is_an_error() -> None:
    with pytest.raises(TemplateError, match="fewer than 10 characters"):
        Renderer({"prompt.txt.j2": "{# #}"}).prompt(PROMPT)


@pytest.mark.parametrize(
    "source", ["{% if %}", "{{ view.title", "{% nonsense %}", "{{ 1|nonsense }}", "{% block a %}{% block a %}"]
)
def test_a_syntax_error_is_found_before_anything_is_bought(source: str) -> None:
    with pytest.raises(TemplateError, match=r"`summary\.md\.j2`, line 2"):
        Renderer({"summary.md.j2": "{{ view.mark }}\n" + source})


def test_a_mistake_for_one_outcome_is_found_before_anything_is_bought() -> None:
    with pytest.raises(TemplateError, match=r"`why\.md\.j2`, line 1: .*wy"):
        Renderer({"why.md.j2": "{% if finding.why == 'no-file' %}{{ wy }}{% endif %}"})


@pytest.mark.proof
@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("finding-state.md.j2", "view.several"),
        ("finding-state.md.j2", "not view.several"),
        ("past.md.j2", "view.waived and view.closed"),
        ("bypass.md.j2", "view.bypass.reason"),
        ("progress.md.j2", "view.progress.changed"),
        ("beyond.md.j2", "beyond == 1"),
        ("wait.md.j2", "view.awaited"),
        ("prompt.txt.j2", "view.since and view.confirms"),
        ("prompt.txt.j2", "not view.since"),
    ],
)
def test_a_mistake_for_a_later_review_is_found_before_anything_is_bought(name: str, condition: str) -> None:
    with pytest.raises(TemplateError, match=rf"`{name}`, line 2: .*nothing"):
        Renderer({name: f"{{{{ 'ten letters' }}}}\n{{% if {condition} %}}{{{{ nothing }}}}{{% endif %}}"})


def test_an_unknown_block_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(TemplateError, match=r"`comment\.md\.j2`, line 2: .*`findling`.* finding, findings, "):
        Renderer({"comment.md.j2": '{% extends "shipped/comment.md.j2" %}\n{% block findling %}x{% endblock %}'})


def test_the_page_of_the_statistics_cannot_be_replaced() -> None:
    with pytest.raises(TemplateError, match="unknown template name; available templates: ") as caught:
        Renderer({"page.html.j2": "mine"})
    assert "statistics" not in caught.value.message


def test_a_new_block_inside_a_replaced_one_is_allowed(changed: Renderer) -> None:
    assert "Hello mine " in changed.summary(CLOSED_GATE).text


def test_an_undefined_name_is_reported_with_its_line() -> None:
    error = refused(body("\n\n{{ view.titel }}"))
    assert "`summary.md.j2`, line 3" in error.message
    assert "titel" in error.message
    assert "default branch" in error.hint


def test_a_mistake_in_an_included_template_names_that_template() -> None:
    with pytest.raises(TemplateError, match=r"`foot\.md\.j2`, line 2"):
        Renderer({"foot.md.j2": "\n{{ nothing }}"}).summary(CLEAN)


def test_an_unknown_template_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TemplateError, match=r"summery\.md\.j2.*summary\.md\.j2"):
        Renderer({"summery.md.j2": ""})


def test_a_template_of_more_than_64_kb_is_refused() -> None:
    with pytest.raises(TemplateError, match="65,536"):
        Renderer({"summary.md.j2": "x" * (SOURCE_LIMIT + 1)})


ESCAPES = [
    "{{ ''.__class__ }}",
    "{{ ''['__class__'] }}",
    "{{ view.__class__ }}",
    "{{ view.__init__.__globals__ }}",
    "{{ view.outcome.reason.__class__.__mro__ }}",
    "{{ view.sent.__len__() }}",
    "{{ view.sent.count(1) }}",
    "{{ ''.format }}",
    "{{ '{0.__class__}'.format(view) }}",
    "{{ '%s' % view }}",
    "{{ view }}",
    "{{ view.findings }}",
    "{{ self }}",
    "{{ self._TemplateReference__context.environment }}",
    "{{ caller }}",
    "{{ range(3) }}",
    "{{ lipsum() }}",
    "{{ cycler }}",
    "{{ namespace() }}",
    "{{ dict() }}",
    "{{ view.wait }}",
    "{{ none }}",
    "{{ view.cost.hold.real }}",
    "{{ view.counts.pop }}",
    "{{ [].append }}",
    "{{ loop }}",
    "{% for s in view.sent %}{{ loop._iterable }}{% endfor %}",
    "{% for s in view.sent %}{{ loop.__init__ }}{% endfor %}",
    "{% include '/etc/hostname' %}",
    "{% include '../README.md' %}",
    "{% include 'shipped/../../README.md' %}",
    "{% import 'os' as os %}",
    "{{ view.repository ~ '<b>' }}",
    "{% autoescape false %}{{ view.repository }}{% endautoescape %}",
    "{{ view.repository|safe }}",
    "{{ view.repository|attr('x') }}",
    "{{ (view.repository|line)[1:] }}",
    "{{ (view.repository|line).strip }}",
]


@pytest.mark.parametrize("source", ESCAPES)
def test_a_template_cannot_leave_the_sandbox(source: str) -> None:
    refused(body(source))


ENDLESS = [
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro m() %}{{ m() }}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "{% include 'summary.md.j2' %}",
    "{{ self.story() }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ 'a' * 1000000000 }}",
    "{{ [1] * 1000000000 }}",
    "{% set a = 999999999 %}" + "{% set a = a * a %}" * 50,
    "{% for a in view.repository recursive %}{{ loop(view.repository) }}{% endfor %}",
    "".join(f"{{% for x{n} in 'aaaaaaaaaaaaaaaa' %}}" for n in range(15)) + "{% endfor %}" * 15,
    "{% macro m0() %}{% endmacro %}"
    + "".join(f"{{% macro m{n + 1}() %}}{{{{ m{n}() }}}}{{{{ m{n}() }}}}{{% endmacro %}}" for n in range(60))
    + "{{ m60() }}",
    "{% set a %}" + "x" * 1000 + "{% endset %}"
    + "".join("{% set a %}" + "{{ a }}" * 10 + "{% endset %}" for _ in range(12)),
    "{% set a %}" + "{% for x in view.repository %}" * 6 + "x" * 50_000 + "{% endfor %}" * 6 + "{% endset %}",
    "{% for x in view.repository %}" * 6 + "x" * 100 + "{% endfor %}" * 6,
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(ENDLESS)))
def test_an_endless_template_is_stopped(number: int) -> None:
    began = time.process_time()
    refused(body(ENDLESS[number]))
    assert time.process_time() - began < 60


def test_a_template_that_extends_itself_is_an_error() -> None:
    refused('{% extends "summary.md.j2" %}')


def test_an_override_that_writes_too_much_is_an_error() -> None:
    error = refused(body("x" * 60_000 + "{{ view.mark }}" + "{% include 'foot.md.j2' %}" * 200))
    assert "61,000" in error.message


def test_an_override_that_leaves_no_room_for_the_longest_ledger_is_an_error() -> None:
    assert "61,000" in refused(body("x" * 34_000 + "{{ super() }}")).message


MET = "only-later"
"""A text that is in no example view."""

LATER: Mapping[str, tuple[str, str]] = {
    "summary": ("summary.md.j2", "view.repository"),
    "check": ("check.md.j2", "view.repository"),
    "job summary": ("job-summary.md.j2", "view.repository"),
    "terminal": ("terminal.txt.j2", "view.repository"),
    "html": ("report.html.j2", "view.repository"),
    "review body": ("review.md.j2", "view.repository"),
    "comment": ("comment.md.j2", "view.findings[0].title"),
    "finding state": ("finding-state.md.j2", "view.findings[0].id"),
    "answer": ("command.md.j2", "view.sender"),
    "reply": ("reply.md.j2", "view.text"),
    "announcement": ("announcement.md.j2", "view.check_title"),
    "annotation": ("annotation.txt.j2", "finding.title"),
    "agent prompt": ("agent-prompt.md.j2", "repository"),
}
"""The template of each writer, and a field of its view."""

FAULTS = [
    "{{ nothing }}",
    "{% for a in 'aaaaaaaaaa' %}" * 4 + "x" * 1000 + "{% endfor %}" * 4,
    "No mark, but <!-- a comment",
]


def test_every_writer_but_the_prompts_can_fall_back() -> None:
    assert LATER.keys() == WRITERS.keys() - {"prompt", "question"}


@pytest.mark.proof
@pytest.mark.parametrize("fault", range(len(FAULTS)))
@pytest.mark.parametrize("name", LATER)
def test_the_shipped_templates_replace_one_that_fails_after_the_examples(name: str, fault: int) -> None:
    file, field = LATER[name]
    shipped = (Path(reviewbot.__file__).parent / "templates" / file).read_text(encoding="utf-8")
    renderer = Renderer({file: f"{{% if {field} == '{MET}' %}}{FAULTS[fault]}{{% endif %}}{shipped}"})
    view = Building(lambda _: MET, 1).of(WRITERS[name].view)
    written = WRITERS[name].write(renderer, view)
    if not renderer.problems:
        assert FAULTS[fault][:2] in str(written), "a text without a marker may contain this"
        return
    [problem] = renderer.problems
    assert problem.startswith(f"The template `{file}`")
    assert problem.endswith(f"used the built-in templates instead. Fix or delete `{file}` on the default branch.")
    if isinstance(view, SummaryView):
        view = replace(view, degraded=(problem, *view.degraded))
    assert written == WRITERS[name].write(Renderer(), view)


def test_every_summary_reports_a_template_that_failed() -> None:
    source = f"{{% if view.findings[0].title == '{MET}' %}}{{{{ nothing }}}}{{% endif %}}{{{{ view.mark }}}}"
    renderer = Renderer({"comment.md.j2": source})
    finding = replace(COMMENT.findings[0], title=MET)
    assert MET in renderer.comment(replace(COMMENT, findings=(finding,)))
    for text in (
        renderer.summary(CLEAN).text,
        renderer.job_summary(CLEAN),
        renderer.terminal(CLEAN),
        renderer.html(CLEAN),
    ):
        assert "comment.md.j2" in text
        assert "used the built-in templates" in text


def test_a_prompt_does_not_fall_back_since_nothing_is_bought_yet() -> None:
    source = f"{{% if view.repository == '{MET}' %}}{{{{ nothing }}}}{{% endif %}}ten letters"
    with pytest.raises(TemplateError, match=r"`prompt\.txt\.j2`, line 1"):
        Renderer({"prompt.txt.j2": source}).prompt(replace(PROMPT, repository=MET))


def test_broken_templates_are_replaced_where_nothing_is_bought_and_no_prompt_is_written() -> None:
    renderer = collecting_renderer({"summary.md.j2": "No mark here."})
    assert renderer.summary(CLEAN) == Renderer().summary(replace(CLEAN, degraded=(*renderer.problems, *CLEAN.degraded)))
    with pytest.raises(TemplateError, match=r"`summary\.md\.j2` does not start with its hidden marker"):
        renderer.prompt(PROMPT)
    sound = collecting_renderer({"summary.md.j2": BEFORE})
    assert sound.prompt(PROMPT) == Renderer().prompt(PROMPT)


def test_a_mistake_for_a_later_part_is_found_before_anything_is_bought() -> None:
    with pytest.raises(TemplateError, match=r"`prompt\.txt\.j2`, line 1"):
        Renderer({"prompt.txt.j2": "{% if view.part > 1 %}{{ nothing }}{% endif %}ten letters"})


def test_an_override_can_use_the_shipped_templates(changed: Renderer) -> None:
    text = changed.summary(CLOSED_GATE).text
    assert text.startswith(CLOSED_GATE.mark + CLOSED_GATE.ledger)
    assert "Hello" in text
    assert "## ❌" in text


@pytest.mark.proof
def test_an_overrides_filter_does_not_unescape_hostile_text() -> None:
    view = replace(CLOSED_GATE, repository="*x* <img src=x> @bob")
    for shown in ("|upper", "|lower", "|default('x')", "|line|line", "|text|line", "|join('')", "|first"):
        text = Renderer({"summary.md.j2": body("{{ view.repository" + shown + " }}")}).summary(view).text
        assert "<img" not in text.lower()
        assert "@bob" not in text.lower()
        assert "*x*" not in text.lower()


@pytest.mark.parametrize(
    "wrong",
    [
        "{{ 5|line }}",
        "{{ 5|fence }}",
        "{{ 'a'|fence(5) }}",
        "{{ 'a'|line(1) }}",
        "{{ 5|short }}",
        "{{ 'a'|size }}",
        "{{ 'a'|duration }}",
        "{{ 'a'|moment }}",
        "{{ 'a'|number }}",
        "{{ 'a'|counted('file') }}",
        "{{ 5|counted }}",
        "{{ 5|counted(5) }}",
        "{{ 5|join }}",
        "{{ ['a', 5]|join }}",
        "{% for one in 5 %}{% endfor %}",
        "{{ view.check_name.startswith(5) }}",
        "{{ 1 // 0 }}",
        "{{ view.check_name() }}",
        "{% macro told(a) %}{% endmacro %}{{ told(1, 2) }}",
    ],
)
def test_a_filter_with_a_wrong_type_is_reported_with_its_line(wrong: str) -> None:
    assert "`summary.md.j2`, line " in refused(body(f"\n{wrong}")).message


@pytest.mark.parametrize("kind", [KeyError, TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError])
def test_a_bug_in_a_filter_is_not_a_mistake_in_a_template(
    monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def bug(*_: object) -> str:
        raise kind

    monkeypatch.setattr(formatting, "counted", bug)
    with pytest.raises(kind):
        Renderer({"summary.md.j2": body("{{ 5|counted('file') }}")})
    with pytest.raises(kind):
        Renderer().summary(CLEAN)


def test_an_undefined_name_in_a_shipped_template_is_a_bug() -> None:
    with pytest.raises(jinja2.UndefinedError):
        Templates(MARKDOWN, {}).render("summary.md.j2", {}, 1_000)
