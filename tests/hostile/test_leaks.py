"""No secret is shown: neither the key and token, nor secrets that an author committed by mistake."""

from __future__ import annotations

import base64
import html
import io
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from reviewbot_sandbox.codevf import Answer, TaskLife, TaskRequest
from reviewbot_sandbox.faults import Reply
from reviewbot_sandbox.github import Rules

from reviewbot import cli
from reviewbot.domain.redaction.masks import mask
from tests.app.rig import CLEAN, HEAD, KEY, REPO, SCALE, TOKEN, Rig, answer, finding, open_rig
from tests.hostile.leaks import CORE, GHP, leaks, left_by_runs, said_to

FILES: dict[str, Any] = {f"{kind}_file": f"report.{kind}" for kind in ("json", "sarif", "rdjson", "html")}

# --- The search itself ------------------------------------------------------------------------------------------------

ODD = 'k€y"\\<&+ %:,/\n'
WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": json.dumps,
    "json, letters kept": lambda text: json.dumps(text, ensure_ascii=False),
    "html": html.escape,
    "address": lambda text: quote(text, safe=""),
    "command": lambda text: text.replace("%", "%25").replace(":", "%3A").replace(",", "%2C"),
    "hexadecimal": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of a user": lambda text: base64.b64encode(f"x-access-token:{text}".encode()).decode(),
    "base64 of two": lambda text: base64.b64encode(f"ab{text}cd".encode()).decode(),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(f"~~~{text}?".encode()).decode(),
}


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("secret", [KEY, GHP, ODD], ids=["key", "token", "odd"])
def test_a_secret_is_found_however_it_is_written(write: Callable[[str], str], secret: str) -> None:
    (found,) = {one.partition(":")[0] for one in leaks({"a": f"x{write(secret)}y".encode(), "b": b""}, [secret])}
    assert found == "a"


def test_a_masking_command_shows_no_secret_and_the_next_line_would(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(f"::add-mask::{KEY}\nfine\n")
    assert not leaks(left_by_runs(tmp_path), [KEY])
    (tmp_path / "log").write_text(f"::add-mask::{KEY}\nnot fine: {KEY}\n")
    assert leaks(left_by_runs(tmp_path), [KEY]) == [f"log: {KEY} as {KEY}"]


def test_everything_that_a_run_wrote_and_sent_is_searched(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(finding("app.py", 12))) as rig:
        rig.run(**FILES)
        places = " ".join((*left_by_runs(rig.folder), *said_to("GitHub", rig.github_faults)))
        assert said_to("CodeVF", rig.codevf_faults)
    for place in ("log", "output", "summary.md", *FILES.values(), "/reviews)", "/comments)", "/check-runs"):
        assert place in places


# --- What an author commits -------------------------------------------------------------------------------------------

PASSWORD = "Zq8" + CORE + "Vw7xY"
"""A value without a known format, recognized because of `.env`."""
SPOKEN = "Pw5" + CORE
"""A value recognized because of its sentence."""
NAMED = "ghp_" + "f6G7h8I9j0" * 4
HELD = "ghp_" + "0j9I8h7G6f" * 4
"""Secrets in file names. Requests to GitHub contain the names, so only these may be sent to it."""

PLANTS = {
    "src/client.py": f'import os\nTOKEN = "{GHP}"\nprint(TOKEN)\n' + "value = 1\n" * 20,
    "src/db.py": f'import db\n\ndb.connect("ops", "{PASSWORD}")\nOURS = "{KEY} {TOKEN}"\n' + "value = 2\n" * 20,
    "deploy/.env": f"DB_PASSWORD={PASSWORD}\nDEBUG=1\n",
    "deploy/id_ed25519": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{CORE * 6}\n-----END OPENSSH PRIVATE KEY-----\n",
    f"notes/{NAMED}.md": "# A note that is called like a token\n",
    f"{HELD}/package-lock.json": '{"packages": {"a": {"resolved": "https://new.example/a.tgz"}}}\n',
}
TITLE = f"Use {GHP} for now"
BODY = f"Send `Authorization: Bearer {GHP[4:]}` with\n\npassword: '{SPOKEN}'\n"
CONFIG = (
    f"instructions: 'ask with token {GHP}'\n"
    f"path-instructions:\n  - path: 'src/**'\n    instructions: \"db_password = '{SPOKEN}'\"\n"
)


def committed(rig: Rig) -> None:
    """Open a pull request that contains every planted secret."""
    rig.world.push(REPO, "oops", {**HEAD, **PLANTS}, message=f"Use {GHP}", author="mona")
    rig.number = rig.world.open_pull_request(REPO, "oops", title=TITLE, body=BODY, author="mona").number


def sent_to_codevf(rig: Rig) -> str:
    """Return prompt and attachments of every task."""
    bodies = [one.body for one in rig.codevf_faults.requests() if isinstance(one.body, dict) and "prompt" in one.body]
    assert bodies
    return "\n".join(
        text for body in bodies for text in (body["prompt"], *(one["content"] for one in body["attachments"]))
    )


def token_in_client(_: TaskRequest) -> Answer:
    """Return a finding that quotes a line as it was sent and suggests a change."""
    line = 'TOKEN = "[REDACTED:github-token]"'
    fix = 'TOKEN = os.environ["TOKEN"]'
    return answer(finding("src/client.py", 2, code=line, existing_code=line, suggestion=fix, title="A token"))


def test_a_committed_secret_is_not_sent_and_lines_keep_their_numbers(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=token_in_client, config=CONFIG) as rig:
        committed(rig)
        done = rig.run(**FILES)
        comment = next(one for one in rig.comments() if "A token" in one.body)
        sent = sent_to_codevf(rig)
        written = {**left_by_runs(rig.folder), **said_to("CodeVF", rig.codevf_faults)}
        summaries = "".join(rig.summaries())
    assert rig.world.store.threads[comment.thread_id].anchor.line == 2
    assert "```suggestion" not in comment.body, "it would write the mask into the file"
    github = "[REDACTED:github-token]"
    for words in (f"Use {github} for now", "Bearer " + mask(GHP[4:]), f"with token {github}", f"'{mask(SPOKEN)}'"):
        assert words in sent
    assert f'+db.connect("ops", "{mask(PASSWORD)}")' in sent
    assert '+OURS = "[REDACTED:own-secret] [REDACTED:own-secret]"' in sent
    assert "DEBUG=1" not in sent
    assert "PRIVATE KEY" not in sent
    assert not leaks(written | {"summary": summaries.encode()}, [NAMED, HELD])
    for held in ("deploy/.env", "deploy/id_ed25519", f"notes/{github}.md", f"{github}/package-lock.json`:"):
        assert held in done.summary
    assert done.outputs["coverage"] == "partial"


def test_a_renamed_file_of_secrets_is_held_back(tmp_path: Path) -> None:
    lines = "".join(f"SETTING_{number}=on\n" for number in range(9))
    with open_rig(tmp_path, files={".env": f"{lines}HOST=inner.example\n"}) as rig:
        rig.world.push(REPO, "topic", {".env": None, ".env.example": lines}, author="mona")
        assert rig.run().outputs["coverage"] == "partial"
        assert "inner.example" not in sent_to_codevf(rig)


def test_a_finding_on_a_line_with_a_secret_is_placed_without_the_secret(tmp_path: Path) -> None:
    leak, cited = PLANTS["src/client.py"], answer(finding("leak.py", 2))
    with open_rig(tmp_path, life=TaskLife(pending=2, processing=2), engineer=lambda _: cited) as rig:
        rig.world.push(REPO, "topic", {"leak.py": leak}, author="mona")
        rig.run(wait_minutes="0", review_on="ready")
        rig.world.push(REPO, "topic", {"leak.py": f"# One more line\n{leak}"}, author="mona")
        time.sleep(6 * SCALE)
        rig.collect(review_on="ready", **FILES)
        [comment] = rig.comments()
        assert rig.world.store.threads[comment.thread_id].anchor.line == 3


# --- Key and token ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status", [401, 422, *(pytest.param(status, marks=pytest.mark.proof) for status in (400, 403, 404, 409, 500))]
)
@pytest.mark.parametrize(("service", "secret"), [("github", TOKEN), ("codevf", KEY)])
def test_a_secret_in_a_services_error_is_not_repeated(tmp_path: Path, service: str, secret: str, status: int) -> None:
    echo = json.dumps({"error": f"no such key: {secret}", "message": f"Bad credentials {secret}", "errors": [secret]})
    reply = Reply(status, (("content-type", "application/json"),), echo.encode())
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        faults = {"github": rig.github_faults, "codevf": rig.codevf_faults}[service]
        faults.add("/check-runs|/reviews|/issues/|/tasks", reply, times=None)
        rig.run(wait_minutes="1", **FILES)
        assert next(one.status for one in faults.requests() if one.fault) == status


def test_a_key_in_an_answer_is_not_shown(tmp_path: Path) -> None:
    leaking = answer(finding("app.py", 12, title=KEY, explanation=KEY, code=KEY, suggestion=KEY), summary=KEY)
    with open_rig(tmp_path, engineer=lambda _: leaking) as rig:
        assert rig.run(**FILES).outputs["findings"] == "1"


def test_the_debug_log_shows_no_secret(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        rig.world.store.rules = Rules(diff_files=1)
        done = rig.run(runner={"RUNNER_DEBUG": "1"})
        assert "::debug::" in done.log


def test_a_bug_report_names_the_place_and_no_value(tmp_path: Path) -> None:
    class Fragile(io.StringIO):
        """A log that fails while a secret is being written."""

        broken = False

        def write(self, text: str) -> int:
            if "credits" in text and not self.broken:
                self.broken = True
                raise RuntimeError(KEY, TOKEN)
            return super().write(text)

    log = Fragile()
    with open_rig(tmp_path) as rig:
        env = rig.environment("pull_request", rig.event(), {})
        try:
            cli.main(["action"], env, log)
        except RuntimeError as error:
            cli.report_bug(["action"], env, log, error)
        assert log.broken
        assert "has a bug: RuntimeError" in log.getvalue()
        assert not leaks({"log": re.sub("::add-mask::.*", "", log.getvalue()).encode()}, [KEY, TOKEN])
