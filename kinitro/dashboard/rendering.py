"""Pages made from templates: rendered at most once per interval, compressed, and answered 304 where they are known."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any, Protocol, TypeVar

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from kinitro import __version__
from kinitro.dashboard.episodes import explain_reason

T = TypeVar("T")
Values = Mapping[str, Any]

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "media-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
STATIC_FILES = {
    "dashboard.css": "text/css",
    "episode.js": "text/javascript",
    "htmx-2.0.11.min.js": "text/javascript",
    "pages.js": "text/javascript",
    "favicon.svg": "image/svg+xml",
}
COMPRESSION = 6
"""The level of gzip: a higher one makes the leaderboard 3 % smaller and takes twice as long."""


class SharedReads(Protocol):
    """Remembers for a moment what callers share, so that it is made once however many ask."""

    async def share(self, key: tuple[str | int, ...], make: Callable[[], Awaitable[T]]) -> T:
        """Return what `make` returns, or returned a moment ago for this key. What it raises is not remembered."""


class MissingPage(Exception):
    """There is nothing to show at this address; the message says why, and when there may be."""


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """A page as it is kept: compressed. `etag` is weak, because with and without compression the bytes differ."""

    etag: str
    compressed: bytes

    @classmethod
    def of(cls, content: bytes) -> RenderedPage:
        """Compress a page; the same content always has the same etag."""
        etag = f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
        return cls(etag, gzip.compress(content, COMPRESSION, mtime=0))

    def answer(self, request: Request, headers: Mapping[str, str], media_type: str, status: int = 200) -> Response:
        """Answer a request: 304 if the caller has it, and compressed if the caller can read that."""
        fields = {**headers, "ETag": self.etag, "Vary": "Accept-Encoding"}
        known = [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]
        if status == 200 and (self.etag in known or self.etag.removeprefix("W/") in known or "*" in known):
            return Response(status_code=304, headers=fields)
        if _takes_gzip(request.headers.get("accept-encoding", "")):
            fields["Content-Encoding"] = "gzip"
            return Response(self.compressed, status, fields, media_type)
        return Response(gzip.decompress(self.compressed), status, fields, media_type)


async def shared_page(
    request: Request, template: str, read: Callable[[], Awaitable[Values]], *key: str | int
) -> Response:
    """Answer with a page whose template is filled with what `read` returns, once for all who ask at the same time.

    `key` tells pages of one template apart. If `read` raises MissingPage, the answer is a 404 that says so.
    """
    reads: SharedReads = request.app.state.services.cache
    root = request.scope.get("root_path", "")

    async def make() -> RenderedPage:
        values = await read()
        return await asyncio.to_thread(lambda: RenderedPage.of(render(template, root, values).encode()))

    try:
        rendered = await reads.share(("page", template, root, *key), make)
    except MissingPage as why:
        return page(request, "missing.html", 404, why=str(why))
    return rendered.answer(request, SECURITY_HEADERS | {"Cache-Control": "no-cache"}, "text/html")


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """Render a template for this request alone; links begin where we are mounted."""
    rendered = RenderedPage.of(render(template, request.scope.get("root_path", ""), values).encode())
    return rendered.answer(request, SECURITY_HEADERS | {"Cache-Control": "no-cache"}, "text/html", status)


def render(template: str, root: str, values: Values) -> str:
    """Render a template; everything that is put into it is escaped."""
    return _load_templates().get_template(template).render(root=root, **values)


@cache
def read_static(name: str) -> RenderedPage:
    """A file of STATIC_FILES. Raises KeyError for any other name."""
    if name not in STATIC_FILES:
        raise KeyError(name)
    return RenderedPage.of(resources.files("kinitro.dashboard").joinpath("static", name).read_bytes())


def _takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header allows gzip."""
    for part in accepted.lower().split(","):
        coding, _, parameters = part.strip().partition(";")
        if coding.strip() in ("gzip", "*") and parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            return True
    return False


@cache
def _load_templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("kinitro.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"version": __version__, "static": _name_static}
    filters: Mapping[str, Any] = {
        "percent": format_percent,
        "bytes": format_bytes,
        "count": format_count,
        "rate": format_rate,
        "short": _shorten,
        "reason": explain_reason,
        "utc": format_time,
        "duration": format_duration,
    }
    environment.filters.update(filters)
    return environment


def _name_static(name: str) -> str:
    """The path of a static file, which changes with its content, so that browsers may keep it."""
    return f"/static/{name}?v={read_static(name).etag[3:11]}"


def format_percent(share: float) -> str:
    """Format a share as 63 %, with a decimal where it would otherwise read 0 % or 100 % and is neither."""
    near_an_end = 0 < share < 0.01 or 0.99 < share < 1
    return f"{share:.{1 if near_an_end else 0}%}".replace("%", " %")


def format_count(number: float) -> str:
    """Format 1234567 as 1 234 567, with narrow spaces that do not break."""
    return f"{number:,.0f}".replace(",", "\u202f")


def format_bytes(number: float) -> str:
    """Format 1234567 bytes as 1.2 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.1f} {unit}" if number < 10 and unit != "B" else f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def format_rate(number: float) -> str:
    """Format a rate: 0.67 as 0.7, 67.2 as 67."""
    return f"{number:.1f}" if number < 10 else format_count(number)


def format_time(moment: datetime | str | None) -> str:
    """Format a time as 2026-01-02 03:04 UTC; a dash for None."""
    if moment is None:
        return "–"
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def format_duration(seconds: float) -> str:
    """Format 75 as 1 min 15 s, 7500 as 2 h 5 min, 200000 as 2 d 7 h; from ten of a unit on, only in that unit."""
    whole = max(0, round(seconds))
    for size, unit, smaller_size, smaller in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller_size if whole < 10 * size else 0
            return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"


def _shorten(hotkey: str) -> str:
    """Shorten an address to its beginning and end."""
    return hotkey if len(hotkey) <= 14 else f"{hotkey[:6]}…{hotkey[-6:]}"
