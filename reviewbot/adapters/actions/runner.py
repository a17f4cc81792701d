"""Write the log, workflow commands, outputs, job summary and workspace files of a GitHub Actions runner.

Every argument is untrusted. Workflow commands:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO
from uuid import uuid4

from reviewbot.adapters.safe_files import check_inside, write_inside
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.github.drafts import Annotation, AnnotationLevel
from reviewbot.domain.text import escaping
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.errors import OutputUnwritable, SettingsError
from reviewbot.ports import Pages
from reviewbot.render.view_models.review import SummaryView
from reviewbot.settings.environment import RunnerFiles
from reviewbot.settings.readers import without_secrets

ANNOTATION_CHARACTERS = 4096
"""The runner truncates longer messages."""

SUMMARY_BYTES = 1024 * 1024
"""The runner discards larger job summaries."""

_SUMMARY_CUT = "\n\n_Truncated because a job summary is limited to 1 MiB._\n"
_SHORTEST_LINE = 4  # masking a line that is only a brace would mask every brace in the log


class Runner:
    """Implements the `Reporter` port for a runner.

    The constructor makes the runner mask each secret, as a whole and line by line. The class also replaces secrets
    with `***` in everything that it writes.
    """

    def __init__(self, log: TextIO, surroundings: RunnerFiles, secrets: tuple[str, ...] = ()) -> None:
        self._log = log
        self._around = surroundings
        values: dict[str, None] = {}
        for secret in filter(str.strip, secrets):
            lines = [line for line in secret.splitlines() if len(line.strip()) >= _SHORTEST_LINE]
            values |= dict.fromkeys((secret, *lines))
        for value in values:
            # Only this command contains a secret. The runner does not log this command.
            data = value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
            self._write(f"::add-mask::{data}")
        self._secrets = sorted(values, key=len, reverse=True)

    def scrub(self, text: str) -> str:
        return without_secrets(text, self._secrets)

    def say(self, line: str) -> None:
        """Write lines to the log, escaped so that the runner does not execute workflow commands in the text."""
        for each in self.scrub(line).split("\n"):
            self._write(escaping.log_line(each))

    def debug(self, line: str) -> None:
        if self._around.debug:
            self._write(f"::debug::{escaping.command_data(self.scrub(line))}")

    def annotate(self, annotation: Annotation) -> None:
        message = shorten_line(escaping.visible(self.scrub(annotation.message)), ANNOTATION_CHARACTERS)
        lines = {"line": str(annotation.start_line), "endLine": str(annotation.end_line)}
        place = {"file": self.scrub(annotation.path), **lines} if annotation.path else {}
        properties = {**place, "title": self.scrub(annotation.title)}
        joined = ",".join(f"{key}={escaping.command_property(value)}" for key, value in properties.items())
        command = "error" if annotation.level is AnnotationLevel.FAILURE else annotation.level.value
        self._write(f"::{command} {joined}::{escaping.command_data(message)}")

    def review(self, view: SummaryView, files: Sequence[FileView], pages: Pages) -> None:  # noqa: ARG002 — files unused
        for line in pages.terminal(view).splitlines():
            self.say(line)
        self.job_summary(pages.job_summary(view))

    def outputs(self, values: Mapping[str, str]) -> None:
        """Write the step's outputs, and log the output `reason`. Outside a runner, only log `reason`."""
        text = "".join(_output(name, _encodable(self.scrub(value))) for name, value in values.items())
        if self._around.output_file is not None:
            _append(self._around.output_file, text.encode(), "GITHUB_OUTPUT")
        if reason := values.get("reason"):
            self.say(f"Reason: {reason} (exit status {values.get('exit-status', '')})")

    def job_summary(self, markdown: str) -> None:
        """Append to the job summary. If the summary would exceed `SUMMARY_BYTES`, truncate `markdown` after a line."""
        if self._around.summary_file is None:
            return
        taken = 0
        with suppress(OSError):
            taken = Path(self._around.summary_file).stat().st_size
        text = _encodable(self.scrub(markdown)).encode() + b"\n"
        _append(self._around.summary_file, _cut(text, SUMMARY_BYTES - taken), "GITHUB_STEP_SUMMARY")

    def check_file(self, path: str) -> str:
        return check_inside(self._workspace(path), path)

    def write_file(self, path: str, text: str) -> None:
        write_inside(self._workspace(path), path, _encodable(self.scrub(text)).encode())

    def _workspace(self, path: str) -> str:
        if self._around.workspace is None:
            what = "there is no workspace, because `GITHUB_WORKSPACE` is not set"
            raise SettingsError.of(path, what, "a run in GitHub Actions")
        return self._around.workspace

    def _write(self, line: str) -> None:
        self._log.write(_encodable(line) + "\n")
        self._log.flush()


def _output(name: str, value: str) -> str:
    """Return an output in GitHub's format, with a random delimiter that the untrusted value does not contain."""
    while (delimiter := f"ghadelimiter_{uuid4()}") in value:
        pass  # pragma: no cover — happens once in 2^122
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _encodable(text: str) -> str:
    """Replace lone surrogates, which UTF-8 cannot encode, with `?`."""
    return text.encode("utf-8", "replace").decode()


def _cut(text: bytes, limit: int) -> bytes:
    if len(text) <= limit:
        return text
    space = limit - len(_SUMMARY_CUT)
    if space < 0:
        return b""
    return text[: text.rfind(b"\n", 0, space) + 1] + _SUMMARY_CUT.encode()


def _append(path: str, content: bytes, name: str) -> None:
    try:
        with Path(path).open("ab") as file:
            file.write(content)
    except OSError as error:
        raise OutputUnwritable(
            f"reviewbot cannot write the file in `{name}`: {error.strerror or type(error).__name__}.",
            hint=f"Free up disk space on the runner. If the workflow sets `{name}`, remove it.",
        ) from None
