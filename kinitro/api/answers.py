"""Answers from messages that are already valid; FastAPI would check, convert and encode them again in Python."""

from __future__ import annotations

from pydantic import BaseModel
from starlette.responses import Response


def answer_json(message: BaseModel) -> Response:
    """Answer with a message as JSON; name its type as the route's `response_model`, for the API's description."""
    return Response(message.model_dump_json(), media_type="application/json")
