"""Determine the kind of a file: whether it is reviewed, and how redaction treats it.

The `Place` of a file states whether redaction treats the file as data, as source code or as commands.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from reviewbot.domain.diff.parse import EXECUTABLE_MODE, SYMLINK_MODE, ChangedFile
from reviewbot.domain.redaction.places import COMMAND_KEY, Place

_TEXT = re.compile(
    r"\.(?:py[wxi]?|ipynb|rb|rake|gemspec|ru|[cm]?jsx?|[cm]?tsx?|vue|svelte|astro|coffee|go|rs|java|kts?|scala|groovy|gradle"
    r"|[ch]|cc|hh|[ch](?:pp|xx)|inl|mm?|swift|cs|csx|fsx?|vb|php[0-9]?|phtml|p[lm]|t|lua|tcl|r|jl|exs?|erl|hrl|hs|mli?"
    r"|clj[cs]?|edn|lisp|el|scm|rkt|dart|nim|zig|cr|d|sv?|vhdl?|asm|sol|vy|move|cairo|sql|prql|awk|sed|bats"
    r"|sh|bash|zsh|fish|k?sh|csh|ps[dm]?1|bat|cmd|vbs|ahk|applescript|html?|xhtml|svg|xml|xsl|xsd|css|s[ac]ss|less"
    r"|ya?ml|json[c5l]?|toml|ini|cfg|conf|config|env|properties|plist|tf|tfvars|hcl|nix|bzl|bazel|star|cmake|mk|mak"
    r"|proto|thrift|graphql|gql|j2|jinja2?|tmpl|tpl|ejs|erb|hbs|mustache|liquid|cshtml|jsp|aspx?|md|mdx|markdown|rst"
    r"|adoc|asciidoc|txt|text|tex|csv|tsv|diff|patch|lock|service|desktop|dockerfile|containerfile"
    r"|cuh?|hip|ipp|tpp|f(?:or|77|90|95|03|08)?|pas|dpr|bas|cls|ad[bs]|cob|cbl|m4|a[cm]|f?cgi|[wp]sgi|inc|module|install"
    r"|theme|(?:cs|fs|vb|vcx)proj|props|targets|sln|gni?|gypi?|bp|podspec|cabal|ebuild|spec|pp|sls|rego|cue|jsonnet"
    r"|libsonnet|dhall|nu|resi?|robot|feature|reg|inf|wsf|hta|glsl|vert|frag|comp|hlsl|wgsl|metal|razor|xaml)$"
    r"|(?:^|/)\.[^/]*rc$|(?:^|/)(?:requirements|constraints)[^/]*$"
    # Jest executes snapshots. Other `.snap` files are packages.
    r"|(?:^|/)__snapshots__/[^/]*\.snap$|\.[cm]?[jt]sx?\.snap$"
)
_EXECUTABLE = re.compile(
    r"\.(?:exe|com|scr|msi|dll|so(?:\.[0-9]+)*|dylib|node|pyd|py[co]|jar|war|ear|class|dex|apk|aar|wasm|elf|ko|o|a|obj|lib"
    r"|sys|efi|deb|rpm|pkg|dmg|appimage|whl|egg|gem|nupkg|crx|xpi|vsix|beam|hex|uf2|pkl|pickle|joblib|pt|pth|ckpt"
    r"|lockb|tgz|pyzw?|phar|rlib|rmeta|jmod|swf|luac|scpt|xl[sta]m|do[ct]m|pptm|rds|rda(?:ta)?|dill|hbc|spv|cubin|bc)$"
)
_MEDIA = re.compile(
    r"\.(?:png|jpe?g|gif|webp|avif|heic|bmp|ico|icns|tiff?|psd|ai|eps|woff2?|ttf|otf|eot|mp[34]|m4[av]|ogg|oga|ogv|wav|flac"
    r"|webm|mov|avi|mkv|pdf|jxl|tga|dds|ktx2?|exr|cur|ani|svgz|ttc|mid|aac|opus|aiff?|wma|wmv|mpe?g|flv|3gp|jfif|jp2|heif"
    r"|midi|hdr|apng|sf2|djvu)$"
)
_DATA = re.compile(
    r"\.(?:bin|dat|data|db|sqlite3?|mdb|zip|gz|bz2|xz|zst|lz4|7z|rar|tar|iso|img|npy|npz|onnx|pb"
    r"|tflite|safetensors|gguf|h5|hdf5|mat|parquet|arrow|feather|avro|orc|docx?|xlsx?|pptx?|od[tsp]|glb|fbx|blend|unitypackage"
    r"|mo|pcapng|pcap|snap|br|lzma|cab|cpio|jks|keystore|p12|pfx|der|cer|crt|p7[bcs]|uasset|umap|xcf|sketch|fla|aseprite"
    r"|psb|rdb|ldb|sst|dbf|sav|dta|nc|shp|shx|pack|idx|dmp|pdb|icc|nib|traineddata|dwg|stl|epub|mobi|ds_store|accdb|kdbx"
    r"|gpg|pgp|sig|snk|mmdb|pbf|tfrecord|msgpack|cbor|fits|ply|3ds|vsdx?|xmind|qcow2|vdi|vmdk|vhdx?|raw|bks|mobileprovision"
    r"|car|resources|caf|mp2|bytes|lz|z|pages|numbers|fig|fst|dawg|marisa|hprof|heapsnapshot|trace|prof|pprof|rrd|wal"
    r"|qm|gmo|usd[cz]|astc|pvr|tbz2|txz|xlsb|elc|dcm|tfevents|keras|mlmodel|chm|odg|profraw|profdata|gcda|gcno|pfb)$"
    r"|(?:^|/)\.ds_store$"
)


def named_as_text(path: str) -> bool:
    """Return whether the name suggests source code, a script, configuration or another text file."""
    return _TEXT.search(path.lower()) is not None


def named_as_executable(path: str) -> bool:
    """Return whether the name suggests a binary file that is executed, loaded or installed."""
    return _EXECUTABLE.search(path.lower()) is not None


def named_as_media(path: str) -> bool:
    """Return whether the name suggests an image, a font, audio, video or a PDF."""
    return _MEDIA.search(path.lower()) is not None


_MINIFIED = re.compile(r"\.min\.(?:js|mjs|cjs|css)$|\.(?:js|mjs|cjs|css)\.map$")


def named_as_minified(path: str) -> bool:
    """Return whether a name belongs to minified code or a source map, which is held back if its lines are long."""
    return _MINIFIED.search(path) is not None


def named_as_binary(path: str) -> bool:
    """Return whether the name suggests a binary file, e.g., an image, an archive or a library."""
    lower = path.lower()
    return any(kind.search(lower) for kind in (_MEDIA, _EXECUTABLE, _DATA))


# Names of documents. Other `.txt` files may be lists of packages.
_WELL_KNOWN = (
    "README|INSTALL|CHANGELOG|CHANGES|HISTORY|NEWS|NOTICE|LICEN[CS]E|COPYING|COPYRIGHT|AUTHORS|CONTRIBUTORS|MAINTAINERS"
    "|CONTRIBUTING|CREDITS|THANKS|TODO|FAQ|UPGRADING|RELEASE[-_]?NOTES"
)
_DOCUMENT = re.compile(
    rf"(?i:\.(?:md|mdx|markdown|rst|adoc|asciidoc|org)|(?:^|/)(?:{_WELL_KNOWN})\.txt)$|(?:^|/)(?:{_WELL_KNOWN})$"
    # Files in a folder of documents. Man pages end with `.1` to `.9`.
    r"|(?i:(?:^|/)(?:docs?|man[1-9]?)/(?:.*/)?[^/]+\.(?:txt|tex|pod|man|[1-9][a-z]{0,2})$)"
)


def named_as_document(path: str) -> bool:
    """Return whether the name suggests a document. Documents may contain many example keys."""
    return _DOCUMENT.search(path) is not None


_MARKUP = re.compile(
    r"\.(?:ya?ml|json[c5l]?|toml|ini|cfg|conf|config|env|properties|plist|tf|tfvars|hcl|xml|xsd|css|s[ac]ss"
    r"|less|md|markdown|rst|adoc|asciidoc|txt|text|tex|csv|tsv|diff|patch|lock|http|sample|example|template|dist|netrc|pgpass|htpasswd)$"
    r"|(?:^|/)\.[^/]*rc$|(?:^|/)\.env[^/]*$"
)


def named_as_code(path: str) -> bool:
    """Return whether the name suggests source code, where unquoted words are identifiers."""
    lower = path.lower()
    return _TEXT.search(lower) is not None and _MARKUP.search(lower) is None


def named_as_data(path: str) -> bool:
    """Return whether the name suggests data or configuration."""
    return _MARKUP.search(path.lower()) is not None


_LOCK_FILE = re.compile(
    r"(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|(?:yarn|bun|deno|poetry|uv|pdm|pixi|mix|rebar|flake)\.lock"
    r"|pnpm-lock\.yaml|Cargo\.lock|pylock\.toml|conda-lock\.yml|(?:Pipfile|Gemfile|Podfile|Chart)\.lock|composer\.lock"
    r"|go(?:\.work)?\.sum|pubspec\.lock|(?:Package|Cartfile)\.resolved|packages\.lock\.json|(?:paket|conan)\.lock"
    r"|(?:buildscript-)?gradle\.lockfile|stack\.yaml\.lock|\.terraform\.lock\.hcl|MODULE\.bazel\.lock)\Z"
)


def is_lock_file(path: str) -> bool:
    """Return whether the name is a package manager's lock file, e.g., `package-lock.json`."""
    return _LOCK_FILE.search(path) is not None


_STEERING_FOLDERS = re.compile(r"(?:^|/)\.(?:github|circleci|buildkite|husky|gitlab|woodpecker|devcontainer)/")
_STEERING_NAMES = re.compile(
    r"codeowners|\.git(?:attributes|modules)|action\.ya?ml"
    r"|(?:.+\.)?(?:dockerfile|containerfile)(?:[.-].+)?|(?:docker-)?compose(?:\..+)?\.ya?ml"
    r"|(?:gnu)?makefile(?:\..+)?|.+\.mk|cmakelists\.txt|.+\.cmake|justfile|rakefile|gemfile"
    r"|\.gitlab-ci\.ya?ml|\.travis\.ya?ml|\.drone\.ya?ml|jenkinsfile(?:[.-].+)?|azure-pipelines.*\.ya?ml"
    r"|bitbucket-pipelines\.ya?ml|\.?appveyor\.ya?ml|cloudbuild\.ya?ml|\.pre-commit-config\.ya?ml"
    r"|setup\.(?:py|cfg)|pyproject\.toml|tox\.ini|noxfile\.py|conftest\.py|package\.json|\.npmrc|\.yarnrc(?:\.yml)?"
    r"|(?:build|settings)\.gradle(?:\.kts)?|pom\.xml|build\.xml|cargo\.toml|build\.rs|go\.mod|binding\.gyp"
    r"|.+\.(?:sh|bash|zsh|ps1|psm1|bat|cmd)"
)


def steers(path: str) -> bool:
    """Return whether the file affects how the project is built, tested, released or owned."""
    lower = path.lower()
    return bool(_STEERING_FOLDERS.search(lower) or _STEERING_NAMES.fullmatch(lower.rpartition("/")[2]))


# Tools whose configuration lists plugins or commands, but rarely passwords.
_TOOLS = (
    r"(?:babel|eslint|stylelint|prettier|lintstaged|commitlint|release|swc|postcss|mocha|nyc|c8|jest|webpack|rollup|vite|vitest"
    r"|husky|simple-git-hooks|lerna|remark|depcheck|knip|dependency-cruiser|bash|zsh|ksh|vim|psql|irb|pry|pdb|gdb|xinit)"
)
_INSTALLS = re.compile(
    r"(?:require|constraint|depend|package|environment|\bdeps|\bpip|\bapt|\bconda)[^/]*\.(?:txt|in|ya?ml)$"
    r"|(?:^|/)(?:requirements|constraints)/|(?:^|/)(?:bin|hooks)/[^./]+$|(?:^|/)(?:cron\.[a-z]+|systemd)/"
    r"|(?:^|/)(?:composer\.json|pipfile|deno\.jsonc?|pubspec\.ya?ml|mix\.exs|package\.swift|procfile[^/]*|brewfile|vagrantfile"
    r"|\.envrc|crontab[^/]*|\.?mise\.toml|\.tool-versions|tasks\.json|launch\.json|pnpm-workspace\.yaml|meta\.ya?ml|chart\.ya?ml"
    r"|docker-bake\.(?:hcl|json)|import[_-]?map\.json|\.cargo/config(?:\.toml)?|bunfig\.toml|earthfile|tiltfile|snakefile|taskfile\.ya?ml|build|workspace|sconstruct|sconscript|meson\.build|configure|dodo\.py"
    r"|\.?gitconfig|(?:turbo|nx|lerna|renovate|vercel|hooks|tsconfig[^/]*|jsconfig)\.json5?|lefthook\.ya?ml"
    rf"|\.pre-commit-hooks\.ya?ml|[^/]+\.versions\.toml|(?:\.{_TOOLS}rc|{_TOOLS}\.config)(?:\.(?:json5?|ya?ml|toml|[cm]?[jt]s))?)$"
    r"|\.(?:gemspec|nuspec|podspec|[cf]sproj|props|targets|service|timer|socket|desktop|fish|[kc]sh|bats|nix|bazel|bzl|gradle)$"
)


def decides_what_runs(path: str) -> bool:
    """Return whether the file affects what is executed or installed, e.g., a hook, a build file or a lock file."""
    return steers(path) or is_lock_file(path) or _INSTALLS.search(path.lower()) is not None


def is_protected(path: str) -> bool:
    """Return whether users must not commit a reviewer's suggestion with one click.

    Files in `.github` folders, CODEOWNERS files and lock files affect who approves a change and which programs run.
    """
    *folders, name = path.casefold().split("/")
    return ".github" in folders or name == "codeowners" or is_lock_file(path)


_SHEBANG = re.compile(r"(?:\A|^[+\- ])#!", re.MULTILINE)
# In these files, most keys do not specify a program or a package to run.
_CONFIGURATION = re.compile(r"\.(?:ya?ml|xml|json[5c]?)\Z", re.IGNORECASE)


def place_of(file: ChangedFile) -> Place:
    """Return the strictest `Place` for the file's names, modes and texts at the merge base and at the head."""
    paths = (file.path, file.diff.old_path)
    sides = [side for side in (file.old, file.new) if side]
    return _strictest(paths, [file.diff.text, *(side.text or "" for side in sides)], {side.mode for side in sides})


def place_before(old_path: str, text: str, mode: str) -> Place:
    """Return the `Place` for the file's name, text and mode at the merge base."""
    return _strictest((old_path,), [text], {mode})


def _strictest(paths: Sequence[str], texts: Sequence[str], modes: Container[str]) -> Place:
    if SYMLINK_MODE in modes or (EXECUTABLE_MODE in modes and not all(map(_is_program, paths))):
        return Place.EXECUTED
    places = {place_of_text(path, texts) for path in paths}
    return next(one for one in (Place.EXECUTED, Place.MIXED, Place.CODE, Place.DATA) if one in places)


def _is_program(path: str) -> bool:
    """Return whether the name suggests source code, in which redaction recognizes commands line by line."""
    return named_as_code(path) and not decides_what_runs(path)


def place_of_text(path: str, texts: Sequence[str]) -> Place:
    if any(map(_SHEBANG.search, texts)) and not _is_program(path):
        return Place.EXECUTED
    if decides_what_runs(path):
        return Place.MIXED if _CONFIGURATION.search(path) and not is_lock_file(path) else Place.EXECUTED
    if named_as_code(path):
        return Place.CODE
    if named_as_document(path) or not path:
        return Place.DATA
    if not named_as_data(path):  # a `Dangerfile`, or a script without an extension
        return Place.EXECUTED
    return Place.MIXED if any(map(COMMAND_KEY.search, texts)) else Place.DATA
