"""Attachments fit the limits, match the manifest byte by byte, and can be read back; what is not sent is named."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.codevf.attachments import (
    MAX_ATTACHMENTS,
    Packing,
    Sendable,
    SizeTier,
    file_section,
    number_lines,
    pack,
    read_sections,
    room_for_more,
    size_tiers,
    split_for_context,
    together,
    with_context,
    with_conversation,
)
from reviewbot.domain.diff.parse import NO_NEWLINE
from reviewbot.domain.github.context import ContextPart, ContextText, part_of
from reviewbot.domain.model.review import Attachment

paths = st.text(max_size=20) | st.sampled_from(['a"b', "a\nb", "=== x", "é.py", "\\", "a b (2 lines)"])
file_texts = st.text(max_size=80) | st.lists(st.sampled_from(["", "=== x", NO_NEWLINE, "a", "| b", "\r"])).map(
    "\n".join
)
ROOMY = SizeTier(1_000_000, 4_000_000)


def sendable(path: str = "a.py", diff: str = "diff\n", text: str | None = "text\n", risk: int = 1) -> Sendable:
    return Sendable(path, diff, text, 0, risk)


def size(text: str) -> int:
    return len(json.dumps(text).encode()) - 2


def index_of(attachment: Attachment) -> str:
    """Return the index of a bundle, empty for any other attachment."""
    index, begins, _ = attachment.content.partition("\n=== ")
    return f"{index}\n" if begins and index.startswith("INDEX") else ""


def names(packing: Packing) -> list[str]:
    return [one.file_name for one in packing.attachments]


@pytest.mark.parametrize(
    ("text", "numbered"),
    [
        ("", ""),
        ("a", f"   1| a\n{NO_NEWLINE}\n"),
        ("a\n", "   1| a\n"),
        ("\n", "   1| \n"),
        ("a\n\n b\r\n", "   1| a\n   2| \n   3|  b\r\n"),
    ],
)
def test_lines_are_numbered_and_unchanged(text: str, numbered: str) -> None:
    assert number_lines(text) == numbered


def test_the_gutter_grows_with_the_file() -> None:
    lines = number_lines("x\n" * 12_345).split("\n")
    assert (lines[0], lines[-2]) == ("    1| x", "12345| x")


@pytest.mark.parametrize(
    ("path", "text", "header"),
    [
        ("src/app.py", "a\nb\n", '=== "src/app.py" (2 lines)'),
        ("a.py", "a", '=== "a.py" (1 line)'),
        ("a.py", "", '=== "a.py" (0 lines)'),
        ('q"\n', "a\n", '=== "q\\"\\n" (1 line)'),
    ],
)
def test_a_section_begins_with_path_and_number_of_lines(path: str, text: str, header: str) -> None:
    assert file_section(path, text).split("\n")[0] == header


@given(st.dictionaries(paths, file_texts, max_size=5))
def test_written_values_are_read_back(files: dict[str, str]) -> None:
    assert read_sections("".join(file_section(path, text) for path, text in files.items())) == files


@given(st.text())
def test_reading_sections_never_raises(content: str) -> None:
    assert isinstance(read_sections(content), dict)


def test_text_before_the_first_section_belongs_to_no_file() -> None:
    assert read_sections('hello\n=== "a" (1 line)\n   1| x\n') == {"a": "x\n"}


# --- Packing ----------------------------------------------------------------------------------------------------------

files_to_send = st.lists(
    st.builds(
        Sendable,
        path=st.uuids().map(str),
        diff=st.text(max_size=60) | st.sampled_from(["diff --git a b\n", "x" * 400]),
        text=st.none() | st.text(max_size=200) | st.just("y\n" * 200),
        redactions=st.integers(0, 3),
        risk=st.integers(0, 5),
    ),
    max_size=12,
    unique_by=lambda file: file.path,
)
limits = st.builds(SizeTier, st.integers(1, 900), st.integers(1, 2500))


@given(files_to_send, limits)
def test_no_limit_is_exceeded(files: list[Sendable], limit: SizeTier) -> None:
    packing = pack(files, limit)
    sizes = [size(one.content) for one in packing.attachments]
    assert len(sizes) <= MAX_ATTACHMENTS
    assert all(one <= limit.attachment for one in sizes)
    assert sum(sizes) <= limit.request
    kinds = [name.endswith(".diff") for name in names(packing)]
    assert kinds == sorted(kinds, reverse=True)
    assert len(set(names(packing))) == len(kinds)


@given(files_to_send, limits)
def test_each_file_is_sent_or_listed_as_omitted(files: list[Sendable], limit: SizeTier) -> None:
    packing = pack(files, limit)
    sent = [one.path for one in packing.sent]
    assert sorted([*sent, *packing.omitted]) == sorted(file.path for file in files)
    diffs = "".join(one.content for one in packing.attachments if one.file_name.endswith(".diff"))
    texts: dict[str, str] = {}
    for one in packing.attachments:
        if not one.file_name.endswith(".diff"):
            texts |= read_sections(one.content)
    by_path = {file.path: file for file in files}
    assert texts == {one.path: by_path[one.path].text for one in packing.sent if one.whole}
    assert all(by_path[path].diff in diffs for path in sent)


@given(files_to_send, limits)
def test_the_manifest_counts_the_bytes_as_sent(files: list[Sendable], limit: SizeTier) -> None:
    packing = pack(files, limit)
    by_path = {file.path: file for file in files}
    total = sum(len(index_of(one).encode("utf-8", "replace")) for one in packing.attachments)
    for one in packing.sent:
        file = by_path[one.path]
        diff = file.diff if file.diff.endswith("\n") or not file.diff else file.diff + "\n"
        assert one.attachment in (names(packing) if one.whole else [""])
        content = (diff + (file_section(file.path, file.text or "") if one.whole else "")).encode("utf-8", "replace")
        assert (one.bytes, one.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert one.redactions == file.redactions
        total += one.bytes
    assert total == sum(len(one.content.encode("utf-8", "replace")) for one in packing.attachments)


@given(files_to_send, st.integers(1, 900))
def test_the_riskier_of_two_equally_large_diffs_goes_first(files: list[Sendable], room: int) -> None:
    same = [sendable(file.path, "d" * 99 + "\n", None, file.risk) for file in files]
    packing = pack(same, SizeTier(room, room))
    sent = {one.path for one in packing.sent}
    risks = {file.path: file.risk for file in same}
    assert min((risks[path] for path in sent), default=9) >= max((risks[path] for path in packing.omitted), default=0)
    assert packing == pack(same[::-1], SizeTier(room, room)) or len(same) > 1


def test_the_diff_comes_first_and_the_texts_after_it() -> None:
    packing = pack([sendable("a.py", "one", "a\n", 1), sendable("b.py", "two\n", "b\n", 2)], ROOMY)
    assert names(packing) == ["change.diff", "b.py", "a.py"]
    assert packing.attachments[0].content == "two\none\n"
    assert packing.attachments[1] == Attachment("b.py", file_section("b.py", "b\n"), path="b.py")
    assert [one.attachment for one in packing.sent] == ["a.py", "b.py"]
    assert [one.path for one in packing.sent] == ["a.py", "b.py"]


def test_three_texts_are_attachments_of_their_own_and_four_are_a_bundle() -> None:
    files = [sendable(f"src/{name}.py", risk=at) for at, name in enumerate("abcd")]
    assert names(pack(files[:3], ROOMY)) == ["change.diff", "c.py", "b.py", "a.py"]
    assert names(pack(files, ROOMY)) == ["change.diff", "files-1.txt"]
    assert names(pack([*files[:3], sendable("gone.py", text=None)], ROOMY))[1:] == ["c.py", "b.py", "a.py"]
    assert names(pack(files[:3], split_for_context(ROOMY)[0])) == ["change.diff", "files-1.txt"], "one attachment less"
    assert {one.attachment for one in pack(files, ROOMY).sent} == {"files-1.txt"}


def test_a_text_too_large_for_an_attachment_does_not_affect_the_others() -> None:
    packing = pack([sendable(name, "d\n") for name in "abcd"] + [sendable("e", "d\n", "x" * 500)], SizeTier(100, 1000))
    assert names(packing) == ["change.diff", "a", "b", "c", "d"]


def test_a_bundle_has_an_index_and_its_files_by_folder_the_riskiest_first() -> None:
    given_files = [("x/1", 1), ("x/2", 9), ("y/1", 5), ("y/2", 7), ('z/"\n=== "a" (1 line)', 0)]
    packing = pack([sendable(path, "d\n", "t\n", risk) for path, risk in given_files], ROOMY)
    bundle = packing.attachments[1]
    order = ["x/2", "x/1", "y/2", "y/1", 'z/"\n=== "a" (1 line)']
    assert list(read_sections(bundle.content)) == order
    assert index_of(bundle).splitlines()[1:-1] == [f"- {json.dumps(path)} (1 line)" for path in order]


def test_the_riskiest_texts_are_sent_whole() -> None:
    risks = {"x/1": 9, "x/2": 0, "y/1": 8, "y/2": 1, "z/1": 7, "z/2": 2}
    packing = pack([sendable(path, "d\n", "t" * 60, risk) for path, risk in risks.items()], SizeTier(600, 600))
    assert {one.path for one in packing.sent if one.whole} == {"x/1", "y/1", "z/1"}


def test_the_diff_of_a_file_is_sent_if_its_text_does_not_fit() -> None:
    packing = pack([sendable("a.py", "d\n", "x" * 500), sendable("b.py", "d\n", None)], SizeTier(100, 1000))
    assert [(one.path, one.whole) for one in packing.sent] == [("a.py", False), ("b.py", False)]
    assert packing.omitted == ()


def test_many_texts_are_distinguished_within_five_attachments() -> None:
    packing = pack([sendable(str(number), "d" * 89 + "\n", None) for number in range(7)], SizeTier(100, 10_000))
    assert names(packing) == ["change.diff", "change-2.diff", "change-3.diff", "change-4.diff", "change-5.diff"]
    assert packing.omitted == ("5", "6")


@pytest.mark.parametrize(
    ("sizes", "limit", "path", "detail"),
    [
        ([50], SizeTier(40, 1000), "0", "exceeds `attachment-bytes` (40)"),
        ([50], SizeTier(40, 40), "0", "exceeds the request limit of 40 bytes"),
        ([50, 30], SizeTier(60, 60), "1", "does not fit into a request of 60 bytes together with the other files"),
        ([50] * 6, SizeTier(60, 1000), "5", "does not fit into 5 attachments together with the other files"),
    ],
)
def test_an_omitted_file_names_the_limit(sizes: list[int], limit: SizeTier, path: str, detail: str) -> None:
    files = [sendable(str(at), "d" * (one - 2) + "\n", None) for at, one in enumerate(sizes)]
    packing = pack(files, limit)
    assert packing.omitted == (path,)
    assert packing.limits == {path: f"its diff of {sizes[int(path)]} bytes {detail}"}


def test_an_omitted_text_names_the_limit_that_it_exceeds() -> None:
    packing = pack([sendable("a.py", "d\n", "x" * 500), sendable("b.py", "d\n", "x\n")], SizeTier(100, 1000))
    assert packing.omitted == ()
    assert list(packing.limits) == ["a.py"]
    assert re.fullmatch("its text of 5[0-9]+ bytes exceeds `attachment-bytes` \\(100\\)", packing.limits["a.py"])


def test_a_part_that_was_not_submitted_is_not_reported_as_too_large() -> None:
    parts = [pack([sendable(path, "d\n", "x\n")], ROOMY) for path in "ab"]
    whole = together(parts, 1)
    assert (whole.omitted, whole.limits) == (("b",), {"b": "its part of the review was not submitted"})


def test_without_files_nothing_is_sent() -> None:
    assert pack([], ROOMY) == Packing((), (), ())


@pytest.mark.parametrize("budget", [1, 69_999, 140_000, 1_000_000, 9_000_000])
def test_the_smallest_size_tier_fits_every_documented_limit(budget: int) -> None:
    tiers = size_tiers(budget)
    assert [size_tier.request for size_tier in tiers] == [4_000_000, 1_000_000, 140_000, 70_000]
    assert all(size_tier.attachment <= min(budget, size_tier.request) for size_tier in tiers)


@given(st.integers(1_000, 50_000_000), st.lists(st.integers(0, 40_000), max_size=6))
def test_every_request_reserves_space_for_context(most: int, lengths: list[int]) -> None:
    for limits in size_tiers(most):
        files, rest = split_for_context(limits)
        assert (files.attachments, rest.attachments) == (MAX_ATTACHMENTS - 1, 1)
        assert files.request + rest.request == limits.request
        assert rest.attachment == rest.request <= limits.attachment
        assert files.attachment == limits.attachment
        packing = pack([sendable(f"{at}.py", "x" * length) for at, length in enumerate(lengths)], files)
        assert len(packing.attachments) < MAX_ATTACHMENTS
        assert sum(size(one.content) for one in packing.attachments) + rest.attachment <= limits.request


# --- Context ----------------------------------------------------------------------------------------------------------

PART = ContextPart("README.md", 3, 0, "0" * 64)
CONTEXT = ContextText("> A", (PART,))


def test_a_file_that_needs_the_last_attachment_takes_it() -> None:
    """A bundle has an index, so files that fill their attachments fit only on their own."""
    files = [sendable(name, "d\n", "x" * 900) for name in "abcd"]
    limit = size(file_section("a", "x" * 900))
    packing = pack(files, SizeTier(limit, 100_000))
    assert names(packing) == ["change.diff", "a", "b", "c", "d"]
    assert with_context(packing, CONTEXT) == packing


def test_context_is_the_last_attachment_and_in_the_manifest() -> None:
    packing = pack([sendable()], ROOMY)
    assert with_context(packing, ContextText()) == packing
    both = with_context(packing, CONTEXT)
    assert names(both) == ["change.diff", "a.py", "context.md"]
    assert (both.sent, both.context) == (packing.sent, (PART,))
    assert together([both, packing], 2).context == (PART,)


def test_the_conversation_of_each_task_is_a_line_of_the_manifest() -> None:
    plain = pack([sendable()], ROOMY)
    first, second = (with_conversation(plain, text, at) for at, text in enumerate(("One.", "Two."), start=1))
    assert names(first) == ["change.diff", "a.py", "conversation.md"]
    assert first.context == (part_of("conversation.md", "One.", 1),)
    whole = together([with_context(first, CONTEXT), with_context(second, CONTEXT)], 2)
    assert whole.context == (*first.context, PART, *second.context)


@pytest.mark.parametrize(
    ("length", "size_tier", "confirms", "fits"),
    [
        (10, 0, False, True),
        (10, 1, False, False),
        (900_000, 0, False, True),
        (900_000, 0, True, False),
        (1_100_000, 0, False, False),
    ],
)
def test_context_is_sent_only_if_a_refused_size_would_displace_no_file(
    length: int, size_tier: int, *, confirms: bool, fits: bool
) -> None:
    packing = Packing((Attachment("change.diff", "x" * length),), (), ())
    room = room_for_more(packing, size_tier, 1_000_000, confirms=confirms)
    assert (room > 0) == fits
    assert room <= 1_000_000
