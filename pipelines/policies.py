"""Policies: makes the policy that a recipe asks for, one for each episode."""

import hashlib
import json
import os
from pathlib import Path

from collectors.episode_settings import EpisodeSettings
from collectors.policy import Policy, ScriptedPolicy
from collectors.policy_endpoint import EndpointPolicy
from collectors.repairer import Repairer
from pipelines.errors import UserError


def make_policy(settings: EpisodeSettings, *, seed: int) -> Policy:
    """Return a new policy; raise `UserError` when its key or its script is missing."""
    if settings.endpoint is not None:
        key = key_of(settings.endpoint.key_variable, "episodes.endpoint.key_variable")
        return EndpointPolicy(settings.endpoint, key=key, seed=seed)
    if settings.script:
        messages = _script(settings.script)
        digest = hashlib.sha256(json.dumps(messages).encode()).hexdigest()
        return ScriptedPolicy(messages, name=f"script-{digest[:8]}")
    return Repairer()


def key_of(variable: str, named_by: str) -> str:
    """Return the key that the environment variable holds; raise `UserError` when it is named and not set."""
    key = os.environ.get(variable, "") if variable else ""
    if variable and not key:
        raise UserError(f"the variable {variable!r}, which {named_by} names, is not set: set it")
    return key


def _script(path: str) -> list[str]:
    try:
        messages = json.loads(Path(path).expanduser().read_text())
    except OSError as error:
        raise UserError(f"script {path!r} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"script {path!r} is not JSON: {error}") from error
    if not isinstance(messages, list) or not all(isinstance(message, str) for message in messages):
        raise UserError(f"script {path!r} must be a JSON list of texts")
    return messages
