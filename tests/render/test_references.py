"""References of a finding that are documentation are links, and all others are code."""

from __future__ import annotations

from reviewbot.render.renderer import Renderer
from reviewbot.values import replace
from tests.domain.text.test_references import OTHERS, PAGES
from tests.render.view_builders import CLOSED_GATE, INJECTION, comment_of


def test_documentation_is_a_link(renderer: Renderer) -> None:
    for address in PAGES:
        finding = replace(INJECTION, references=(address,))
        shown = address.removeprefix("https://")
        assert f"References: [`{shown}`]({address})\n" in renderer.comment(comment_of(finding))
        findings = (finding,)
        page = renderer.html(replace(CLOSED_GATE, findings=findings))
        assert f'References: <a href="{address}" rel="noreferrer">{shown}</a>' in page


def test_anything_else_is_code(renderer: Renderer) -> None:
    for reference in OTHERS:
        text = renderer.comment(comment_of(replace(INJECTION, references=(reference,)))).partition("References: ")[2]
        assert text.startswith("`"), reference
