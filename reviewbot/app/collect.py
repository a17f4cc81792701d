"""Collecting: the finished reviews of every open pull request are published, and nothing is bought."""

from __future__ import annotations

from collections.abc import Mapping

from reviewbot.app.review import review_pull_request
from reviewbot.app.run import World
from reviewbot.domain.events import DispatchEvent
from reviewbot.domain.gate import Outcome, collected
from reviewbot.errors import ReviewbotError
from reviewbot.settings import peek_settings, read_settings


def collect_finished(world: World, inputs: Mapping[str, str]) -> Outcome:
    """Look up the open reviews, oldest pull request first; one that fails never stops the next.

    Raises:
        SettingsError: the settings are wrong, so nobody knows which checks are ours.
        ForgeError: the open pull requests cannot be listed.
    """
    settings = read_settings(inputs, world.forge.config(peek_settings(inputs).config_file))
    outcomes: dict[int, Outcome | None] = {}
    for number in world.forge.waiting(settings.check_name):
        try:
            outcomes[number] = review_pull_request(world, inputs, DispatchEvent(number, ""), number, may_buy=False)
        except ReviewbotError as error:
            world.reporter.say(f"#{number}: {error.message}")
            outcomes[number] = None
    return collected(outcomes)
