"""Render view models as Markdown, plain text and HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial, wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from msgspec import Struct

from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.findings.markers import review_mark
from reviewbot.domain.text import escaping
from reviewbot.domain.text.bounds import shorten_title
from reviewbot.domain.text.size_limits import (
    CHECK,
    COMMENT,
    COMMENT_DETAILS,
    FINDING,
    FINDING_STATE,
    MESSAGE,
    PAGE,
    PAGE_DETAILS,
    POST_DETAILS,
    PROMPT,
    REPORT,
    SUMMARY,
    Detail,
    SizeLimit,
)
from reviewbot.errors import TemplateError
from reviewbot.render import contexts, report
from reviewbot.render.dialects import HTML, MARKDOWN, PLAIN, Html, Markdown, link
from reviewbot.render.examples import example_views
from reviewbot.render.html_escaping import seal
from reviewbot.render.view_models.command import AnnouncementView, AnswerView, QuestionView
from reviewbot.render.view_models.review import (
    CommentView,
    FindingStateView,
    FindingView,
    PromptView,
    ReplyView,
    SummaryView,
)
from reviewbot.render.view_models.truncation import shows_everything, truncate_finding
from reviewbot.values import replace

if TYPE_CHECKING:
    from reviewbot.domain.statistics.figures import Statistics
    from reviewbot.render.sandbox import Templates

P = ParamSpec("P")
T = TypeVar("T")

Values = Mapping[str, object]

Render = Callable[[str, Values, int], str | None]
"""A function that renders a template, or returns None if the text exceeds the limit."""

_POSTS: Mapping[type, tuple[str, Callable[[Any, Detail], Values]]] = {
    AnswerView: ("command.md.j2", contexts.of_answer),
    AnnouncementView: ("announcement.md.j2", contexts.of_announcement),
    ReplyView: ("reply.md.j2", contexts.of_reply),
}
_PROMPT_MINIMUM = 10


def _fallback_notice(error: TemplateError, own: Sequence[str]) -> str:
    names = ", ".join(f"`{name}`" for name in own)
    return (
        f"{error.message} reviewbot used the built-in templates instead. Fix or delete {names} on the default branch."
    )


def _or_shipped(write: Callable[Concatenate[Renderer, P], T]) -> Callable[Concatenate[Renderer, P], T]:
    """Decorate a method to use the shipped templates if an override fails, and to record the failure."""

    @wraps(write)
    def written(renderer: Renderer, /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return write(renderer, *args, **kwargs)
        except TemplateError as error:
            if renderer.shipped is None:
                raise
            notice = _fallback_notice(error, renderer.own)
            if notice not in renderer.problems:
                renderer.problems.append(notice)
            return write(renderer.shipped, *args, **kwargs)

    return written


class SummaryText(Struct, frozen=True):
    """A summary comment. `is_whole` is True if it shows all findings and unreadable parts of the answer in full."""

    text: str
    is_whole: bool


class Renderer:
    """Renders views with the shipped templates and a repository's overrides.

    The constructor renders every text with examples, so that mistakes are reported before a purchase. If an override
    fails later, the shipped template is used. Only prompts still raise `TemplateError`, because nothing has been bought
    yet.

    Raises:
        TemplateError: an override has an unknown name, is too large, has a syntax error or fails with the examples.

    Attributes:
        own: the names of the overrides.
        shipped: a renderer with only the shipped templates. None while the constructor runs or without overrides.
        problems: one notice for each failure of an override, for the summaries.
        refusal: the error that `prompt` and `question` raise, or None.
    """

    def __init__(self, overrides: Mapping[str, str] = MappingProxyType({})) -> None:
        # Imported here because Jinja loads slowly, and the first request does not need Jinja.
        from reviewbot.render.sandbox import templates_of  # noqa: PLC0415

        own = tuple(overrides.items())
        self._markdown, self._plain, self._html = (templates_of(one, own) for one in (MARKDOWN, PLAIN, HTML))
        kinds = {"md": self._markdown, "html": self._html, "css": self._html}
        for name, source in overrides.items():
            if name not in self._markdown.names:
                known = ", ".join(sorted(self._markdown.names))
                raise TemplateError.mistake(name, None, f"unknown template name; available templates: {known}")
            kinds.get(name.split(".")[-2], self._plain).compile(name, source)
        self.problems: list[str] = []
        self.refusal: TemplateError | None = None
        self.own = tuple(overrides)
        self.shipped: Renderer | None = None
        if overrides:
            self.check_overrides()
            self.shipped = Renderer()
            self.shipped.problems = self.problems

    def check_overrides(self) -> None:
        """Render every text with the examples, and raise `TemplateError` if an override fails."""
        body = partial(self.review_body, mark=review_mark(""))
        of_run = (self.summary, self.check, self.job_summary, self.terminal, self.html, self.agent_prompt, body)
        writers: Mapping[type, Sequence[Callable[..., object]]] = {
            SummaryView: of_run,
            CommentView: (self.comment,),
            FindingView: (self.annotation,),
            FindingStateView: (self.finding_state,),
            PromptView: (self.prompt,),
            QuestionView: (self.question,),
        }
        for view in example_views():
            for write in writers.get(type(view), (self.post,)):
                write(view)

    @_or_shipped
    def summary(self, view: SummaryView) -> SummaryText:
        """Return the summary comment with at most 61,000 characters. The marker and the ledger come first."""
        text, detail = self._story(self._markdown, "summary.md.j2", view, COMMENT_DETAILS, SUMMARY)
        hidden = text.removeprefix(view.mark)
        if hidden == text or not hidden.lstrip("\n").startswith(view.ledger):
            raise TemplateError.lost_mark("summary.md.j2")
        return SummaryText(text, is_whole=shows_everything(view, detail))

    @_or_shipped
    def comment(self, view: CommentView) -> str:
        """Return a comment on lines or on a file with at most 63,000 characters. The marker comes first."""
        with_prompt = [contexts.of_comment(view, COMMENT_DETAILS[0])] if view.agent_prompt else []
        without = replace(view, agent_prompt=False)
        attempts = (*with_prompt, *(contexts.of_comment(without, detail) for detail in COMMENT_DETAILS))
        return self._marked("comment.md.j2", attempts, view.mark, FINDING)

    @_or_shipped
    def agent_prompt(self, view: SummaryView) -> str:
        """Return the open findings as a prompt for a coding agent, in at most 900 kB of Markdown."""
        attempts = (contexts.of_agent_prompt(view, detail) for detail in PAGE_DETAILS)
        return _first_fit("agent-prompt.md.j2", attempts, self._markdown.render, PAGE)

    @_or_shipped
    def finding_state(self, view: FindingStateView) -> str:
        """Return the state of a comment's findings, at most 2,000 characters, for insertion after the marker."""
        text = _first_fit("finding-state.md.j2", contexts.of_finding_state(view), self._markdown.render, FINDING_STATE)
        if "<!--" in text:
            raise TemplateError.mistake(
                "finding-state.md.j2", None, "the output contains a hidden comment, which would end the state early"
            )
        return text

    @_or_shipped
    def post(self, view: AnswerView | AnnouncementView | ReplyView) -> str:
        """Return an answer to a command, an announcement of a late answer, or a reply. The marker comes first."""
        name, context_of = _POSTS[type(view)]
        return self._marked(name, (context_of(view, detail) for detail in POST_DETAILS), view.mark, COMMENT)

    @_or_shipped
    def answer_words(self, view: AnswerView) -> str:
        """Return the first paragraph of the answer, and the command below the paragraph, as plain text for a log."""
        attempts = (contexts.of_answer(replace(view, mark="", in_reply_to=None), detail) for detail in COMMENT_DETAILS)
        text = _first_fit("command.md.j2", attempts, self._plain.render, COMMENT)
        first, _, rest = text.strip().partition("\n\n")
        named = rest.partition("\n\n")[0] if first.endswith(":") else ""
        return " ".join(f"{first} {named}".split())

    @_or_shipped
    def review_body(self, view: SummaryView, mark: str) -> str:
        """Return the body of a GitHub review: the marker and one line."""
        context = contexts.of_summary(contexts.linked(view), COMMENT_DETAILS[-1]) | {"mark": Markdown(mark)}
        return self._marked("review.md.j2", [context], mark, COMMENT)

    def _marked(self, name: str, attempts: Iterable[Values], mark: str, limit: SizeLimit) -> str:
        text = _first_fit(name, attempts, self._markdown.render, limit)
        if not text.startswith(mark):
            raise TemplateError.lost_mark(name)
        return text

    @_or_shipped
    def check(self, view: SummaryView) -> tuple[str, str]:
        """Return the check's title (plain text, at most 255 characters) and page (Markdown, at most 65,000 bytes)."""
        title = shorten_title(self.words(view)[0])
        return title, self._story(self._markdown, "check.md.j2", view, COMMENT_DETAILS, CHECK)[0]

    @_or_shipped
    def words(self, view: SummaryView) -> tuple[str, str]:
        """Return the outcome as plain text: a title, and an explanation with the next step."""
        text, _ = self._story(self._plain, "outcomes.md.j2", view, COMMENT_DETAILS, CHECK)
        title, _, details = text.partition("\n")
        return title[:1].upper() + title[1:], details.strip("\n")

    @_or_shipped
    def job_summary(self, view: SummaryView) -> str:
        """Return the job summary, at most 900 kB, without findings if the summary comment contains all of them."""
        return self._story(self._markdown, "job-summary.md.j2", view, PAGE_DETAILS, PAGE)[0]

    @_or_shipped
    def terminal(self, view: SummaryView) -> str:
        """Return the result as plain text for a log, without workflow commands and escape sequences."""
        text, _ = self._story(self._plain, "terminal.txt.j2", view, PAGE_DETAILS, PAGE)
        return escaping.log_text(escaping.visible(text))

    @_or_shipped
    def annotation(self, finding: FindingView) -> tuple[str, str]:
        """Return an annotation's title (at most 255 characters) and message (at most 60 kB) as plain text."""
        attempts = ({"finding": contexts.linked(truncate_finding(finding, detail))} for detail in COMMENT_DETAILS)
        text = _first_fit("annotation.txt.j2", attempts, self._plain.render, MESSAGE)
        title, _, message = text.partition("\n")
        return shorten_title(title), message.strip("\n") or title

    def prompt(self, view: PromptView) -> str:
        """Return the prompt, 10 to 10,000 characters long. The author's text is truncated first."""
        return self._prompt("prompt.txt.j2", contexts.of_prompt(view))

    def question(self, view: QuestionView) -> str:
        """Return the prompt of a question, 10 to 10,000 characters long."""
        return self._prompt("question.txt.j2", contexts.of_question(view))

    def _prompt(self, name: str, attempts: Iterable[Values]) -> str:
        if self.refusal is not None:
            raise self.refusal
        text = _first_fit(name, attempts, self._plain.render, PROMPT)
        if len(text) < _PROMPT_MINIMUM:
            raise TemplateError.mistake(name, None, "the prompt has fewer than 10 characters")
        return text

    @_or_shipped
    def html(self, view: SummaryView, files: Sequence[FileView] = ()) -> str:
        """Return the HTML report, at most 6 MB. Without `files`, the report shows the reviewer's quotes of the code."""
        from reviewbot.render.colours import Colours  # noqa: PLC0415 — slow to import, and few runs write a page

        view = contexts.linked(self._with_problems(view), link)
        style = self._style("report.css.j2")
        attempts = ({**context, **style} for context in report.contexts_of(view, files, Colours().of, self._copied))
        return _first_fit("report.html.j2", attempts, self._html.render_with_words, REPORT) + "\n"

    def statistics(self, found: Statistics) -> str:
        from reviewbot.render.view_models.statistics import page_of  # noqa: PLC0415 — only `reviewbot stats` needs it

        context = {**page_of(found), **self._style("statistics/page.css.j2")}
        return _first_fit("statistics/page.html.j2", [context], self._html.render, REPORT) + "\n"

    def _style(self, name: str) -> Values:
        """Return the style sheet of a page, and the hash with which the page's policy allows it."""
        style = _first_fit(name, [{}], self._html.render, REPORT)
        return {"style": Html(style), "style_seal": Html(seal(style))}

    def _copied(self, finding: FindingView) -> str:
        context = {"finding": contexts.linked(finding), "placed": False, "branch": False}
        return self._markdown.render("finding.md.j2", context, COMMENT.limit) or ""

    def _with_problems(self, view: SummaryView) -> SummaryView:
        """Put the failures of overrides first in `degraded`, because small size tiers show only the first sentences."""
        return replace(view, degraded=tuple(dict.fromkeys((*self.problems, *view.degraded))))

    def _story(
        self, templates: Templates, name: str, view: SummaryView, details: Sequence[Detail], limit: SizeLimit
    ) -> tuple[str, Detail]:
        view = contexts.linked(self._with_problems(view))
        attempts = ((contexts.of_summary(view, detail), detail) for detail in details)
        return _fit(name, attempts, templates.render_with_words, limit)


def collecting_renderer(overrides: Mapping[str, str]) -> Renderer:
    """Return a renderer that publishes finished reviews even if an override is invalid.

    With an invalid override, the renderer uses the shipped templates and refuses prompts, so that nothing is bought.
    """
    try:
        return Renderer(overrides)
    except TemplateError as error:
        renderer = Renderer()
        renderer.problems.append(_fallback_notice(error, tuple(overrides)))
        renderer.refusal = error
        return renderer


def _first_fit(name: str, attempts: Iterable[Values], render: Render, limit: SizeLimit) -> str:
    return _fit(name, ((context, None) for context in attempts), render, limit)[0]


def _fit(name: str, attempts: Iterable[tuple[Values, T]], render: Render, limit: SizeLimit) -> tuple[str, T]:
    for context, detail in attempts:
        text = render(name, context, limit.limit)
        if text is not None and limit.size(text) <= limit.limit:
            return text, detail
    raise TemplateError.mistake(
        name, None, f"the output exceeds {limit.limit:,} characters, even without the optional parts"
    )
