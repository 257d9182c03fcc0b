"""The HTTP API: a FastAPI application, its middleware, and its routes."""
