"""The help of each command, at most 80 columns wide."""

from __future__ import annotations

from collections.abc import Mapping

START = """\
Start here:
  reviewbot review --reviewer local   review this branch with static analyzers;
                                      free, and nothing leaves the machine
  reviewbot demo                      example review; needs reviewbot-sandbox
  reviewbot init                      write workflows and a config file
  reviewbot review --help             options and examples of `review`
"""

TEXTS: Mapping[str, str] = {
    "review": """\
Review the commits of this branch since its merge base with the base branch.
Uncommitted changes are not reviewed (see --staged). Settings come from
.github/reviewbot.yml on the base branch; with --pr, on the default branch.

With --reviewer local, static analyzers review the change: free, without an
account. Otherwise reviewbot buys a review from CodeVF with the key in
CODEVF_API_KEY. Ctrl-C leaves that review running. Run the same command again to
resume it without paying twice.

Examples:
  reviewbot review --reviewer local            free, on this machine
  reviewbot review --dry-run                   files and credits of a review
  reviewbot review                             buy a review and wait for it
  reviewbot review --base release --head fix   other branches
  reviewbot review --staged --reviewer local   staged changes
  reviewbot review --pr 12 --repo acme/shop    a pull request; posts nothing
  reviewbot review --format short              one line per finding
  reviewbot apply --check                      the fixes, as a patch

Exit status: 0 nothing blocks; 1 findings block, or the review is not finished;
2 invalid command or settings; 3 no complete review; 130 interrupted.
""",
    "apply": """\
Apply the suggestions of the last review of this work tree, or of a JSON report.
A suggestion is applied only where the reviewed lines are unchanged, and only to
regular files that git tracks. Other changes in the file are kept. The reviewed
commit must be in this clone.

Examples:
  reviewbot apply --check          the patch; changes no file
  reviewbot apply                  every suggestion that fits
  reviewbot apply 3f9a             one finding; its first four digits are enough
  reviewbot apply report.json      the suggestions of a report

If suggestions overlap, the one for the more severe finding is applied.

Exit status: 0 applied; 2 no such report or finding; 3 a suggestion was refused.
""",
    "plan": """\
Estimate what reviews of past merges (or of commits, if branches are squashed)
would have sent and cost with today's settings. The table has files, sizes,
credits, the rule of `routes` that chose the review, and the reviews that a
limit stops. Pull requests of the bots in `bots` are listed separately, because
the action does not review them. Git does not record labels and drafts, so rules
with these conditions are not applied. Nothing is sent; no account is needed.

Examples:
  reviewbot plan                               the last 90 days
  reviewbot plan --since 4w --mode standard    four weeks, in the cheapest mode
  reviewbot plan --format markdown             the totals by rule, for a comment
""",
    "stats": """\
Show what the reviews of past pull requests cost, how long their answers took,
and what happened to their findings: fixed, waived, disputed, ignored. It reads
the summary comments on GitHub, and writes nothing.

Set GITHUB_TOKEN or GH_TOKEN. With the workflow's key in CODEVF_API_KEY, only
summaries that it signed count. Without a key, the figures are unverified.

Examples:
  reviewbot stats                                   this clone's repository
  reviewbot stats --since 1y --repo acme/shop --repo acme/api
  reviewbot stats --format html > stats.html        a page with charts

Exit status: 0 printed; 2 invalid command; 3 GitHub cannot be read.
""",
    "render": """\
Convert a JSON report to another format, on standard output. Nothing is sent.

Examples:
  reviewbot render report.json --to html > report.html       a page to read
  reviewbot render report.json --to sarif > report.sarif     for code scanning
  reviewbot render report.json --to rdjson > report.rdjson   for reviewdog
  reviewbot render report.json --to markdown                 for a comment
  reviewbot render report.json --to prompt | AGENT           for a coding agent

Exit status: 0 written; 2 the report cannot be read.
""",
    "init": """\
Write the workflows that review pull requests, collect finished reviews and
answer commands, and a config file that lists every setting. All are commented
out, except the spending limits of a paid reviewer. --as gate also prints the
ruleset that requires the check; if its workflows exist, it only prints the
ruleset. --force overwrites existing workflows, but never a config file. Nothing
is sent.

At a terminal, init asks for missing options. Non-interactive defaults:
--as advisory and --reviewer codevf. --action has a default only if you
installed a release from its repository.

Examples:
  reviewbot init --action OWNER/reviewbot@COMMIT#vX.Y.Z   advisory
  reviewbot init --as gate > ruleset.json                 a required check
  reviewbot init --reviewer local                         without an account

Exit status: 0 written or printed; 2 a file exists, or an option is missing.
""",
    "doctor": """\
Check that reviews of a repository work: the key, credits and prices at CodeVF;
the settings, templates and workflows of the default branch; the permissions of
the token; the required check. Each line is ok, a note or a problem, with its
fix. doctor only reads: it creates nothing and spends nothing.

Set GITHUB_TOKEN or GH_TOKEN for GitHub, and CODEVF_API_KEY for CodeVF.

Examples:
  GITHUB_TOKEN=$(gh auth token) reviewbot doctor
  GITHUB_TOKEN=$(gh auth token) reviewbot doctor --repo acme/shop

Exit status: 0 no problem; 2 settings, workflows or rules are wrong; 3 a review
would not happen.
""",
    "config": """\
Read a config file as the action does. `check` lists every problem and its line.
`show` lists each setting, its value and where the value comes from. The action
reads the file of the default branch; this command reads the file in this clone.

Examples:
  reviewbot config check
  reviewbot config show --input fail-on=high

Exit status: 0 valid; 2 invalid.
""",
    "action": """\
Run the action for the event that GitHub's runner describes in the environment.
Workflows run it with `uses:`. At a terminal, use `reviewbot review`.
""",
    "collect": """\
Run the action with `command: collect`, in the environment of GitHub's runner.
It publishes finished reviews, executes missed commands, which may buy reviews,
and buys deferred reviews.
""",
}
"""The help of each command: the text above the options, followed by the examples below them."""
