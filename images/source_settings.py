"""SourceSettings: the bounds and the permissions under which sources are fetched."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """How repositories are fetched: seconds and bytes for one, and the hosts that may lie at private addresses.

    `private_hosts` names git servers inside the own network, which are refused otherwise. `loopback_http` allows plain
    http to this machine, for servers that tests start.
    """

    clone_seconds: float = 300.0
    clone_bytes: int = 2_000_000_000
    private_hosts: tuple[str, ...] = ()
    loopback_http: bool = False

    def __post_init__(self) -> None:
        if self.clone_seconds <= 0 or self.clone_bytes < 1_000_000:
            raise ValueError("clone_seconds must lie above 0 and clone_bytes at 1,000,000 or more")
