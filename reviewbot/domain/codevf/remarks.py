"""What a text of an answer says besides its findings.

A summary, a note or a sentence around an answer is for people. If it rates something, or is against the change, it
reports what may be in no finding, so the answer is not read completely. Every form here is a closed list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.domain.codevf.finding_parser import severity_of
from reviewbot.domain.model.review import Severity

RANK = "(?:critical|blocker|high|major|medium|moderate|low|minor|info|nit|trivial)"
"""The severities in prose: `error`, `warning` or `note` may begin any sentence."""

_PLAIN = re.compile(
    rf"(?!.*(?:~~~|\([\dlL]|(?:\A|/)[0-9a-f]{{10}}\Z)|(?i:{RANK})\Z)"
    r"[\w.@/](?:[\w.@/+=&~^%$)\[\]{}-]|(?<=/)\()*(?<![.)\]}])"
)


def is_ambiguous(name: str) -> bool:
    """Return whether prose with a file's name can be read as another name, a severity, a fence or a finding's id."""
    return _PLAIN.fullmatch(name) is None


# --- Severities -------------------------------------------------------------------------------------------------------

MARKS = r"[*_`]{0,4}"
RATED = re.compile(
    rf"(?<![^\s(\[*`\"'>|]){MARKS}(?P<path>[^\s:`*|<>(\[\"'][^\s:`*]{{0,300}}|(?<=`)[^`\n:]{{1,300}})"
    r":(?P<first>\d{1,7})(?:-(?P<last>\d{1,7}))?"
    rf"{MARKS}(?P<end>:){MARKS}[ \t]+{MARKS}(?P<word>{RANK}){MARKS}:{MARKS}(?:[ \t]+|$)",
    re.IGNORECASE | re.MULTILINE,
)
"""`path:12-14: high:`, as the prompt asks for it, also in bold or as code."""

_LABEL = re.compile(
    rf"(?:^|[.,:;!?|(\[]|\d\)?:?\s)[\s>|*_`(\[+\u2022-]{{0,10}}(?P<word>{RANK})"
    r"(?:\s(?:severity|priority))?[\s*_`]{0,5}(?:[:)\]|\u2013\u2014]|-\s|$)"
    rf"|(?<!fixes a )(?<!fixed a )(?<!fixes the )\b(?P<called>{RANK})[ -](?:severity )?"
    r"(?:problem|issue|finding|bug|flaw|vulnerabilit(?:y|ies))s?:"
    rf"|\bseverity\s?[:=]\s?[*_`]{{0,3}}(?P<named>{RANK})\b",
    re.IGNORECASE | re.MULTILINE,
)
"""`high:`, `(high)`, `One high problem:` or `severity: high`."""

_NOTHING = re.compile(
    r"[\s*_`:]{0,5}(?:none|nothing|zero|0|n/a|-|no (?:finding|issue|problem)s?(?: found)?)[*_`]{0,3}"
    r"(?=\s*(?:[.,;|)]|$))",
    re.IGNORECASE | re.MULTILINE,
)
_OF_REVIEW = re.compile(r"\b(?:confidence|complexity|effort|coverage|quality|overall risk)\W{0,5}\Z", re.IGNORECASE)
"""What comes before a rating of something else than a finding."""

_GRAVE = re.compile(
    r"(?<!not )(?<!no )(?<![.\"])\b(?:critical(?! (?:section|path))|blocker|severe)\b"
    r"|\bis blocking\b|(?<!non-)\bblocking:",
    re.IGNORECASE,
)
_ANOTHER_LINE = re.compile(r"\blines? \d|^\S+:\d+(?:-\d+)?:\s", re.IGNORECASE | re.MULTILINE)


def rated_paths(text: str) -> Iterator[str]:
    """Yield the file of each place that a text rates."""
    yield from (match["path"] for match in RATED.finditer(text))


def worst_label(text: str) -> Severity | None:
    """Return the worst severity with which a text labels something; `High: none` labels nothing."""
    return min(_labels(text), key=lambda one: one.rank, default=None)


def _labels(text: str) -> Iterator[Severity]:
    for match in _LABEL.finditer(text):
        before = max(match.start() - 20, 0)
        if not (_NOTHING.match(text, match.end()) or _OF_REVIEW.search(text, before, match.start() + 1)):
            yield severity_of(match["word"] or match["called"] or match["named"])


def says_more(text: str, severity: Severity) -> bool:
    """Return whether the text of a finding says something worse than its severity, or is about another line.

    It may then be about two findings. No text says more than a critical finding.
    """
    if severity is Severity.CRITICAL:
        return False
    label = worst_label(text)
    is_worse = (label is not None and label.rank < severity.rank) or objects(text)
    return is_worse or _GRAVE.search(text) is not None or _ANOTHER_LINE.search(text) is not None


# --- Objections -------------------------------------------------------------------------------------------------------

_CHANGE = r"(?:this|it|the (?:change|pull request|pr|patch|code)|these changes)"
_AGAINST = re.compile(
    r"\b(?:do not|don.t) (?:merge|approve|ship)"
    r"(?= (?:this|it|yet|until|before|as is|the (?:change|pull|pr\b))|\s*(?:[.!,;:]|\Z))"
    rf"|(?<!no reason why )\b{_CHANGE} (?:should not|shouldn.t|must not|cannot|can.t) be (?:merged|approved|shipped)\b"
    r"|\bi (?:do not|don.t|would not|wouldn.t|cannot|can.t|could not) (?:approve|merge)\b"
    r"|\bnot (?:ready|safe) (?:to (?:be )?merged?|for (?:a |the )?(?:merge|release|production))\b",
    re.IGNORECASE,
)
_UNREAD = re.compile(
    r"(?:\b(?:i|we)(?: was| were)?|(?:^|[.!?:;,] ?)(?:but|so|nothing was reviewed:)?) ?"
    r"(?:cannot|can.t|could not|couldn.t|(?:was |were )?(?:unable|not able) to)"
    r" (?:open|read|see|access|download|review|view)"
    r" (?:(?:the|any|all|your|of) ){0,3}(?:attach|diff|file|code\b|change|pull|repo)"
    r"|\b(?:attach\w+|the diff) (?:cannot|can.t|could not|couldn.t) be (?:opened|read|downloaded)",
    re.IGNORECASE | re.MULTILINE,
)
"""That the reviewer could not read it, not what the change does."""

_DEMAND = re.compile(
    r"\b(?:must|should|needs? to|has to|have to|please)\b[^.\n]{0,60}\bbefore (?:the )?(?:merg|releas)"
    r"|\b(?:fix|address|resolve)\b(?: (?:it|this|that|them))? before (?:merging|the merge|release)",
    re.IGNORECASE,
)
_NO_DEMAND = re.compile(r"\W*(?:no |nothing )", re.IGNORECASE)


def is_against(text: str) -> bool:
    """Return whether a text says that the change should not be merged."""
    return _AGAINST.search(text) is not None


def objects(text: str) -> bool:
    """Return whether a text is against the change, demands something before it is merged, or says that it is unread."""
    if is_against(text) or _UNREAD.search(text):
        return True
    sentences = re.split(r"(?<=[.!?])\s+|\n", text)
    return any(_DEMAND.search(one) and not _NO_DEMAND.match(one) for one in sentences)


# --- Announcements ----------------------------------------------------------------------------------------------------

_ANNOUNCEMENT = re.compile(
    r"(?:(?:hi|hello|hey)(?: (?:all|team|there|everyone))?[,!.]? ?)?(?:(?:done|sure|ok|okay)[.!,]? ?)?"
    r"(?:i have reviewed (?:the|this|your) (?:change|pull request|diff|code)[.!,]? ?)?"
    r"(?:here (?:it is|you go)|see (?:below|the (?:attached )?file)"
    r"|(?:please find |see |(?:here|below|this|these)(?: is|['\u2019]s| are) )?(?:my |the )?"
    r"(?:(?:requested|structured|code) )?(?:review|answer|report|results?|json|findings)(?: result)?"
    r"(?: of (?:the|this|your) (?:change|pull request|diff|code))?(?: in the requested (?:format|form))?"
    r"(?: (?:is |are )?(?:below|attached))?)?[.:!]?(?: see the (?:attached )?file\.?)?"
    r"(?: ?(?:thanks|thank you|(?:best |kind )?regards)[!.,]?)?",
    re.IGNORECASE,
)


_WRAPPER = re.compile(r"[\s{}\[\]:,]*(?:\"(?:answer|data|output|report|result|review)\"[\s{}\[\]:,]*)?")
"""What is left of JSON that has the answer as a value."""


def only_announces(text: str) -> bool:
    """Return whether a text only greets, and announces the answer."""
    return any(form.fullmatch(" ".join(text.split())) for form in (_ANNOUNCEMENT, _WRAPPER))
