"""Where published weights come from."""

from __future__ import annotations

import httpx2
from pydantic import ValidationError

from kinitro.taskpool.messages import Weights
from kinitro.validator.errors import BackendUnavailable

TIMEOUT_S = 20.0
MAX_RESPONSE_BYTES = 1 << 20


class Backend:
    """The newest publication of one API. Its answers are not trusted."""

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/v1/weights/latest"
        self._client = httpx2.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False)

    async def newest_weights(self) -> Weights | None:
        """None if nothing was published yet; raises BackendUnavailable."""
        body = bytearray()
        try:
            async with self._client.stream("GET", self._url) as response:
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > MAX_RESPONSE_BYTES:
                        raise BackendUnavailable(f"{self._url} answered more than {MAX_RESPONSE_BYTES} bytes.")
        except httpx2.HTTPError as error:
            raise BackendUnavailable(f"{self._url} does not answer: {error or type(error).__name__}.") from error
        if response.status_code == 404:
            return None
        if response.status_code != 200:
            raise BackendUnavailable(f"{self._url} answered with status {response.status_code}.")
        try:
            return Weights.model_validate_json(bytes(body))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "body"
            raise BackendUnavailable(f"{self._url} answered no weights: {where}: {first['msg']}.") from None

    async def close(self) -> None:
        await self._client.aclose()
