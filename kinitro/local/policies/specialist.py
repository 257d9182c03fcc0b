"""A policy that closes drawers as the generalist does, and stands still in every other task."""

from __future__ import annotations

import generalist

generalist.KNOWN_TASKS = ("drawer-close-v3",)
RobotPolicy = generalist.RobotPolicy
