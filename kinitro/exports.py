"""Names that a package offers, each loaded from its module when it is first used.

A package whose `__init__` imported all that it offers would make everybody who needs one of its errors load all of its
dependencies. With PEP 562 the import of the package stays light:

    if TYPE_CHECKING:
        from kinitro.client.http import ApiClient as ApiClient
    else:
        __getattr__, __all__ = lazy_exports(__name__, {"http": "ApiClient"})

The first branch is what type checkers and editors read; `tests/unit/test_house.py` compares the two.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_exports(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], list[str]]:
    """The `__getattr__` and the `__all__` of `package`; `homes` has its modules and the names to take from each.

    Names are separated by spaces. Raises AttributeError, as the import system expects, for any other name.
    """
    home_of = {name: home for home, names in homes.items() for name in names.split()}

    def load(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{home_of[name]}"), name)
        setattr(sys.modules[package], name, value)  # found without this function from now on
        return value

    return load, sorted(home_of)
