"""No external text takes effect in Markdown, checked with GitHub's own parser."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.text import escaping
from reviewbot.domain.text.escaping import ZWSP
from tests.hostile.corpus import ATTACKS, CORPUS, Kind
from tests.hostile.judges import commands, live, page

_TOKENS = st.sampled_from(
    (
        *"@#&<>$`*_[]()!|~\\-+=:/.1aA \t\n'\"{}^%,;?",
        "www.",
        "://",
        "http://",
        "https://a.example",
        "GH-1",
        "#1",
        "deadbeef1",
        "```",
        "~~~",
        "    ",
        "\n\n",
        "1. ",
        "- ",
        "> ",
        "# ",
        "<b>",
        "<!--",
        "&#64;",
        "é",
        "漢",
        "\u202e",
        ZWSP,
        "\r",
        "suggestion",
    )
)
hostile = st.one_of(st.text(), st.lists(_TOKENS, max_size=30).map("".join), st.sampled_from(ATTACKS))


def plain(text: str) -> str:
    return " ".join(text.replace(ZWSP, "").split())


@pytest.mark.parametrize("kind", Kind)
def test_markdown_shows_an_attack_without_effect(kind: Kind) -> None:
    for attack in CORPUS[kind]:
        _shows_literally(escaping.markdown_text, attack)
        _shows_literally(escaping.markdown_line, attack)


@given(hostile)
def test_markdown_text_shows_any_text_literally(text: str) -> None:
    _shows_literally(escaping.markdown_text, text)


def test_no_line_is_a_command_to_another_bot() -> None:
    assert escaping.markdown_text("/deploy\n /merge") == "\\/deploy\n\\/merge"


@given(hostile)
def test_markdown_line_shows_any_text_on_one_line(text: str) -> None:
    assert "\n" not in escaping.markdown_line(text)
    _shows_literally(escaping.markdown_line, text)


def _shows_literally(escape: Callable[[str], str], text: str) -> None:
    shown = page(escape(text))
    assert set(shown.tags) <= {"p", "br", "span"}
    assert shown.attributes == []
    assert plain("".join(shown.text)) == plain(escaping.visible(text))
    assert live("".join(shown.text)) == []


@given(hostile)
def test_a_title_stays_in_its_heading_and_its_table_cell(text: str) -> None:
    line = escaping.markdown_line(text)
    heading = page(f"### x {line}")
    assert set(heading.tags) <= {"h3", "span"}
    assert plain("".join(heading.text)) == plain("x " + escaping.visible(text))
    table = page(f"| a | b |\n|---|---|\n| {line} | {escaping.code_cell(text)} |")
    assert table.tags.count("td") == 2
    assert table.tags.count("tr") == 2
    assert table.code == [_in_code(text)]


def _in_code(text: str) -> str:
    return escaping.code_text(text).replace("\n", " ") or " "


@given(hostile)
def test_a_code_span_shows_any_text_and_ends_after_it(text: str) -> None:
    shown = page(f"x{escaping.code_span(text)}y")
    assert shown.tags == ["p", "code"]
    assert shown.code == [_in_code(text)]
    assert shown.words == ["x", "y", "\n"]


@given(hostile, hostile)
def test_a_fence_shows_any_text(text: str, info: str) -> None:
    shown = page(f"before\n{escaping.fence(text, info)}\nafter")
    assert shown.tags == ["p", "pre", "code", "p"]
    assert shown.code == [escaping.code_text(text).removesuffix("\n") + "\n"]
    assert all(re.fullmatch(r"language-[A-Za-z0-9+-]+|[A-Za-z0-9+-]+", value or "") for _, value in shown.attributes)


@pytest.mark.parametrize("count", [59, 60, 61, 79, 80, 81, 254, 255, 256, 1000])
def test_no_run_of_backticks_is_too_long_to_be_enclosed(count: int) -> None:
    text = "`" * count + "\n# heading <img src=x> @octocat"
    assert page(f"x{escaping.code_span(text)}y").tags == ["p", "code"]
    assert page(f"before\n{escaping.fence(text)}\nafter").tags == ["p", "pre", "code", "p"]
    assert escaping.code_text(text).replace(ZWSP, "") == text
    assert (escaping.code_text(text) == text) is (count <= 60)


@pytest.mark.parametrize("kind", Kind)
def test_an_attack_in_code_or_prose_has_no_effect(kind: Kind) -> None:
    for attack in CORPUS[kind]:
        assert page(f"x{escaping.code_span(attack)}y").tags == ["p", "code"]
        assert page(f"before\n{escaping.fence(attack)}\nafter").tags == ["p", "pre", "code", "p"]
        said = page(escaping.prose(attack))
        assert set(said.tags) <= {"p", "br", "span", "pre", "code"}
        assert live("".join(said.words)) == []
        assert "suggestion" not in said.languages


def test_a_fence_keeps_the_language_of_a_suggestion() -> None:
    assert escaping.fence("a\n````\n", "suggestion") == "`````suggestion\na\n````\n`````"


@given(hostile)
def test_prose_renders_only_paragraphs_and_code(text: str) -> None:
    shown = page(escaping.prose(text))
    assert set(shown.tags) <= {"p", "br", "span", "pre", "code"}
    assert live("".join(shown.words)) == []
    assert not any((value or "").lower().startswith("suggestion") for _, value in shown.attributes)


@given(hostile)
def test_prose_loses_only_the_delimiters_of_code(text: str) -> None:
    shown = plain("".join(page(escaping.prose(text)).text))
    said = escaping.visible(text)
    letters = [char for char in said if char.isalnum() and char not in "suggestion"]
    if "~~~" not in said and "```" not in said:  # the language is not shown
        assert [char for char in shown if char.isalnum() and char not in "suggestion"] == letters


def test_prose_keeps_code_and_shows_the_rest() -> None:
    said = "Use `a|b` not **x**, @octocat.\n\n```python title\nif x:\n    `y`\n```\n# done ``q`r`` and \\`no`"
    shown = page(escaping.prose(said))
    assert shown.tags == ["p", "code", "pre", "code", "p", "code"]
    assert shown.code == ["a|b", "if x:\n    `y`\n", "q`r"]
    assert plain("".join(shown.words)) == "Use not **x**, @octocat. # done and \\`no`"


@pytest.mark.parametrize(
    "info", ["suggestion", "Suggestion", "suggestion:-0+1", "mermaid", "math", "geojson", ":SUGGESTION", "sugg:estion"]
)
def test_prose_disarms_fences_that_github_acts_on(info: str) -> None:
    assert escaping.prose(f"```{info}\nx\n```") == "```\nx\n```"


@pytest.mark.parametrize(
    ("said", "fenced"),
    [
        ("~~~~py\na\n~~~\n~~~~", "```py\na\n~~~\n```"),
        ("```\nopen to the end\n\n", "```\nopen to the end\n```"),
        ("```\nouter\n``\n`````", "```\nouter\n``\n```"),
        ("` x `", "`x`"),
        ("`  `", "`  `"),
        ("`a\nb`", "`a b`"),
        ("`a\n\nb`", "\\`a\n\nb\\`"),
        ("", ""),
    ],
)
def test_prose_reads_code_as_commonmark_does(said: str, fenced: str) -> None:
    assert escaping.prose(said) == fenced


def test_visible_shows_every_character_that_formats_or_controls() -> None:
    for code in range(0x110000):
        char = chr(code)
        hidden = unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and char not in "\n\t"
        if hidden:
            assert escaping.visible(char) == f"⟨U+{code:04X}⟩"


def test_visible_shows_letters_and_symbols_without_a_shape() -> None:
    assert escaping.visible("\u3164\u2800\U0001d159") == "⟨U+3164⟩⟨U+2800⟩⟨U+1D159⟩"


def test_visible_keeps_ordinary_text() -> None:
    said = "Grüße, 漢字, עברית, ⚠️ and a tab\there\n"
    assert escaping.visible(said) == said
    assert escaping.visible("a\r\nb\rc") == "a\nb⟨U+000D⟩c"
    assert escaping.visible("❤\ufe0f\ufe0f\ufe0e") == "❤\ufe0f⟨U+FE0F⟩⟨U+FE0E⟩"
    for name in ("is_admin", "is_admin2", "_", "é", "", "# ", "1"):
        assert escaping.visible(f"{name}\ufe0f = 1") == f"{name}⟨U+FE0F⟩ = 1", "another name"
    for seen in ("1\ufe0f\u20e3", "\u2139\ufe0f", "❤\ufe0f", "☎\ufe0e", "Ⓜ\ufe0f", "㊗\ufe0f", "™\ufe0f"):
        assert escaping.visible(seen) == seen
    assert escaping.visible("\x1b]0;title\x07") == "⟨U+001B⟩]0;title⟨U+0007⟩"


@given(st.one_of(hostile, st.lists(st.sampled_from([":", "#", "[", "\ufe0f", " ", "\n", "x"])).map("".join)))
def test_a_log_line_is_never_a_command(text: str) -> None:
    line = escaping.log_line(text)
    # The runner's culture-dependent comparison ignores some invisible characters.
    seen = line.replace("\ufe0e", "").replace("\ufe0f", "").replace(ZWSP, "")
    assert "\n" not in line
    assert not seen.lstrip().startswith("::")
    assert "##[" not in seen


@given(
    st.one_of(hostile, st.lists(st.sampled_from([":", "#", "[", "\ufe0f", ZWSP, "\r", " ", "\n", "x"])).map("".join))
)
def test_a_text_that_is_not_a_command_is_ignored(text: str) -> None:
    assert escaping.may_command(text) or not commands(text)


def test_the_runners_command_syntax_is_recognized_and_code_is_not_a_command() -> None:
    assert escaping.may_command("x\n\t:\u00ad: error::")
    assert escaping.may_command("x\r::error::")
    assert not escaping.may_command("+::std::cout\n std::cout #[x]\n-:: y ##\n")


def test_commands_in_a_log_line_stay_readable() -> None:
    assert escaping.log_line("  ::error::no ##[group]x") == "  : :error::no ## [group]x"
    assert escaping.log_line("a::b and ## c") == "a::b and ## c"
    assert escaping.log_line("\ufe0e ::error::") == "⟨U+FE0E⟩ ::error::"


def test_the_text_and_the_title_of_a_workflow_command_are_encoded() -> None:
    assert escaping.command_data("50 %\na: b, c") == "50 %25%0Aa: b, c"
    assert escaping.command_property("50 %\na: b, c") == "50 %25%0Aa%3A b%2C c"


def test_a_bar_is_escaped_in_a_code_span_of_a_table() -> None:
    assert escaping.code_cell("a|b") == "`a\\|b`"


@given(hostile)
def test_command_data_is_what_the_runner_decodes_back(text: str) -> None:
    data = escaping.command_data(text)
    assert "\n" not in data
    assert data.replace("%0A", "\n").replace("%25", "%") == escaping.visible(text)
    value = escaping.command_property(text)
    assert not set(value) & set(":,\n")
    assert value.replace("%3A", ":").replace("%2C", ",") == data


@pytest.mark.proof
@pytest.mark.parametrize(
    "piece", ["`", "` ``", "~~~\n", "```\n", "@", ":a", " ", " x", "\n", "deadbeef", "1", "<", "$", "#"]
)
def test_every_function_takes_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    functions = (
        escaping.prose,
        escaping.markdown_text,
        escaping.markdown_line,
        escaping.code_cell,
        escaping.fence,
        escaping.log_line,
    )
    for function in functions:
        started = time.process_time()
        function(text)
        assert time.process_time() - started < 3


@pytest.mark.parametrize("login", ["octocat", "a", "a-b", "mona_acme", "0x", "x" * 39])
def test_a_login_of_a_person_is_mentioned(login: str) -> None:
    assert escaping.mention(login) == f"@{login}"


@pytest.mark.parametrize(
    "login", ["", "dependabot[bot]", "acme/team", "a b", "a\n", "x" * 40, "-a", "@a", "a`", "\u0430", "a)", "a\u200b"]
)
def test_nothing_else_is_mentioned(login: str) -> None:
    assert escaping.mention(login) == ""
