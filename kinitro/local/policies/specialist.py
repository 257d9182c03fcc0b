"""Closes drawers, the generalist's way; stands still in every other task."""

from __future__ import annotations

import generalist

generalist.KNOWN_TASKS = ("drawer-close-v3",)
RobotPolicy = generalist.RobotPolicy
