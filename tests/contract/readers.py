"""External programs that read the report files; `make referees` installs them.

SARIF is validated by Microsoft's multitool (npm), with GitHub's own rules for uploads among its rules, and read by
sarif-tools (PyPI). RDJSON is validated by UmbrellaDocs' rdformat-validator (npm): reviewdog's own schema
(https://github.com/reviewdog/reviewdog/tree/master/proto/rdf) accepts unknown fields, missing places and lines
below 1, which reviewdog then rejects or drops; this validator rejects them.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.contract.published import HOW, ROOT

_PACKAGES = ROOT / "node_modules"
_RDFORMAT = _PACKAGES / ".bin" / "rdformat-validator"
_SECONDS = 100
_UNREADABLE = "could not be read at all"


def missing() -> str:
    """Return what is not installed, in one line; empty if nothing is missing."""
    here = {
        "@microsoft/sarif-multitool": bool(_multitools()),
        "@umbrelladocs/rdformat-validator": _RDFORMAT.exists(),
        "sarif-tools": importlib.util.find_spec("sarif") is not None,
    }
    lacking = [name for name, there in here.items() if not there]
    return f"the readers of report files are not here ({', '.join(lacking)}): {HOW}" if lacking else ""


def _multitools() -> list[Path]:
    """Return the program for this machine, the only one that npm installs."""
    return sorted(_PACKAGES.glob("@microsoft/sarif-multitool-*/Sarif.Multitool"))


def sarif_complaints(folder: Path) -> dict[str, set[str]]:
    """Return the rules that each SARIF file of a folder violates, by file name.

    The multitool succeeds without output for a file that it cannot parse. Each of reviewbot's files violates a rule, so
    no output counts as a violation.
    """
    log = folder / "complaints"
    rules = ["--rule-kind", "Sarif;Ghas"]  # without notes: one of them would request every URL
    command = [str(_multitools()[0]), "validate", f"{folder}/*.sarif", *rules, "--output", str(log), "--quiet"]
    environment = {"HOME": str(folder), "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}  # otherwise it requires ICU
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found: defaultdict[str, set[str]] = defaultdict(set)
    for run in json.loads(log.read_text(encoding="utf-8"))["runs"]:
        for result in run["results"]:
            (location,) = result["locations"]
            address = str(location["physicalLocation"]["artifactLocation"]["uri"])
            found[address.rpartition("/")[2]].add(result["ruleId"])
    return {file.name: found.get(file.name, {_UNREADABLE}) for file in folder.glob("*.sarif")}


def sarif_records(file: Path) -> list[dict[str, Any]]:
    """Return the findings that sarif-tools reads: severity, code, description, location and line of each."""
    loader = importlib.import_module("sarif.loader")
    records: list[dict[str, Any]] = loader.load_sarif_file(str(file)).get_records()
    return records


def rdjson_complaints(folder: Path) -> dict[str, set[str]]:
    """Return the validator's error codes for each RDJSON file of a folder, by file name."""
    files = sorted(map(str, folder.glob("*.rdjson")))
    command = [str(_RDFORMAT), "--strict", "--no-extra-fields", "--format", "json", *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert done.returncode in {0, 1}, done.stderr
    results = json.loads(done.stdout)["fileResults"]
    return {Path(one["file"]).name: {each["code"] for each in one.get("errorDetails", [])} for one in results}
