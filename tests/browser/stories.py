"""Reports for the browser: one of usual size, one of 3,000 files, and one with hostile text in every field."""

from __future__ import annotations

from collections.abc import Sequence

from reviewbot.domain.diff.parse import Hunk, parse_diff
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.findings.placement import Why
from reviewbot.domain.model.review import Category, Severity, Side
from reviewbot.render.view_models.review import FindingView, SummaryView
from reviewbot.values import replace
from tests.hostile.corpus import CORPUS, Kind
from tests.hostile.poison import filled
from tests.render.view_builders import FOLLOWED, INJECTION, NAMING, RACE, UNRATED

USERS = '''\
diff --git a/src/shop/users.py b/src/shop/users.py
--- a/src/shop/users.py
+++ b/src/shop/users.py
@@ -38,6 +38,7 @@ class Users:
     def find(self, name: str) -> User | None:
         """The user of this name."""
-        if not allowed(self.caller):
-            raise Forbidden
+        # Names are unique.
         with self.db as db:
-            return db.users.get(name)
+            query = f"SELECT * FROM users WHERE name = '{name}'"
+            return db.execute(query)
+
'''
STOCK = """\
diff --git a/src/shop/stock.py b/src/shop/stock.py
--- a/src/shop/stock.py
+++ b/src/shop/stock.py
@@ -16,2 +16,4 @@ def take(stock: Stock) -> None:
-    if stock.count:
+    if stock.count > 0:
+        log.info("taken")
+        stock.count -= 1
         return
"""
PLAIN = """\
diff --git a/{name} b/{name}
--- a/{name}
+++ b/{name}
@@ -1 +1,2 @@
 # The shop
+Sells things.
"""

UNGUARDED = replace(
    INJECTION, id="aaaa000001", severity=Severity.HIGH, title="Any user can read any other", side=Side.LEFT,
    start_line=40, line=41, code="", suggestion=None, blocks=False,
)  # fmt: skip
LATER = replace(NAMING, id="aaaa000002", path="src/shop/stock.py", start_line=18, line=18, why=Why.CITED)


def views(*diffs: str) -> tuple[FileView, ...]:
    """Return the files of diffs."""
    return tuple(FileView(one.path, one.old_path, one.hunks) for text in diffs for one in parse_diff(text))


USUAL_FILES = views(USERS, STOCK, PLAIN.format(name="README.md"))
USUAL = replace(
    FOLLOWED,
    findings=(
        UNRATED,
        INJECTION,
        UNGUARDED,
        replace(RACE, carried=True),
        LATER,
    ),
)
"""Five findings in two files and without one, two of them on one line; one waived, two closed."""


def many(count: int) -> tuple[SummaryView, Sequence[FileView]]:
    """Return a change of so many files, with findings in every thousandth."""
    names = [f"src/part{number // 100:02d}/file{number:04d}.txt" for number in range(count)]
    lines = "\n".join(f"+value_{number} = compute({number}, 'text', limit=None)" for number in range(4))
    files = views(*(f"{PLAIN.format(name=name).replace('+1,2', '+1,6')}{lines}\n" for name in names))
    return replace(FOLLOWED, findings=tuple(_on(name, 2) for name in names[:: count // 3])), files


def _on(path: str, line: int) -> FindingView:
    return replace(INJECTION, id=f"{abs(hash(path)):010x}"[:10], path=path, start_line=line, line=line)


def long() -> tuple[SummaryView, Sequence[FileView]]:
    """Return a change of one file with two thousand lines and a finding near its end."""
    lines = "\n".join(f"+x{number} = {number}" for number in range(1, 2001))
    diff = f"{PLAIN.format(name='a.py').partition('@@')[0]}@@ -0,0 +1,2000 @@\n{lines}\n"
    return replace(FOLLOWED, findings=(_on("a.py", 1900),)), views(diff)


def wide() -> tuple[SummaryView, Sequence[FileView]]:
    """Return the usual change with code that is wider than any window, suggested and explained."""
    code = f"return {' + '.join(f'part_{number}' for number in range(22))}"
    finding = replace(INJECTION, suggestion=code, explanation=f"Better:\n\n```python\n{code}\n```")
    return replace(USUAL, findings=(finding, *USUAL.findings[3:])), USUAL_FILES


ATTEMPTS = (
    "<script>window.hacked=1</script>",
    "</script><script>window.hacked=1</script>",
    "<!--<script>window.hacked=1</script>-->",
    "<img src=x onerror=window.hacked=1>",
    "<svg onload=window.hacked=1>",
    "<details open ontoggle=window.hacked=1>",
    "\"><iframe srcdoc='<script>parent.hacked=1</script>'>",
    '" autofocus tabindex=0 onfocus=window.hacked=1 x="',
    "' onmouseover=window.hacked=1 x='",
    "javascript:window.hacked=1",
    "data:text/html,<script>opener.hacked=1</script>",
    "</style></title></textarea><img src=//evil.example/p.png onerror=window.hacked=1>",
    "\u2028window.hacked=1//\u2029",
    "\\u003cscript>window.hacked=1\\u003c/script>",
    '\\"];window.hacked=1;//',
    "{{ window.hacked=1 }}${window.hacked=1}",
    "__proto__",
    "@import url(//evil.example/a.css); } * { background: url(//evil.example/b.png)",
    *CORPUS[Kind.HTML],
    *CORPUS[Kind.LINK],
)
"""Attacks that set a global, send a request or break the page's data."""


def hostile() -> tuple[SummaryView, Sequence[FileView]]:
    """Return a report in which each finding has one attack, and every other text has all of them."""
    everything: SummaryView = filled(USUAL, " ".join(ATTEMPTS), frozenset({"reviewer"}))
    findings = [filled(INJECTION, text, frozenset()) for text in ATTEMPTS]
    diff = views(PLAIN.format(name="x"))[0]
    files = tuple(
        replace(diff, path=text, old_path=f"{text}.html", hunks=(_poisoned(diff, text),)) for text in ATTEMPTS
    )
    categories = tuple(Category)
    rated = tuple(replace(one, start_line=2, line=2, category=categories[at % 7]) for at, one in enumerate(findings))
    return replace(everything, findings=rated), files


def _poisoned(file: FileView, text: str) -> Hunk:
    hunk = file.hunks[0]
    return replace(hunk, lines=tuple(replace(line, text=text.replace("\n", " ")) for line in hunk.lines))
