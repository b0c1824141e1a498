"""Reinforcement learning with executed rewards: CWM's variant of GRPO."""
