"""Find tokens of known formats by prefix, length and set of characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from msgspec import Struct

from reviewbot.domain.redaction.masks import encodes_code, letters_of_words, looks_random

# A token does not begin inside a word, but it can follow an escape sequence.
_INSIDE = re.compile(r"[A-Za-z0-9_]\Z")
_ESCAPES = (
    *(r"\\[abefnrtv0]", r"\\[0-7]{3}", r"\\x[0-9A-Fa-f]{2}", r"\\u[0-9A-Fa-f]{4}", r"\\U[0-9A-Fa-f]{8}"),
    *(r"%[0-9A-Fa-f]{2}", "=[0-9A-F]{2}"),  # URLs, quoted-printable text
    *(r"\[[Km]", r"[\[;][0-9]m", r"[\[;][0-9]{2}m", r"[\[;][0-9]{3}m"),  # terminal colors
)
"""Patterns of escape sequences. Each has a fixed length, as a lookbehind requires."""
_LONGEST_ESCAPE = 10
_ESCAPE = re.compile(rf"(?:{'|'.join(_ESCAPES)})\Z")
_END, _STOP = r"(?![A-Za-z0-9])", r"(?![A-Za-z0-9_-])"
_N, _W, _H, _B, _S = "[A-Za-z0-9]", "[A-Za-z0-9_-]", "[0-9a-f]", "[A-Za-z0-9+/]", "[./A-Za-z0-9]"
_U = "[0-9A-Z]"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

_JWT_START = rf"eyJ(?:(?<![A-Za-z0-9_-]eyJ)|{'|'.join(f'(?<={one}eyJ)' for one in _ESCAPES)})"
# The signature of a JWT. The last part of a domain has at most 24 characters.
_SIGNATURE = rf"(?:\.{_W}{{27,}}+|\.(?![\w-])|(?!\.|[\w-]))"
# The end of a GitLab token. It cannot be a domain, because a top-level domain with a digit has hyphens (`xn--…`).
_ROUTE = r"(?:(?:\.[0-9]{2})?\.(?=[a-z]{0,8}[0-9])[0-9a-z]{9})?"

_PASSWORD_HASH = (
    rf"\$(?:2[abxy]\$[0-9]{{2}}\${_S}{{53}}|apr1\${_S}{{1,8}}\${_S}{{22}}|[56]\$(?:rounds=[0-9]{{1,9}}\$)?{_S}{{1,16}}\$"
    rf"{_S}{{43,86}}|argon2id?\$v=[0-9]{{1,3}}\$[a-z0-9=,]{{8,40}}\${_B}{{16,}}\${_B}{{20,}})"
)

# Each entry has a kind, substrings and a pattern. The pattern is used if the lower-cased text contains one of the
# substrings. If the pattern has a group, only the group is replaced.
FORMATS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("github-token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), rf"gh[pousr]_{_N}{{36,251}}{_END}"),
    ("github-token", ("ghs_",), rf"ghs_[0-9]{{1,20}}_{_N}{{20,600}}(?:\.eyJ{_W}{{8,900}}\.{_W}{{10,600}})?{_STOP}"),
    ("github-token", ("github_pat_",), rf"github_pat_{_N}{{22}}_{_N}{{59}}{_END}"),
    ("gitlab-token", ("gl",), rf"gl(?:pat|dt|ft|soat|rt|rtr|cbt|imt|ptt|agent|oas|ffct)-{_W}{{20,300}}{_STOP}{_ROUTE}"),
    ("gitlab-token", ("gr1348941",), rf"GR1348941{_W}{{20}}{_END}"),
    ("codevf-key", ("cvf_",), rf"cvf_(?:live|test)_{_W}{{8,120}}{_STOP}"),
    ("slack-token", ("xox", "xapp-"), rf"(?:xox[a-z]|xapp)-(?=[A-Za-z-]{{0,20}}[0-9])[A-Za-z0-9-]{{10,250}}{_STOP}"),
    (
        "slack-webhook",
        ("hooks.slack.com",),
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9_/]{20,120})",
    ),
    (
        "aws-key",
        ("akia", "asia", "abia", "acca", "a3t"),
        rf"(?:A3T[A-Z0-9]|A[BS]IA|ACCA|AKIA)(?!{_U}{{9}}EXAMPLE){_U}{{16}}{_END}",
    ),
    ("google-key", ("aiza",), rf"AIza{_W}{{35}}{_END}"),
    ("google-token", ("ya29.",), rf"ya29\.{_W}{{20,500}}{_STOP}"),
    ("google-token", ("gocspx-",), rf"GOCSPX-{_W}{{20,40}}{_STOP}"),
    ("google-token", ("1//0",), rf"1//0{_W}{{30,200}}{_STOP}"),
    ("openai-key", ("t3blbkfj",), rf"sk-{_W}{{0,120}}T3BlbkFJ{_W}{{16,120}}{_STOP}"),
    ("api-key", ("sk-",), rf"sk-(?:ant|proj|svcacct|admin|or|lf)-{_W}{{16,200}}{_STOP}|sk-{_N}{{32,64}}{_END}"),
    ("huggingface-token", ("hf_",), rf"hf_{_N}{{30,40}}{_END}"),
    ("npm-token", ("npm_",), rf"npm_{_N}{{30,40}}{_END}"),
    ("pypi-token", ("pypi-",), rf"pypi-Ag{_W}{{50,600}}{_STOP}"),
    ("rubygems-key", ("rubygems_",), rf"rubygems_{_H}{{48}}{_END}"),
    ("crates-token", ("cio",), rf"cio{_N}{{32}}{_END}"),
    ("nuget-key", ("oy2",), rf"oy2[a-z0-9]{{43}}{_END}"),
    ("docker-token", ("dckr_",), rf"dckr_[a-z]{{2,4}}_{_W}{{20,60}}{_STOP}"),
    ("shopify-token", ("shp",), r"shp(?:at|ca|pa|ss|tka)_[0-9a-fA-F]{32}" + _END),
    ("stripe-key", ("k_live_", "k_test_"), rf"[sr]k_(?:live|test)_{_N}{{16,250}}{_END}"),
    ("webhook-secret", ("whsec_",), rf"whsec_{_B}{{24,88}}={{0,2}}{_END}"),
    ("digitalocean-token", ("do",), rf"do[opr]_v1_{_H}{{64}}{_END}"),
    ("vault-token", ("hvs.", "hvb.", "hvr."), rf"hv[sbr]\.{_W}{{20,300}}{_STOP}"),
    ("age-key", ("age-secret-key-",), r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    ("jwt", ("eyj",), rf"{_JWT_START}{_W}{{8,}}+={{0,2}}\.eyJ{_W}{{8,}}+={{0,2}}{_SIGNATURE}"),
    (
        "atlassian-token",
        ("atatt", "atctt", "atbb"),
        rf"AT[AC]TT3{_W}{{20,250}}{_STOP}(?:={_N}{{1,16}})?|ATBB{_N}{{32}}{_END}",
    ),
    ("databricks-token", ("dapi",), rf"dapi{_H}{{32}}(?:-[0-9])?{_END}"),
    ("grafana-token", ("glsa_", "glc_"), rf"glsa_{_N}{{32}}_[0-9a-fA-F]{{8}}|glc_eyJ{_B}{{32,400}}={{0,2}}{_END}"),
    ("terraform-token", (".atlasv1.",), rf"{_N}{{14}}\.atlasv1\.{_W}{{60,80}}{_STOP}"),
    ("linear-key", ("lin_",), rf"lin_(?:api|oauth)_{_N}{{40,64}}{_END}"),
    ("discord-webhook", ("/api/webhooks/",), rf"discord(?:app)?\.com/api/webhooks/[0-9]{{15,20}}/({_W}{{60,80}})"),
    ("discord-token", (".",), rf"[MNO]{_W}{{22,27}}\.{_W}{{6}}\.{_W}{{27,40}}{_STOP}"),
    ("sendgrid-key", ("sg.",), rf"SG\.{_W}{{16,32}}\.{_W}{{30,64}}{_STOP}"),
    ("mailchimp-key", ("-us",), rf"{_H}{{32}}-us[0-9]{{1,2}}{_END}"),
    ("mailgun-key", ("key-",), rf"key-{_H}{{32}}{_END}"),
    ("twilio-key", ("ac", "sk"), rf"(?:AC|SK){_H}{{32}}{_END}"),
    ("square-token", ("sq0",), rf"sq0[a-z]{{3}}-{_W}{{22,60}}{_STOP}"),
    ("telegram-token", (":",), rf"[0-9][0-9]{{7,9}}:{_W}{{35}}(?![A-Za-z0-9_-])"),
    (
        "telegram-token",
        ("api.telegram.org/bot",),
        rf"api\.telegram\.org/bot([0-9]{{8,10}}:{_W}{{35}})(?![A-Za-z0-9_-])",
    ),
    ("artifactory-key", ("akc",), rf"AKC(?=[A-Za-z]{{0,60}}[0-9]){_N}{{40,120}}{_END}"),
    ("azure-key", ("accesskey=", "accountkey="), rf"(?:SharedAccess|Account)Key=({_B}{{40,100}}={{0,2}})"),
    ("azure-secret", ("q~",), rf"{_N}{{3}}[0-9]Q~[A-Za-z0-9_.~-]{{31,34}}{_END}"),
    ("teams-webhook", ("webhook.office.com",), rf"webhook\.office\.com/[\w/@-]{{1,200}}/IncomingWebhook/({_H}{{32}})"),
    ("zapier-webhook", ("hooks.zapier.com",), r"hooks\.zapier\.com/hooks/catch/([0-9]{4,12}/[a-z0-9]{5,12})"),
    ("groq-key", ("gsk_",), rf"gsk_{_N}{{40,64}}{_END}"),
    ("replicate-token", ("r8_",), rf"r8_{_N}{{37}}{_END}"),
    ("xai-key", ("xai-",), rf"xai-{_N}{{70,100}}{_END}"),
    ("perplexity-key", ("pplx-",), rf"pplx-{_N}{{40,64}}{_END}"),
    ("pinecone-key", ("pcsk_",), r"pcsk_[A-Za-z0-9_]{50,100}" + _STOP),
    ("langsmith-key", ("lsv2_",), rf"lsv2_(?:pt|sk)_{_H}{{32}}_{_H}{{10}}{_END}"),
    ("tavily-key", ("tvly-",), rf"tvly-(?:dev-|prod-)?{_N}{{24,64}}{_END}"),
    ("notion-token", ("ntn_",), rf"ntn_{_N}{{40,60}}{_END}"),
    ("airtable-token", ("pat",), rf"pat{_N}{{14}}\.{_H}{{64}}{_END}"),
    ("figma-token", ("fig",), rf"fig[dour]{{1,2}}_{_W}{{36,60}}{_STOP}"),
    ("postman-key", ("pmak-",), rf"PMAK-{_H}{{24}}-{_H}{{34}}"),
    ("newrelic-key", ("nr",), r"NR(?:AK|AA|RA|II|IQ|BR)-[A-Za-z0-9_-]{19,40}"),
    ("sentry-token", ("sntry",), rf"sntry(?:u_{_H}{{64}}|s_eyJ[A-Za-z0-9+/=_-]{{50,400}}){_STOP}"),
    ("doppler-token", ("dp.",), rf"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{{2,35}}\.)?{_N}{{40,44}}{_END}"),
    ("pulumi-token", ("pul-",), rf"pul-{_H}{{40}}{_END}"),
    ("tailscale-key", ("tskey-",), rf"tskey-[a-z]{{2,10}}-{_N}{{8,40}}(?:-{_N}{{8,60}})?{_END}"),
    ("sonar-token", ("sq",), rf"sq[apu]_{_H}{{40}}{_END}"),
    ("circleci-token", ("ccipat_",), rf"CCIPAT_{_N}{{22}}_{_H}{{40}}"),
    ("buildkite-token", ("bkua_",), rf"bkua_{_H}{{40}}"),
    ("alibaba-key", ("ltai",), rf"LTAI{_N}{{12,20}}{_END}"),
    ("tencent-key", ("akid",), rf"AKID{_N}{{32}}{_END}"),
    ("facebook-token", ("eaa",), rf"EAA[A-Z]{_N}{{80,300}}{_END}"),
    ("twitter-token", ("aaaaaaaaaaaaaaaa",), rf"A{{19,22}}(?!A)[A-Za-z0-9%]{{60,100}}{_END}"),
    ("brevo-key", ("xkeysib-",), rf"xkeysib-{_H}{{64}}-{_N}{{16}}"),
    ("planetscale-token", ("pscale_",), r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_=-]{32,64}" + _STOP),
    ("netlify-token", ("nfp_",), rf"nfp_{_N}{{36}}{_END}"),
    ("supabase-token", ("sb",), rf"sb(?:p_{_H}{{40}}|_secret_{_W}{{22,60}}{_STOP})"),
    ("hubspot-token", ("pat-",), rf"pat-(?:na|eu)[0-9]-{_UUID}"),
    ("heroku-key", ("hrku-",), rf"HRKU-{_W}{{36,70}}{_STOP}"),
    ("flyio-token", ("fm", "fo1_"), rf"fm[12][a-z]?_{_B}{{60,900}}={{0,2}}{_END}|fo1_{_W}{{43}}{_STOP}"),
    ("onepassword-token", ("ops_eyj",), rf"ops_eyJ{_B}{{100,1200}}={{0,2}}{_END}"),
    ("sourcegraph-token", ("sgp_",), rf"sgp_(?:[a-z0-9]{{16}}_)?{_H}{{40}}"),
    ("typeform-token", ("tfp_",), rf"tfp_{_W}{{40,70}}{_STOP}"),
    ("contentful-token", ("cfpat-",), rf"CFPAT-{_W}{{43}}"),
    ("dynatrace-token", ("dt0",), r"dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    ("mapbox-token", ("sk.eyj",), rf"sk\.eyJ{_W}{{20,120}}\.{_W}{{20,40}}{_STOP}"),
    ("dropbox-token", ("sl.",), rf"sl\.(?:u\.)?{_W}{{120,1500}}{_STOP}"),
    ("plaid-token", ("access-",), rf"access-(?:sandbox|development|production)-{_UUID}"),
    ("paypal-token", ("access_token$",), rf"access_token\$(?:production|sandbox)\$[0-9a-z]{{16}}\${_H}{{32}}"),
    ("easypost-key", ("ez",), rf"EZ[AT]K{_N}{{54}}"),
    ("shippo-token", ("shippo_",), rf"shippo_(?:live|test)_{_H}{{40}}"),
    ("resend-key", ("re_",), rf"re_{_N}{{8}}_{_N}{{24}}{_END}"),
    ("posthog-key", ("phx_",), rf"phx_{_N}{{40,60}}{_END}"),
    ("openshift-token", ("sha256~",), rf"sha256~{_W}{{43}}{_END}"),
    ("snyk-token", ("snyk_",), rf"snyk_(?:uat|sat)\.{_H}{{8}}\.eyJ{_W}{{20,400}}{_STOP}"),
    ("bitcoin-key", ("prv",), r"[xyzt]prv[1-9A-HJ-NP-Za-km-z]{100,112}"),
    ("nostr-key", ("nsec1",), r"nsec1[02-9ac-hj-np-z]{58}"),
    ("password-hash", ("$",), _PASSWORD_HASH),
)
SHORTEST_TOKEN = 15
"""The minimum length of a token, including its prefix."""
_MARKERS = tuple((marker, at) for at, (_, markers, _) in enumerate(FORMATS) for marker in markers)


class Token(Struct, frozen=True, order=True):
    start: int
    stop: int
    kind: str


def tokens_of(text: str) -> Iterator[Token]:
    """Yield the tokens in a text. Tokens of different formats may overlap."""
    lower = " ".join({word for word in text.split() if len(word) >= SHORTEST_TOKEN}).lower()
    for at in sorted({at for marker, at in _MARKERS if marker in lower}):
        kind, pattern = FORMATS[at][0], _compiled(at)
        group = min(pattern.groups, 1)
        for found in pattern.finditer(text):
            if _begins(text, found.start()) and not _is_code(found[group]):
                yield Token(*found.span(group), kind)


@cache
def _compiled(at: int) -> re.Pattern[str]:
    return re.compile(FORMATS[at][2])


_WORDS = 0.64
"""A token with a larger share of letters in words is a name. One in a hundred random tokens exceeds this share."""


def _is_code(token: str) -> bool:
    """Return whether a token reads like a name or encodes code."""
    length = sum(map(str.isalnum, token))
    reads = token.upper() != token and letters_of_words(token) > _WORDS * length
    is_name = not any(map(str.isdigit, token)) and not looks_random(token)
    return reads or is_name or encodes_code(token)


def _begins(text: str, at: int) -> bool:
    before = text[max(at - _LONGEST_ESCAPE, 0) : at]
    return not (before and text[at].isalnum() and _INSIDE.search(before)) or _ESCAPE.search(before) is not None


def apart(tokens: Iterable[Token]) -> tuple[Token, ...]:
    """Merge overlapping tokens. Keep the kind of the first token, or of the longest token at the first position."""
    kept: list[Token] = []
    for one in sorted(tokens, key=lambda token: (token.start, -token.stop)):
        if not kept or one.start >= kept[-1].stop:
            kept.append(one)
        elif one.stop > kept[-1].stop:
            kept[-1] = Token(kept[-1].start, one.stop, kept[-1].kind)
    return tuple(kept)
