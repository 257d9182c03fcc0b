"""A registry of types, as Substrate's metadata carries one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import starmap

from tests.standin.scale import compact, option, text, vector

Field = tuple[str | None, int]
"""Name and type of a field."""
Variant = tuple[str, int, Sequence[Field]]
"""Name, index and fields of one variant of an enumeration."""

_PRIMITIVES = {
    "bool": 0,
    "char": 1,
    "str": 2,
    "u8": 3,
    "u16": 4,
    "u32": 5,
    "u64": 6,
    "u128": 7,
}


class TypeRegistry:
    """Each method returns the number of a type; the same type is entered once."""

    def __init__(self) -> None:
        self._entries: list[bytes] = []
        self._numbers: dict[Hashable, int] = {}

    def encoded(self) -> bytes:
        return vector(compact(number) + entry for number, entry in enumerate(self._entries))

    def primitive(self, name: str) -> int:
        return self._add(name, [], lambda: bytes([5, _PRIMITIVES[name]]))

    def sequence(self, of: int) -> int:
        return self._add(("sequence", of), [], lambda: b"\2" + compact(of))

    def array(self, length: int, of: int) -> int:
        return self._add(("array", length, of), [], lambda: b"\3" + length.to_bytes(4, "little") + compact(of))

    def tuple(self, *of: int) -> int:
        return self._add(("tuple", of), [], lambda: b"\4" + vector(map(compact, of)))

    def compact(self, of: int) -> int:
        return self._add(("compact", of), [], lambda: b"\6" + compact(of))

    def option(self, of: int) -> int:
        return self.enumeration("Option", [("None", 0, []), ("Some", 1, [(None, of)])], key=of)

    def structure(self, path: str, fields: Sequence[Field]) -> int:
        """`path` as a::b::Name."""
        return self._add(("structure", path), path.split("::"), lambda: b"\0" + vector(starmap(_field, fields)))

    def enumeration(self, path: str, variants: Sequence[Variant], key: Hashable = None) -> int:
        return self._add(
            ("enumeration", path, key),
            path.split("::"),
            lambda: (
                b"\1"
                + vector(
                    text(name) + vector(starmap(_field, fields)) + bytes([index]) + vector([])
                    for name, index, fields in variants
                )
            ),
        )

    def _add(self, key: Hashable, path: Sequence[str], definition: Callable[[], bytes]) -> int:
        if key not in self._numbers:
            number = self._numbers[key] = len(self._entries)
            self._entries.append(b"")
            self._entries[number] = vector(map(text, path)) + vector([]) + definition() + vector([])
        return self._numbers[key]


def _field(name: str | None, kind: int) -> bytes:
    return option(None if name is None else text(name)) + compact(kind) + option(None) + vector([])
