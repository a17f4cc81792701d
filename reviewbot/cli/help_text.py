"""The help of each command, at most 80 columns wide."""

from __future__ import annotations

from collections.abc import Mapping

START = """\
To begin:
  reviewbot review --reviewer local   this branch, by analyzers: no account, and
                                      nothing leaves the machine
  reviewbot plan                      what past merges would have cost
  reviewbot demo                      a whole paid review, made up, right here
  reviewbot init                      the workflows and settings of this clone
  reviewbot doctor                    whether reviews of a repository would work
  reviewbot COMMAND --help            each command, with examples
"""

TEXTS: Mapping[str, tuple[str, str]] = {
    "review": (
        """\
Reviews what this branch adds to its base: the commits from their merge base to
the head. What is not committed is not reviewed (but see --staged). Settings are
read from .github/reviewbot.yml at the base.

CodeVF's reviewers are people, and paid: put your key into CODEVF_API_KEY. The
same change is not bought twice: asked again, the command goes on with the
review that there is. Ctrl-C leaves, the review goes on, and the same command
picks it up. --dry-run shows what would be sent and held, and sends nothing.
""",
        """\
Examples:
  reviewbot review --reviewer local            free, on this machine alone
  reviewbot review --dry-run                   what a paid one would send, hold
  reviewbot review                             buys one, and waits for it
  reviewbot review --base release --head fix   another branch, another base
  reviewbot review --staged --reviewer local   what is staged
  reviewbot review --pr 12 --repo acme/shop    a pull request; only reads it
  reviewbot review --format json > report.json
  reviewbot apply report.json --check          the fixes in it, as a patch

Exit status: 0 the gate is open; 1 it is closed, or the review is not finished;
2 the command or the settings are wrong; 3 there is no review; 130 interrupted.
""",
    ),
    "apply": (
        """\
Puts suggestions of a report into the files of this clone: those that replace
exactly the lines that were reviewed, in regular files that git tracks. Where
those lines have changed since, it refuses and says so; what has changed
elsewhere in the file is kept. The report must be of a commit that is here.
""",
        """\
Examples:
  reviewbot review --reviewer local --format json > report.json
  reviewbot apply report.json --check          the patch; changes nothing
  reviewbot apply report.json                  every suggestion that fits
  reviewbot apply report.json 3f9a             this one alone

Of an id its first digits do, four or more. Of two fixes for a line the one of
the worse finding is applied, and the other is left out.

Exit status: 0 all that was asked for is done; 2 there is no such report or
finding; 3 at least one was refused.
""",
    ),
    "plan": (
        """\
Replays what came to this branch, one review for each merge (or commit, where
branches are squashed), by the settings of today: how many files would have been
sent and held back, and how many credits a review would have held. Merges of
bots, which the action does not review, are counted apart. Nothing is sent, and
no account is needed.
""",
        """\
Examples:
  reviewbot plan                               the last 90 days
  reviewbot plan --since 4w --mode standard    four weeks, at the cheapest level
""",
    ),
    "render": (
        """\
Makes another kind of file of a JSON report and writes it to the output. It asks
nobody and costs nothing.
""",
        """\
Examples:
  reviewbot render report.json --to html > report.html       a page for people
  reviewbot render report.json --to sarif > report.sarif     for code scanning
  reviewbot render report.json --to rdjson > report.rdjson   for reviewdog
  reviewbot render report.json --to markdown                 to be read here

Exit status: 0 it is written; 2 the report cannot be read.
""",
    ),
    "init": (
        """\
Writes workflows that review pull requests, collect what takes longer, and
answer comments, and a config file that lists every setting. --as gate also
prints the ruleset that requires the check. Nothing is sent. Existing files are
replaced only with --force, and then all of them or none.

What is not said is asked at a terminal; elsewhere it is advisory, by CodeVF.
""",
        """\
Examples:
  reviewbot init --action OWNER/reviewbot@COMMIT#vX.Y.Z   advice, on pull_request
  reviewbot init --as gate > ruleset.json                 a gate, forks included
  reviewbot init --reviewer local                         no account

Exit status: 0 written; 2 something is in the way or was not said.
""",
    ),
    "doctor": (
        """\
Looks whether reviews of a repository would work: the key, credits and prices at
CodeVF; on GitHub the settings, templates and workflows of the default branch,
what the token can see, and which check is required. Each line says ok, or what
is wrong and what to do. It only reads: it creates nothing and spends nothing.

CodeVF's key is CODEVF_API_KEY, GitHub's token GITHUB_TOKEN or GH_TOKEN.
""",
        """\
Examples:
  GITHUB_TOKEN=$(gh auth token) reviewbot doctor
  reviewbot doctor --repo acme/shop

Exit status: 0 all is well; 2 settings, workflows or rules are wrong; 3 a review
would not happen. 2 goes before 3.
""",
    ),
    "config": (
        """\
Reads a config file as the action would. `check` tells every problem at once,
with its line; `show` tells each setting, its value and where it comes from.
The action reads the file of the default branch; this reads the file here.
""",
        """\
Examples:
  reviewbot config check
  reviewbot config show --input fail-on=high

Exit status: 0 the settings are right; 2 they are not.
""",
    ),
    "action": (
        """\
Reviews the pull request of the event that GitHub's runner tells of in its
environment. Workflows call it by `uses:`; at a terminal, `reviewbot review` is
what you want.
""",
        "",
    ),
    "collect": (
        """\
Publishes the reviews that are finished by now, of all open pull requests of the
repository: the action with `command: collect`, in the environment of GitHub's
runner. It buys nothing but what was put off until an older review is there.
""",
        "",
    ),
}
"""What stands above and below the options of each command."""
