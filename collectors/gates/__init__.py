"""Gates: what every task goes through before it is given to anyone."""

from collectors.gates.check import GateSettings, check_tasks

__all__ = ["GateSettings", "check_tasks"]
