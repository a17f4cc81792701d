"""Generate JSON: valid for a schema, almost valid, or arbitrary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
keys = st.sampled_from(
    ["files", "findings", "path", "summary", "message", "deliverables", "title", "line", "previous", "url", "severity"]
)
nearly = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.just("{}") | keys,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=30,
)


def fitting(
    schema: Mapping[str, Any], alphabet: str | None = None, instead: st.SearchStrategy[Any] | None = None
) -> st.SearchStrategy[Any]:
    """Generate values of a schema that uses the same few keywords as the response schema.

    Args:
        schema: the answer's schema.
        alphabet: the characters of texts; None for any.
        instead: values that may replace a valid one at any depth; required keys may then be missing.
    """
    fits = _fitting(schema, alphabet, instead)
    return fits if instead is None else st.one_of(fits, fits, fits, instead)


def _fitting(
    schema: Mapping[str, Any], alphabet: str | None, instead: st.SearchStrategy[Any] | None
) -> st.SearchStrategy[Any]:
    texts = st.characters() if alphabet is None else st.sampled_from(alphabet)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "object":
            inner = {name: fitting(one, alphabet, instead) for name, one in schema["properties"].items()}
            required = {name: inner.pop(name) for name in (schema["required"] if instead is None else ())}
            return st.fixed_dictionaries(required, optional=inner)
        case "array":
            return st.lists(fitting(schema["items"], alphabet, instead), max_size=3)
        case "integer":
            return st.integers(schema["minimum"]) | st.integers(schema["minimum"], 50)
        case _:
            return st.text(texts, min_size=schema.get("minLength", 0), max_size=40)
