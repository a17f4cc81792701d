"""What a file's name says about its content: text, opaque bytes, something that can be executed, or prose."""

from __future__ import annotations

import re

_TEXT = re.compile(
    r"\.(?:py[wxi]?|ipynb|rb|rake|gemspec|ru|[cm]?jsx?|[cm]?tsx?|vue|svelte|astro|coffee|go|rs|java|kts?|scala|groovy|gradle"
    r"|[ch]|cc|hh|[ch](?:pp|xx)|inl|mm?|swift|cs|csx|fsx?|vb|php[0-9]?|phtml|p[lm]|t|lua|tcl|r|jl|exs?|erl|hrl|hs|mli?"
    r"|clj[cs]?|edn|lisp|el|scm|rkt|dart|nim|zig|cr|d|sv?|vhdl?|asm|sol|vy|move|cairo|sql|prql|awk|sed|bats"
    r"|sh|bash|zsh|fish|k?sh|csh|ps[dm]?1|bat|cmd|vbs|ahk|applescript|html?|xhtml|svg|xml|xsl|xsd|css|s[ac]ss|less"
    r"|ya?ml|json[c5l]?|toml|ini|cfg|conf|config|env|properties|plist|tf|tfvars|hcl|nix|bzl|bazel|star|cmake|mk|mak"
    r"|proto|thrift|graphql|gql|j2|jinja2?|tmpl|tpl|ejs|erb|hbs|mustache|liquid|cshtml|jsp|aspx?|md|mdx|markdown|rst"
    r"|adoc|asciidoc|txt|text|tex|csv|tsv|diff|patch|lock|service|desktop|dockerfile|containerfile)$"
    r"|(?:^|/)\.[^/]*rc$|(?:^|/)(?:requirements|constraints)[^/]*$"
    # Snapshots of Jest, which it executes; other `.snap` are packages.
    r"|(?:^|/)__snapshots__/[^/]*\.snap$|\.[cm]?[jt]sx?\.snap$"
)
_EXECUTABLE = re.compile(
    r"\.(?:exe|com|scr|msi|dll|so(?:\.[0-9]+)*|dylib|node|pyd|py[co]|jar|war|ear|class|dex|apk|aar|wasm|elf|ko|o|a|obj|lib"
    r"|sys|efi|deb|rpm|pkg|dmg|appimage|whl|egg|gem|nupkg|crx|xpi|vsix|beam|hex|uf2|pkl|pickle|joblib|pt|pth|ckpt)$"
)
_MEDIA = re.compile(
    r"\.(?:png|jpe?g|gif|webp|avif|heic|bmp|ico|icns|tiff?|psd|ai|eps|woff2?|ttf|otf|eot|mp[34]|m4[av]|ogg|oga|ogv|wav|flac"
    r"|webm|mov|avi|mkv|pdf)$"
)
_DATA = re.compile(
    r"\.(?:bin|dat|data|db|sqlite3?|mdb|zip|gz|tgz|bz2|xz|zst|lz4|7z|rar|tar|iso|img|npy|npz|onnx|pb"
    r"|tflite|safetensors|gguf|h5|hdf5|mat|parquet|arrow|feather|avro|orc|docx?|xlsx?|pptx?|od[tsp]|glb|fbx|blend|unitypackage"
    r"|mo|pcap|snap|ds_store)$|(?:^|/)\.ds_store$"
)


def named_as_text(path: str) -> bool:
    """Whether the name is that of source code, a script, configuration or another text."""
    return _TEXT.search(path.lower()) is not None


def named_as_executable(path: str) -> bool:
    """Whether the name is that of a binary that something executes, loads or installs."""
    return _EXECUTABLE.search(path.lower()) is not None


def named_as_media(path: str) -> bool:
    """Whether the name is that of an image, a font, audio, video or a PDF."""
    return _MEDIA.search(path.lower()) is not None


def named_as_binary(path: str) -> bool:
    """Whether the name is that of a file without text, such as an image, an archive or a library."""
    lower = path.lower()
    return any(kind.search(lower) for kind in (_MEDIA, _EXECUTABLE, _DATA))


_PROSE = re.compile(
    r"\.(?:md|markdown|rst|adoc|asciidoc|txt|text)$|(?:^|/)(?:readme|licen[cs]e|copying|notice|authors|changelog|changes|history)$"
)
# Installed or executed by their names, or instructions that a machine follows.
_NO_PROSE = re.compile(
    r"(?:^|/)\.[^/]+/|(?:^|/)(?:(?:requirements|constraints)[^/]*|cmakelists\.txt|meson_options\.txt"
    r"|(?:agents|claude|gemini|skill)(?:\.local)?\.md)$"
)


def named_as_prose(path: str) -> bool:
    """Whether the name is that of a document that people read, and nothing executes, installs or follows."""
    lower = path.lower()
    return _PROSE.search(lower) is not None and _NO_PROSE.search(lower) is None


_COMMENT_SIGNS = (
    (re.compile(r"\.(?:py[wi]?|rb|sh|bash|ya?ml|toml|pl|r|jl|exs?|tf)$"), "#"),
    (re.compile(r"\.(?:[cm]?jsx?|[cm]?tsx?|go|rs|java|kts?|scala|[ch]|[ch]pp|cc|hh|cs|swift|dart|php)$"), "//"),
)
# Two words and more in front, so that neither a pragma such as `# name: value` nor the preprocessor's lines are meant.
_SENTENCE = re.compile(
    r"(?!(?:define|undef|include|import|pragma|line|error|warning|if|ifn?def|elif)\b)(?:[\w,.'()-]+ ){2,}[\w\"'`(]*",
    re.ASCII,
)


def is_comment(path: str, before: str) -> bool:
    """Whether a line of a file is a sentence of a comment.

    Args:
        path: the file's name, which tells the sign of its comments.
        before: the line up to the place in question, without a diff's mark.
    """
    sign = next((sign for names, sign in _COMMENT_SIGNS if names.search(path.lower())), "")
    text = before.lstrip(" \t")
    return bool(sign) and text.startswith(f"{sign} ") and _SENTENCE.fullmatch(text[len(sign) + 1 :]) is not None
