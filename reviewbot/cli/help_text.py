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
Review the commits on this branch since its merge base with the base branch.
reviewbot does not review uncommitted changes (see --staged). It reads settings
from .github/reviewbot.yml on the base branch or, with --pr, on the default
branch.

With --reviewer local, static analyzers review the change for free and without
an account. Otherwise, reviewbot buys a review from CodeVF with the key in
CODEVF_API_KEY. Ctrl-C leaves that review running. Run the same command again to
resume it without paying twice.

Examples:
  reviewbot review --reviewer local            free, on this machine
  reviewbot review --dry-run                   show the files and the credits
  reviewbot review                             buy a review and wait for it
  reviewbot review --base release --head fix   other branches
  reviewbot review --staged --reviewer local   staged changes
  reviewbot review --pr 12 --repo acme/shop    a pull request; post nothing
  reviewbot review --format short              one line per finding
  reviewbot apply --check                      print the fixes as a patch

Exit status: 0 no finding blocks; 1 findings block, or the review is pending;
2 invalid command or settings; 3 the review is missing or incomplete;
130 interrupted.
""",
    "apply": """\
Apply the suggestions from the last review of this work tree or from a JSON
report. reviewbot changes only regular files that git tracks, and only lines
that have not changed since the review. It keeps other changes in the file. The
reviewed commit must be in this clone.

Examples:
  reviewbot apply --check          print the patch; change no file
  reviewbot apply                  apply every suggestion that fits
  reviewbot apply 3f9a             one finding, by 4 or more digits of its id
  reviewbot apply report.json      apply the suggestions from a report

If suggestions overlap, reviewbot applies the one for the more severe finding.

Exit status: 0 success; 2 the report or the finding does not exist; 3 reviewbot
could not apply a suggestion.
""",
    "plan": """\
Estimate what reviews of past merges (or of commits, if branches are squashed)
would have sent and cost with the current settings. The table shows files,
sizes, credits, the rule in `routes` that chose the review, and the reviews that
a limit prevents. Pull requests of the bots in `bots` are listed separately,
because the action does not review them. Git does not record labels or drafts,
so reviewbot does not apply rules with these conditions. The command sends
nothing and needs no account.

Examples:
  reviewbot plan                               the last 90 days
  reviewbot plan --since 4w --mode standard    four weeks, in the cheapest mode
  reviewbot plan --format markdown             the totals by rule for a comment
""",
    "stats": """\
Show what reviews of past pull requests cost, how long the answers took, and
whether the findings were fixed, waived, disputed or ignored. The command reads
the summary comments on GitHub and writes nothing.

Set GITHUB_TOKEN or GH_TOKEN. If CODEVF_API_KEY is set to the workflow's key,
reviewbot counts only summaries signed with it. Without a key, the figures are
unverified.

Examples:
  reviewbot stats                                   this clone's repository
  reviewbot stats --since 1y --repo acme/shop --repo acme/api
  reviewbot stats --format html > stats.html        a page with charts

Exit status: 0 success; 2 invalid command; 3 reviewbot could not read from
GitHub.
""",
    "render": """\
Convert a JSON report to another format on standard output. The command sends
nothing.

Examples:
  reviewbot render report.json --to html > report.html       a page to read
  reviewbot render report.json --to sarif > report.sarif     for code scanning
  reviewbot render report.json --to rdjson > report.rdjson   for reviewdog
  reviewbot render report.json --to markdown                 for a comment
  reviewbot render report.json --to prompt | AGENT           for a coding agent

Exit status: 0 success; 2 reviewbot cannot read the report.
""",
    "init": """\
Write the workflows that review pull requests, collect finished reviews and
answer commands. Also write a config file in which every setting is commented
out, except the spending limits of a paid reviewer. The command sends nothing.

--as gate also prints the ruleset that requires the check. If workflows for a
required check exist, init prints only the ruleset. --force overwrites existing
workflows, but never a config file.

At a terminal, init asks for missing options. Elsewhere, the defaults are
--as advisory and --reviewer codevf. --action has a default only if you
installed reviewbot from a release in the action's repository.

Examples:
  reviewbot init --action OWNER/reviewbot@COMMIT#vX.Y.Z   advisory
  reviewbot init --as gate > ruleset.json                 a required check
  reviewbot init --reviewer local                         without an account

Exit status: 0 success; 2 a file already exists, or an option is missing.
""",
    "doctor": """\
Check that reviewbot can review a repository. doctor checks the key, credits and
prices at CodeVF, the settings, templates and workflows on the default branch,
the token's permissions, and the required check. It prints a line for each
result: ok, a note or a problem, with a fix. It creates and spends nothing.

Set GITHUB_TOKEN or GH_TOKEN for GitHub, and CODEVF_API_KEY for CodeVF.

Examples:
  GITHUB_TOKEN=$(gh auth token) reviewbot doctor
  GITHUB_TOKEN=$(gh auth token) reviewbot doctor --repo acme/shop

Exit status: 0 no problem; 2 invalid settings, workflows or rules; 3 reviews
would fail.
""",
    "config": """\
Read a config file as the action does. `check` lists every problem with its line
number. `show` lists each setting with its value and source. The action reads
the file on the default branch, but this command reads the file in this clone.

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
Run the action with `command: collect` in the environment of GitHub's runner.
The action publishes finished reviews, buys deferred reviews, and executes
missed commands, which may also buy reviews.
""",
}
"""The help of each command: the text above the options, then the examples, which appear below them."""
