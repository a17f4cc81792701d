"""What a text of an answer says besides its findings.

A summary, a note or a sentence around an answer is for people. If it rates something, or is against the change, it
reports what may be in no finding, so the answer is not read completely. Every form here is a closed list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.domain.codevf.finding_parser import SEVERITIES, severity_of
from reviewbot.domain.model.review import Severity

_PLAIN = re.compile(
    r"(?!.*(?:~~~|\([\dlL]|(?:\A|/)[0-9a-f]{10}\Z))"
    r"[\w.@/](?:[\w.@/+=&~^%$)\[\]{}-]|(?<=/)\()*(?<![.)\]}])"
)


def is_ambiguous(name: str) -> bool:
    """Return whether prose with a file's name can be read as another name, a severity, a fence or a finding's id."""
    return _PLAIN.fullmatch(name) is None


# --- Severities -------------------------------------------------------------------------------------------------------

MARKS = r"[*_`]{0,4}"
SEVERITY = "|".join(sorted(map(re.escape, SEVERITIES), key=len, reverse=True))

_RATED = re.compile(
    rf"(?<![^\s(\[*`\"'>|]){MARKS}(?P<path>[^\s:`*|<>(\[\"'][^\s:`*]{{0,300}}|(?<=`)[^`\n:]{{1,300}})"
    r":(?P<first>\d{1,7})(?:-(?P<last>\d{1,7}))?"
    rf"{MARKS}:{MARKS}[ \t]+{MARKS}"
    rf"(?P<word>{SEVERITY})"
    rf"{MARKS}:{MARKS}(?:[ \t]+|$)",
    re.IGNORECASE | re.MULTILINE,
)
"""`path:12-14: high:`, as the prompt asks for it, also in bold or as code."""

_RANK = "(?:critical|blocker|high|major|medium|moderate|low|minor|info|nit|trivial)"
_LABEL = re.compile(
    rf"(?:^|[.,:;!?|(\[]|\d\)?:?\s)[\s>|*_`(\[+\u2022-]{{0,10}}(?P<word>{_RANK})"
    r"(?:\s(?:severity|priority))?[\s*_`]{0,5}(?:[:)\]|\u2013\u2014]|-\s|$)"
    rf"|\bseverity\s?[:=]\s?[*_`]{{0,3}}(?P<named>{_RANK})\b",
    re.IGNORECASE | re.MULTILINE,
)
"""`high:`, `(high)` or `severity: high`. `error:` may be a message."""

_NOTHING = re.compile(
    r"[\s*_`:]{0,5}(?:none|nothing|zero|0|n/a|-|no (?:finding|issue|problem)s?(?: found)?)[*_`]{0,3}"
    r"(?=\s*(?:[.,;|)]|$))",
    re.IGNORECASE | re.MULTILINE,
)
_OF_REVIEW = re.compile(r"\b(?:confidence|complexity|effort)\W{0,5}\Z", re.IGNORECASE)
"""What comes before a rating of something else than a finding."""

_GRAVE = re.compile(r"(?<!not )\b(?:critical|blocker|blocking|fatal|severe)\b", re.IGNORECASE)


def rated_paths(text: str) -> Iterator[str]:
    """Yield the file of each place that a text rates."""
    yield from (match["path"] for match in _RATED.finditer(text))


def worst_label(text: str) -> Severity | None:
    """Return the worst severity with which a text labels something; `High: none` labels nothing."""
    return min(_labels(text), key=lambda one: one.rank, default=None)


def _labels(text: str) -> Iterator[Severity]:
    for match in _LABEL.finditer(text):
        before = max(match.start() - 20, 0)
        if not (_NOTHING.match(text, match.end()) or _OF_REVIEW.search(text, before, match.start() + 1)):
            yield severity_of(match["word"] or match["named"])


def says_worse(text: str, severity: Severity) -> bool:
    """Return whether the text of a finding says something worse than its severity, which may be a second finding."""
    label = worst_label(text)
    is_worse = (label is not None and label.rank < severity.rank) or objects(text)
    return is_worse or (severity is not Severity.CRITICAL and _GRAVE.search(text) is not None)


# --- Objections -------------------------------------------------------------------------------------------------------

_AGAINST = re.compile(
    r"(?<!no reason why this )(?<!no reason why it )"
    r"\b(?:do not|don.t|should not|shouldn.t|must not|cannot|can.t) (?:be )?(?:merged?|approved?|shipp?(?:ed)?)"
    r"(?= (?:this|it|yet|until|before|as is|the (?:change|pull|pr\b))|\s*(?:[.!,;:]|\Z))"
    r"|\bnot (?:ready|safe) (?:to (?:be )?merged?|for (?:a |the )?(?:merge|release|production))\b",
    re.IGNORECASE,
)
_OTHERS = "users|user|customers|tenants|people|they|account|clients|client|tool|worker|if"
_UNREAD = re.compile(
    "".join(rf"(?<!\b{one} )" for one in _OTHERS.split("|"))
    + r"\b(?:cannot|can.t|could not|couldn.t|unable to|not able to) (?:open|read|see|access|download|review|view)"
    r" (?:(?:the|any|all|your|of) ){0,3}(?:attach|diff|file|code\b|change|pull|repo)"
    r"|\b(?:attach\w+|diffs?|files?|changes?) (?:cannot|can.t|could not|couldn.t) be (?:opened|read|downloaded)",
    re.IGNORECASE,
)
"""That the reviewer could not read it; of others, it is said of what the change does."""

_DEMAND = re.compile(
    r"\b(?:fix(?:ed|es)?|chang\w+|address\w*|resolved?|needed|required) [^.\n]{0,40}"
    r"\bbefore (?:the )?(?:merg|releas)(?!\w* commit)(?!\w* the two)",
    re.IGNORECASE,
)
_NO_DEMAND = re.compile(
    r"\W*(?:no (?:other |further )?(?:changes?|fix\w*)|nothing(?: else)? (?:needs|has|must))\b", re.IGNORECASE
)


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
    r"(?:here it is|see (?:below|the (?:attached )?file)|(?:my |the )?(?:review|answer|report) is (?:attached|below)"
    r"|(?:sure[!,.]? )?(?:here|below|this)(?: is|['\u2019]s)(?: my| the)?(?: requested| structured| code)?"
    r" (?:review|answer|report|result|json))[.:]?",
    re.IGNORECASE,
)


def only_announces(text: str) -> bool:
    """Return whether each line of a text only announces the answer."""
    return all(_ANNOUNCEMENT.fullmatch(line.strip()) for line in text.splitlines() if line.strip())
