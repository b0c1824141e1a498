"""EpisodeSettings: who plays the episodes of a run, and within which limits."""

from dataclasses import dataclass

from collectors.episode_limits import EpisodeLimits
from collectors.policy_endpoint import EndpointSettings

POLICIES = ("repairer", "endpoint", "script")


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeSettings(EpisodeLimits):
    """See `EpisodeLimits`; `policy` is the built-in `repairer`, `endpoint`, or `script`: a JSON file, a list of messages."""

    policy: str = "repairer"
    endpoint: EndpointSettings | None = None
    script: str = ""

    def __post_init__(self) -> None:
        EpisodeLimits.__post_init__(self)
        if self.policy not in POLICIES:
            raise ValueError(f"policy is {self.policy!r}: it must be one of {', '.join(POLICIES)}")
        for name, given in (("endpoint", self.endpoint is not None), ("script", bool(self.script))):
            if given != (self.policy == name):
                wrong = (
                    f"{name} is given, but policy is {self.policy!r}"
                    if given
                    else f"policy is {name!r}, but {name} is not given"
                )
                raise ValueError(f"{wrong}: give both or neither")
