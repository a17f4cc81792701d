"""Detect problems that an answer reports outside its findings, e.g., in the summary.

A summary that assigns a severity or objects to the change may report a problem without a finding. The answer then
counts as incompletely read. The patterns match fixed phrases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.domain.codevf.finding_parser import severity_of
from reviewbot.domain.model.review import Severity

RANK = "(?:critical|blocker|high|major|medium|moderate|low|minor|info|nit|trivial)"
"""The names of severities, without `error`, `warning` and `note`, which can begin any sentence."""

MARKS = r"[*_`]{0,4}"
_NAME = r"[^\s:`*|<>+(\[\"'~#][^\s:`*]{0,300}"
_PLACE = (
    rf"[*`]{{0,4}}(?P<path>{_NAME}):(?P<first>\d{{1,7}})(?:-(?P<last>\d{{1,7}})|:\d{{1,5}})?{MARKS}"
    rf"(?:\s?[:\u2013\u2014]|\s-){MARKS}"
)
PLACE = re.compile(rf"{_PLACE}(?:\s+|\Z)")
"""A location such as `path:12-14:`, which the prompt requests. It can be bold, in a code span, or end with a dash."""


def is_ambiguous(name: str) -> bool:
    """Return whether `PLACE` cannot match this file name."""
    return re.fullmatch(_NAME, name) is None


# --- Severities -------------------------------------------------------------------------------------------------------

_RATED = re.compile(
    rf"(?<![^\s(\[*`\"'>|]){_PLACE}[ \t]+{MARKS}{RANK}{MARKS}:{MARKS}(?:[ \t]+|$)", re.IGNORECASE | re.MULTILINE
)
"""Matches a location with a severity, such as `path:12-14: high:`."""

_LABEL = re.compile(
    rf"(?:^|[.,:;!?|(\[]|\d\)?:?\s)[\s>|*_`(\[+\u2022-]{{0,10}}(?P<word>{RANK})"
    r"(?:(?:\s(?:severity|priority))?[\s*_`]{0,5}(?:[:)\]|\u2013\u2014]|-\s|$)|[*_]{1,3}\s)"
    rf"|(?<!fixes a )(?<!fixed a )(?<!fixes the )\b(?P<called>{RANK})[ -](?:severity )?"
    r"(?:(?:problem|issue|finding|bug|flaw|vulnerabilit(?:y|ies))s?:|severity\b)"
    rf"|\bseverity\s?[:=]?\s?[*_`]{{0,3}}(?P<named>{RANK})\b",
    re.IGNORECASE | re.MULTILINE,
)
"""Matches a label: `high:`, `(high)`, `**High**`, `One high problem:`, `high-severity` or `severity: high`."""

_NONE = re.compile(
    rf"(?:^|(?<=[.!?] ))(?:there (?:are|were) )?no (?:{RANK}(?:, (?:and |or )?| and | or | |-))+(?:severity )?"
    r"(?:issues|findings|problems|bugs)(?: (?:were )?found)?(?:\.(?=\s|\Z)|\s*\Z)",
    re.IGNORECASE | re.MULTILINE,
)
"""Matches a sentence such as `No high-severity issues.`"""

_LISTED = re.compile(rf"\b{RANK}[`'\"]?(?:\s*,|\s(?:and|or))[\s`'\"]*\Z", re.IGNORECASE)
"""Matches the words before a severity in a list of severities, which does not rate a finding."""

_NOTHING = re.compile(
    r"[\s*_`:]{0,5}(?:none|nothing|zero|0|n/a|-|no (?:finding|issue|problem)s?(?: found)?)[*_`]{0,3}"
    r"(?=\s*(?:[.,;|)]|$))",
    re.IGNORECASE | re.MULTILINE,
)
_OF_REVIEW = re.compile(r"\b(?:confidence|complexity|effort|coverage|quality|overall risk)\W{0,5}\Z", re.IGNORECASE)
"""Matches the words before a severity that does not rate a finding, such as `Confidence: high`."""


def rated_paths(text: str) -> Iterator[str]:
    """Yield the path of each location with a severity, such as `path:12-14: high:`."""
    yield from (match["path"] for match in _RATED.finditer(text))


def worst_label(text: str) -> Severity | None:
    """Return the worst severity in labels such as `high:` or `severity: high`, or None. Ignore `High: none`."""
    return min(_labels(text), key=lambda one: one.rank, default=None)


def _labels(text: str) -> Iterator[Severity]:
    text = _NONE.sub("", text)
    for match in _LABEL.finditer(text):
        before = max(match.start() - 20, 0)
        word = max(match.start(name) for name in ("word", "called", "named"))
        is_other = _OF_REVIEW.search(text, before, match.start() + 1) or _LISTED.search(text, max(word - 20, 0), word)
        if not (_NOTHING.match(text, match.end()) or is_other):
            yield severity_of(match["word"] or match["called"] or match["named"])


# --- Objections -------------------------------------------------------------------------------------------------------

_CHANGE = r"(?:this|it|these changes|(?:this|the) (?:change|pull request|pr|patch|code))"
_AGAINST = re.compile(
    r"\b(?:do not|don.t) (?:merge|approve|ship)"
    r"(?= (?:this|it|yet|until|before|as is|the (?:change|pull|pr\b))|\s*(?:[.!,;:]|\Z))"
    rf"|(?<!no reason why )\b{_CHANGE} (?:should not|shouldn.t|must not|can ?not|can.t) be"
    r" (?:merged|approved|shipped)\b"
    r"|\bi (?:do not|don.t|would not|wouldn.t|can ?not|can.t|could not) (?:approve|merge|recommend)\b"
    r"|(?:\bnot|n.t) (?:ready|safe) (?:to (?:be )?merged?|for (?:a |the )?(?:merg\w+|release|production))\b"
    r"|\brequest(?:ing|ed)? changes\b|\bchanges (?:are )?requested\b|^[^\w\n]{0,10}(?:rejected|nack)\b"
    r"|\bnot mergeable\b",
    re.IGNORECASE | re.MULTILINE,
)
_UNREAD = re.compile(
    r"(?:\b(?:i|we)(?: was| were)?|(?:^|[.!?:;,] ?)(?:but|so|nothing was reviewed:)?) ?"
    r"(?:cannot|can.t|could not|couldn.t|(?:was |were )?(?:unable|not able) to)"
    r" (?:open|read|see|access|download|review|view)"
    r" (?:(?:the|any|all|your|of) ){0,3}(?:attach|diff|file|code\b|change|pull|repo)"
    r"|\b(?:attach\w+|the diff) (?:cannot|can.t|could not|couldn.t) be (?:opened|read|downloaded)",
    re.IGNORECASE | re.MULTILINE,
)
"""Matches statements that the reviewer could not read the change, but not that the code cannot read a file."""

_DEMAND = re.compile(
    r"(?:\b(?:must|should|needs? to|has to|have to)(?: be)?|\bplease) (?:address|chang|correct|fix|resolv|rework)\w*\b"
    r"[^.\n]{0,60}\bbefore (?:the )?(?:merg|releas)"
    r"|\b(?:fix|address|resolve)\b(?: (?:it|this|that|them))? before (?:merging|the merge|release)"
    r"(?= (?:it|this|the (?:change|pr\b|pull))|\W*\Z)",
    re.IGNORECASE,
)
_NO_DEMAND = re.compile(r"\W*(?:no |nothing )", re.IGNORECASE)


_NOT_THERE = re.compile(
    r"\b(?:attach\w*|zip|archive|links?|diff|files?)\b[^.\n]{0,40}"
    r"\b(?:missing|empty|corrupt\w*|expired|truncated|not (?:there|included|attached|received|readable))"
    r"|\bno (?:attachments?|diff|files?) (?:was|were|is|are)\b",
    re.IGNORECASE,
)
"""Matches statements such as `The attachment is empty.` In a note on an earlier finding, they may describe the code."""

_NOT_REVIEWED = re.compile(
    r"\bno access to the (?:attach|diff|file|code)"
    r"|\b(?:did not|didn.t|could not|couldn.t) (?:find|receive|get) (?:the|any) (?:attach|diff|file)"
    r"|\b(?:could not|couldn.t|can ?not|can.t|unable to|not able to|only) (?:complete the |fully )?review(?:ed)?\b"
    r"|\b(?:not|nothing(?: was)?|nothing to|only (?:a )?part[^.\n]{0,30}) review(?:ed)?\b",
    re.IGNORECASE,
)


def says_incomplete(text: str) -> bool:
    """Return whether a string says that the change was not reviewed completely."""
    return any(form.search(text) for form in (_NOT_THERE, _NOT_REVIEWED))


def adds_finding(text: str) -> bool:
    """Return whether a note on an earlier finding may report a new problem or says that the review is incomplete."""
    return any(form.search(text) for form in (_AGAINST, _UNREAD, _NOT_REVIEWED, _RATED))


def objects(text: str) -> bool:
    """Return whether a string objects to the change, demands a fix, or says that files could not be read."""
    if _AGAINST.search(text) or _UNREAD.search(text):
        return True
    sentences = re.split(r"(?<=[.!?])\s+|\n", text)
    return any(_DEMAND.search(one) and not _NO_DEMAND.match(one) for one in sentences)


# --- Announcements ----------------------------------------------------------------------------------------------------

_ANNOUNCEMENT = re.compile(
    r"(?:(?:hi|hello|hey)(?: (?:all|team|there|everyone))?[,!.]? ?)?(?:(?:done|sure|ok|okay)[.!,]? ?)?"
    r"(?:i (?:have )?(?:reviewed (?:the|this|your) (?:change|pull request|diff|code)|completed the review)[.!,]? ?)?"
    r"(?:here (?:it is|you go)|see (?:below|the (?:attached )?file)"
    r"|(?:please find |see |(?:here|below|this|these)(?: is|['\u2019]s| are) )?(?:my |the )?"
    r"(?:(?:requested|structured|code) )?(?:review|answer|report|results?|json|findings)(?: result)?"
    r"(?: of (?:the|this|your) (?:change|pull request|diff|code))?(?: in the requested (?:format|form))?"
    r"(?: (?:is |are )?(?:below|attached))?)?[.:!]?(?: see the (?:attached )?file\.?)?"
    r"(?: ?(?:thanks|thank you|(?:best |kind )?regards)[!.,]?)?",
    re.IGNORECASE,
)


_WRAPPER = re.compile(r"[\s{}\[\]:,]*(?:\"(?:answer|data|output|report|result|review)\"[\s{}\[\]:,]*)?")
"""Matches the characters around an answer that is nested in another JSON object, e.g., `{"result": }`."""


def only_announces(text: str, *, has_files: bool) -> bool:
    """Return whether a message only greets and announces the answer. If `has_files`, it may mention attachments."""
    if not has_files and re.search(r"\battached|\bfile", text, re.IGNORECASE):
        return False
    return any(form.fullmatch(" ".join(text.split())) for form in (_ANNOUNCEMENT, _WRAPPER))
