"""`reviewbot init` writes files that pass every linter, and writes all of them or none."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from reviewbot import cli
from reviewbot.domain.model.options import ReviewerKind
from reviewbot.settings import INPUTS, Settings, read_settings
from reviewbot.settings.table import CONFIG_FILE
from reviewbot.setup.files import Action, InitOptions, config_file, files, installed_from, read_action, ruleset
from reviewbot.values import replace
from tests.contract.referee import Request, rest_complaints
from tests.contract.test_snippets import LINTERS, complaint
from tests.project.config_schema import config_schema
from tests.terminal.session import Clone, Result

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAMED = f"acme/reviewbot@{COMMIT} # v1.0.0"
ACTION = Action("acme/reviewbot", COMMIT, "v1.0.0")
WISHES = [InitOptions(ACTION, gate, reviewer) for gate in (False, True) for reviewer in ReviewerKind]
WAITING = InitOptions(ACTION, wait_for=("CI", 'Lint: "all"'))
ALL = [f".github/workflows/reviewbot-{name}.yml" for name in ("review", "collect", "commands")]
ALL.append(".github/reviewbot.yml")


class Terminal(io.StringIO):
    """A user who types lines."""

    def isatty(self) -> bool:
        return True


def init(*arguments: str, typed: str | None = None) -> Result:
    out, err = io.StringIO(), io.StringIO()
    typing = None if typed is None else Terminal(typed)
    status = cli.main(["init", *arguments], {"PATH": os.environ["PATH"]}, out, err, typing)
    return Result(status, out.getvalue(), err.getvalue())


def written(clone: Clone) -> dict[str, str]:
    found = [path for path in (clone.root / ".github").rglob("*") if path.is_file()]
    return {path.relative_to(clone.root).as_posix(): path.read_text(encoding="utf-8") for path in found}


@pytest.mark.parametrize("linter", LINTERS, ids=lambda linter: " ".join(linter[::2][:2]))
def test_every_workflow_passes_every_linter(linter: tuple[str, ...], tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for number, options in enumerate([*WISHES, WAITING, replace(WAITING, gate=True)]):
        for path, text in files(options).items():
            if "/workflows/" in path:
                (folder / f"{number}-{Path(path).name}").write_text(text, encoding="utf-8")
    paths = sorted(folder.iterdir())
    assert len(paths) == 21
    assert not complaint(linter, *paths)


@pytest.mark.parametrize("options", WISHES, ids=lambda options: f"{options.reviewer} {options.gate}")
def test_jobs_that_spend_have_a_timeout_and_the_key(options: InitOptions) -> None:
    for path, text in files(options).items():
        if "/workflows/" not in path:
            continue
        read = YAML(typ="safe").load(text)
        assert read["permissions"] == {}
        assert ("pull_request_target" in read["on"]) == (options.gate and path.endswith("review.yml"))
        for job in read["jobs"].values():
            if "uses" not in job["steps"][0]:
                assert (path.rpartition("-")[2], job["permissions"]) == ("threads.yml", {})
                continue
            keyed = "codevf-api-key" in job["steps"][0].get("with", {})
            assert job.get("environment") == ("reviewbot" if keyed and options.gate else None)
            assert job["steps"][0].get("with", {}).keys() <= {row.name for row in INPUTS if row.action}
            assert set(job["permissions"]) == {"contents", "pull-requests", "checks", *["issues"] * keyed}
            assert job["permissions"].get("issues") in {None, "read"}
            folder = {ReviewerKind.CODEVF: "", ReviewerKind.LOCAL: "/local"}[options.reviewer]
            assert re.fullmatch(rf"acme/reviewbot{folder}@[0-9a-f]{{40}}", job["steps"][0]["uses"])
            assert keyed <= (options.reviewer is ReviewerKind.CODEVF)


def test_the_workflow_that_buys_after_checks_listens_to_the_named_ones_and_may_read_statuses() -> None:
    texts = files(WAITING)
    assert not any("checks.yml" in path for options in WISHES for path in files(options))
    assert not any("checks.yml" in path for path in files(replace(WAITING, reviewer=ReviewerKind.LOCAL)))
    read = {path.rpartition("-")[2]: YAML(typ="safe").load(text) for path, text in texts.items() if "/w" in path}
    assert read["checks.yml"]["on"]["workflow_run"] == {"workflows": list(WAITING.wait_for), "types": ["completed"]}
    jobs = [job for workflow in read.values() for job in workflow["jobs"].values()]
    for scope in ("statuses", "actions"):
        assert [job["permissions"].get(scope) for job in jobs] == ["read"] * 4


def test_the_names_to_wait_for_are_given_as_options(clone: Clone) -> None:
    said = init("--action", NAMED, "--wait-for", "CI", "--wait-for", "Lint")
    assert '    workflows: ["CI", "Lint"]\n' in written(clone)[".github/workflows/reviewbot-checks.yml"]
    assert "under `wait-for-checks` in .github/reviewbot.yml" in said.err
    assert "rm .github/workflows/reviewbot-checks.yml" in init("--action", NAMED, "--force").err


def test_the_workflows_of_a_required_check_are_not_replaced_by_advisory_ones_by_default(clone: Clone) -> None:
    init("--action", NAMED, "--as", "gate")
    before = written(clone)
    said = init("--action", NAMED, "--force", "--wait-for", "CI")
    assert "Pass `--as gate` to keep the required check, or `--as advisory`." in said.err
    assert written(clone) == before
    assert init("--action", NAMED, "--force", "--as", "advisory").status == 0


def uncommented(text: str) -> str:
    return re.sub(r"^#(?=[a-z])", "", text, flags=re.MULTILINE)


def test_the_config_file_sets_the_limits_of_spending_alone_and_says_every_default() -> None:
    text = config_file(ACTION)
    assert YAML(typ="safe").load(text) == {"max-credits-per-pr": "auto", "max-credits-ceiling": 1_200}
    assert read_settings({}, text) == Settings()
    said = uncommented(text)
    assert read_settings({}, said) == Settings()
    assert list(YAML(typ="safe").load(said)) == [row.name for row in INPUTS if row.config]
    Draft7Validator(config_schema()).validate(YAML(typ="safe").load(said))
    assert text.startswith(
        f"# yaml-language-server: $schema=https://raw.githubusercontent.com/acme/reviewbot/{COMMIT}/"
    )


def test_the_config_file_says_where_the_costs_are_explained() -> None:
    assert f"# https://github.com/acme/reviewbot/blob/{COMMIT}/docs/costs.md\n" in config_file(ACTION)


def test_the_files_of_the_local_reviewer_have_no_limits_of_spending_and_no_key() -> None:
    texts = files(InitOptions(ACTION, gate=True, reviewer=ReviewerKind.LOCAL))
    assert YAML(typ="safe").load(texts[CONFIG_FILE]) is None
    assert read_settings({}, texts[CONFIG_FILE]) == Settings()
    assert read_settings({}, uncommented(texts[CONFIG_FILE])) == read_settings({"reviewer": "local"}, None)
    assert "#fail-on: high\n" in texts[CONFIG_FILE]
    assert not [path for path, text in texts.items() if path != CONFIG_FILE and "the key" in text]
    assert "spending limits" not in texts[CONFIG_FILE]


@pytest.mark.npm
def test_github_accepts_the_ruleset() -> None:
    body: dict[str, Any] = dict(ruleset(Settings()))
    headers = {"content-type": "application/json", "user-agent": "gh", "authorization": "token x"}

    def complaints(body: dict[str, Any]) -> list[str]:
        sent = json.dumps(body).encode()
        return list(rest_complaints(Request("post", "/repos/acme/shop/rulesets", "", headers, sent)))

    assert not complaints(body)
    assert complaints({**body, "enforcement": "sometimes"})


@pytest.mark.usefixtures("clone")
def test_the_ruleset_requires_our_check_from_github_actions_alone() -> None:
    (rule,) = json.loads(init("--action", NAMED, "--as", "gate").out)["rules"]
    assert rule["parameters"]["required_status_checks"] == [{"context": "CodeVF review", "integration_id": 15368}]
    (rule,) = json.loads(init("--action", NAMED, "--as", "gate", "--reviewer", "local", "--force").out)["rules"]
    assert rule["parameters"]["required_status_checks"][0]["context"] == "reviewbot (local)"
    said = init("--action", NAMED, "--as", "gate", "--force", "--source", "4711").err
    assert "If the App 4711 is your own, create its token in each job and pass it as `github-token`" in said
    assert "     reviewbot init --as gate --source 4711 > ruleset.json &&\n     gh api --method POST" in said


@pytest.mark.usefixtures("clone")
def test_the_ruleset_requires_it_from_the_given_app() -> None:
    (rule,) = json.loads(init("--action", NAMED, "--as", "gate", "--source", "4711").out)["rules"]
    assert rule["parameters"]["required_status_checks"] == [{"context": "CodeVF review", "integration_id": 4711}]


@pytest.mark.parametrize("reviewer", ReviewerKind)
def test_advice_prints_no_ruleset_but_a_command_that_keeps_the_reviewer(clone: Clone, reviewer: ReviewerKind) -> None:
    said = init("--action", NAMED, "--as", "advisory", "--reviewer", reviewer, "--wait-for", "CI, all")
    assert (said.status, said.out, "ruleset" in said.err) == (0, "", False)
    ((command, *words),) = (shlex.split(line)[1:] for line in said.err.splitlines() if " reviewbot init " in line)
    assert (command, init(*words).status) == ("init", 0)
    expected = files(InitOptions(ACTION, gate=True, reviewer=reviewer, wait_for=("CI, all",)))
    assert {path: text for path, text in written(clone).items() if path in expected} == expected


def test_the_ruleset_of_existing_workflows_is_printed_without_their_options(clone: Clone) -> None:
    first = init("--action", NAMED, "--as", "gate", "--reviewer", "local")
    (clone.root / ".github/workflows/reviewbot-threads.yml").unlink()
    before = written(clone)
    again = init("--as", "gate")
    assert (again.status, again.out, written(clone)) == (0, first.out, before)
    assert ".github/workflows/reviewbot-review.yml exists, so init prints only the ruleset." in again.err
    clone.write({CONFIG_FILE: "reviewer: local\n"})
    assert init("--as", "gate", "--source", "4711").out == first.out.replace("15368", "4711")
    for other in (("--reviewer", "codevf"), ("--wait-for", "CI")):
        assert init("--action", NAMED, "--as", "gate", *other).status == 2


def test_no_ruleset_requires_a_check_whose_name_is_an_expression(clone: Clone) -> None:
    init("--action", NAMED, "--as", "gate")
    key = "codevf-api-key: ${{ secrets.CODEVF_API_KEY }}\n"
    clone.write({ALL[0]: written(clone)[ALL[0]].replace(key, f"{key}          instance: ${{{{ matrix.part }}}}\n")})
    said = init("--as", "gate")
    assert (said.status, said.out) == (2, "")
    assert "the name of the check depends on `instance`, which is an expression in .github/workflows/" in said.err
    assert "require `CodeVF review: INSTANCE` in a ruleset." in said.err


@pytest.mark.usefixtures("clone")
def test_the_environment_comes_before_the_workflows_that_would_create_it_unprotected() -> None:
    said = init("--action", NAMED, "--as", "gate").err
    steps = [
        "1. Create the environment",
        "2. Commit these files",
        "3. In a public repository, allow `pull_request_target`",
        "4. After the check has appeared on a pull request",
        "5. Verify",
    ]
    assert (
        re.findall(
            r"^  (\d\. .*?)(?: `reviewbot`| on the| the setup| in an Actions|, require it:).*$", said, re.MULTILINE
        )
        == steps
    )


@pytest.mark.parametrize("options", WISHES, ids=lambda options: f"{options.reviewer} {options.gate}")
def test_every_pin_has_its_release_in_a_comment(options: InitOptions) -> None:
    pins = [line for text in files(options).values() for line in text.splitlines() if "uses:" in line]
    assert len(pins) >= 2
    assert all(re.fullmatch(rf" +- uses: acme/reviewbot(/local)?@{COMMIT} # v1\.0\.0", pin) for pin in pins)


def test_everything_is_written_below_the_clones_root(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    (clone.root / "deep").mkdir()
    monkeypatch.chdir(clone.root / "deep")
    said = init("--action", NAMED)
    assert (said.status, sorted(written(clone))) == (0, sorted(ALL))
    assert written(clone) == files(InitOptions(ACTION))
    assert "gh secret set CODEVF_API_KEY\n" in said.err


@pytest.mark.parametrize("path", ALL)
def test_nothing_is_written_if_one_file_exists(clone: Clone, path: str) -> None:
    clone.write({path: "mine\n"})
    said = init("--action", NAMED)
    assert (said.status, said.out) == (2, "")
    assert f"{path}: already exists" in said.err
    assert written(clone) == {path: "mine\n"}
    said = init("--action", NAMED, "--force")
    assert said.status == 0
    kept = path == CONFIG_FILE
    assert (written(clone)[path] == "mine\n") == kept
    assert (f"{path} (exists, kept)" in said.err) == kept


def test_an_existing_config_file_can_be_kept(clone: Clone) -> None:
    clone.write({ALL[-1]: "fail-on: high\n"})
    assert "Pass `--no-config` or `--force`. Both keep the file." in init("--action", NAMED).err
    assert init("--action", NAMED, "--no-config").status == 0
    assert sorted(written(clone)) == sorted(ALL)
    assert written(clone)[ALL[-1]] == "fail-on: high\n"


@pytest.mark.parametrize(
    ("later", "unused"),
    [
        (("--as", "advisory"), "reviewbot-threads.yml"),
        (("--as", "gate", "--reviewer", "local"), "reviewbot-collect.yml"),
    ],
)
def test_a_workflow_that_the_new_options_do_not_use_is_named(clone: Clone, later: tuple[str, ...], unused: str) -> None:
    first = init("--action", NAMED, "--as", "gate")
    assert " rm " not in first.err
    said = init("--action", NAMED, "--force", *later)
    assert f"     rm .github/workflows/{unused}\n" in said.err
    assert f".github/workflows/{unused}" in written(clone)


def test_nothing_is_written_if_a_folder_is_in_place_of_a_file(clone: Clone) -> None:
    (clone.root / ALL[-1]).mkdir(parents=True)
    said = init("--action", NAMED, "--force")
    assert (said.status, f"{ALL[-1]}: the path is a folder" in said.err) == (2, True)
    assert not written(clone)


@pytest.mark.parametrize("link", [".github", ".github/workflows", ".github/reviewbot.yml"])
def test_no_link_is_followed(clone: Clone, tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    place = clone.root / link
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(outside if "." not in place.name[1:] else outside / "file")
    assert init("--action", NAMED).status == 2
    init("--action", NAMED, "--force")
    assert not list(outside.iterdir())


@pytest.mark.parametrize(
    ("reviewer", "command"),
    [
        ("local", "GITHUB_TOKEN=$(gh auth token) reviewbot doctor"),
        ("codevf", "GITHUB_TOKEN=$(gh auth token) CODEVF_API_KEY=… reviewbot doctor"),
    ],
)
@pytest.mark.usefixtures("clone")
def test_the_command_that_verifies_the_setup_has_its_tokens(reviewer: str, command: str) -> None:
    said = init("--action", NAMED, "--reviewer", reviewer)
    assert f"Verify the setup (free):\n     {command}\n" in said.err


def test_the_release_follows_the_commit_as_in_a_workflow_or_in_one_word(clone: Clone) -> None:
    assert init("--action", NAMED.replace(" ", "")).status == 0
    assert written(clone) == files(InitOptions(ACTION))


def test_a_terminal_prompts_for_missing_options(clone: Clone) -> None:
    said = init(typed=f"{NAMED}\n".join(["codevf\nmaybe\ngate\n", ""]))
    assert said.status == 0
    assert written(clone) == files(InitOptions(ACTION, gate=True))
    assert said.err.count("Should reviews be advisory or gate the merge?") == 2
    assert "--env reviewbot" in said.err


def test_the_first_choice_is_the_default(clone: Clone) -> None:
    assert init("--action", NAMED, typed="\n\n").status == 0
    assert written(clone) == files(InitOptions(ACTION))


@pytest.mark.parametrize(
    "said",
    [
        "acme/reviewbot@v1",
        "acme/reviewbot@v1.0.0",
        "acme/reviewbot@main#v1.0.0",
        f"acme/reviewbot@{COMMIT}",
        f"acme/reviewbot@{COMMIT}#v1",
        f"acme/reviewbot@{COMMIT}#main",
        f"reviewbot@{COMMIT}#v1.0.0",
        f"x y@{COMMIT}#v1.0.0",
    ],
)
def test_an_action_that_could_be_moved_is_refused(clone: Clone, said: str) -> None:
    assert (init("--action", said).status, init().status) == (2, 2)
    assert "To list the releases, run: git ls-remote https://github.com/OWNER/reviewbot 'v*'" in init().err
    assert not (clone.root / ".github").exists()
    assert read_action(said) is None


def test_the_documents_placeholder_is_refused(clone: Clone) -> None:
    said = init("--action", f"OWNER/reviewbot@{COMMIT}#v1.0.0")
    assert (said.status, "`OWNER/reviewbot` is a placeholder" in said.err, (clone.root / ".github").exists()) == (
        2,
        True,
        False,
    )


@pytest.mark.parametrize(
    ("url", "revision", "expected"),
    [
        ("https://github.com/acme/reviewbot.git", "v1.0.0", NAMED),
        ("ssh://git@github.com/acme/reviewbot", "v1.0.0", NAMED),
        ("ssh://git@github.com/acme/reviewbot", "main", "None"),
        ("ssh://git@github.com/acme/reviewbot", None, "None"),
        ("file:///home/me/reviewbot", None, "None"),
    ],
)
def test_a_program_that_was_installed_from_the_repository_knows_its_commit(
    url: str, revision: str | None, expected: str
) -> None:
    origin = {"url": url, "vcs_info": {"vcs": "git", "commit_id": COMMIT, "requested_revision": revision}}
    assert str(installed_from(json.dumps(origin))) == expected
    assert installed_from(json.dumps({"url": url, "dir_info": {"editable": True}})) is None
    assert installed_from(None) is None


def test_git_sees_files_like_any_other(clone: Clone) -> None:
    init("--action", NAMED)
    listed = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=all"],  # noqa: S607 — whichever git there is
        cwd=clone.root, capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert sorted(line[3:] for line in listed.stdout.splitlines()) == sorted(ALL)
