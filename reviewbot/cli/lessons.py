"""The lessons of the commands that set a repository up."""

from __future__ import annotations

INIT = """\
Writes workflows that review pull requests, collect what takes longer, and
answer comments, and a config file that tells every setting; then prints the
ruleset that requires the check. Nothing is sent, and no file is replaced unless
--force says so: then every one of them is, or none.

What is not said is asked at a terminal; elsewhere it is advisory, by CodeVF.
"""

INIT_EXAMPLES = """\
Examples:
  reviewbot init --action OWNER/reviewbot@COMMIT      advice, on pull_request
  reviewbot init --as gate > ruleset.json             a gate, forks included
  reviewbot init --reviewer local                     no account

Exit status: 0 written; 2 something is in the way or was not said.
"""

DOCTOR = """\
Looks whether reviews of a repository would work: the key, credits and prices at
CodeVF; on GitHub the settings, templates and workflows of the default branch,
what the token can see, and which check is required. Each line says ok, or what
is wrong and what to do. It creates no task and spends nothing; a project of the
account is made when missing, as the first review would.

CodeVF's key is CODEVF_API_KEY, GitHub's token GITHUB_TOKEN or GH_TOKEN.
"""

DOCTOR_EXAMPLES = """\
Examples:
  GITHUB_TOKEN=$(gh auth token) reviewbot doctor
  reviewbot doctor --repo acme/shop

Exit status: 0 all is well; 2 settings, workflows or rules are wrong; 3 a review
would not happen. 2 goes before 3.
"""

CONFIG = """\
Reads a config file as the action would. `check` tells every problem at once,
with its line; `show` tells each setting, its value and where it comes from.
The action reads the file of the default branch; this reads the file here.
"""

CONFIG_EXAMPLES = """\
Examples:
  reviewbot config check
  reviewbot config show --input fail-on=high

Exit status: 0 the settings are right; 2 they are not.
"""
