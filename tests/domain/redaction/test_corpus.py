"""Recall and precision of the redaction; the documentation shows the same figures."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from reviewbot.domain.redaction.redactor import Redactor
from reviewbot.domain.selection.file_kinds import place_of_text
from tests.domain.redaction import corpus
from tests.domain.redaction.test_redactor import is_diff

LEAST = 0.95


def redacted(form: corpus.Form) -> str:
    text = (form.text, place_of_text(form.path, [form.text]))
    diff = is_diff(form.text)
    redactor = Redactor.of((), diffs=[text]) if diff else Redactor.of([text])
    return redactor.redact(*text, diff=diff).text


@cache
def missed(group: str) -> list[str]:
    """Return the forms of a group whose secrets are not fully redacted."""
    return sent(corpus.forms(group))


def sent(forms: list[corpus.Form]) -> list[str]:
    return [one.text for one in forms if any(corpus.survives(secret, redacted(one)) for secret in one.secrets)]


@cache
def touched() -> list[str]:
    """Return the harmless texts that redaction changes."""
    return [one.text for one in corpus.harmless() if redacted(one) != one.text]


@pytest.mark.parametrize("group", corpus.GROUPS)
def test_nearly_all_secrets_of_each_group_are_found(group: str) -> None:
    count = len(corpus.GROUPS[group])
    assert count - len(missed(group)) >= LEAST * count, missed(group)


@pytest.mark.parametrize("at", range(len(corpus.POSITIONS)))
def test_nearly_all_tokens_are_found_at_each_position_in_executed_text(at: int) -> None:
    forms = corpus.executed(at)
    assert len(forms) >= 70
    assert len(forms) - len(sent(forms)) >= LEAST * len(forms), sent(forms)


def test_nearly_all_harmless_text_is_kept() -> None:
    assert len(touched()) <= (1 - LEAST) * len(corpus.HARMLESS), touched()


def test_the_corpus_is_large_and_has_no_duplicates() -> None:
    forms = [text for group in corpus.GROUPS.values() for text in group]
    assert len(corpus.GROUPS) == 6
    assert len(forms) == len(set(forms)) >= 110
    assert len(set(corpus.HARMLESS)) == len(corpus.HARMLESS) >= 100
    assert all(corpus.form(text, 1).secrets for text in forms)
    assert set(corpus.PATHS) <= set(forms)
    assert set(corpus.HARMLESS_PATHS) <= set(corpus.HARMLESS)


def test_the_documentation_has_the_figures() -> None:
    page = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")
    rows = {
        name: (int(found), int(count)) for name, found, count in re.findall(r"\| ([a-z ,]+) \| (\d+) of (\d+) \|", page)
    }
    groups = {group: (len(texts) - len(missed(group)), len(texts)) for group, texts in corpus.GROUPS.items()}
    executed = [form for at in range(len(corpus.POSITIONS)) for form in corpus.executed(at)]
    groups["vendor formats in executed files"] = (len(executed) - len(sent(executed)), len(executed))
    count = len(corpus.HARMLESS)
    assert rows == {**groups, "harmless text left as it is": (count - len(touched()), count)}
