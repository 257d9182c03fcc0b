"""Who counts as one caller, and which proxies are believed about whom they speak for."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPv6_PREFIX = 64
"""Whoever has one IPv6 address has 2**64 of them: addresses that share this many bits are one caller."""


def parse_address(text: str) -> IPAddress | None:
    """Parse an IP address without its zone; None if it is not one. `::ffff:192.0.2.1` is read as 192.0.2.1."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def name_caller(text: str | None) -> str:
    """Name the caller to whom an address's requests and connections are counted: IPv6 by its /64 network."""
    address = parse_address(text or "")
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, IPv6_PREFIX), strict=False))
    return str(address or text or "unknown")


class Networks:
    """A set of addresses and networks. Raises ValueError, with a sentence, for what is neither."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = []
        for text in networks:
            try:
                self._networks.append(ipaddress.ip_network(text))
            except ValueError:
                raise ValueError(
                    f"{text!r} is not an IP address or network: write 10.0.0.7, 10.0.0.0/8 or fd00::/8"
                ) from None

    def __contains__(self, text: object) -> bool:
        address = parse_address(str(text))
        return address is not None and any(address in network for network in self._networks)
