"""The web pages: the cycle, the leaderboard, why each miner earns what it earns, each environment.

The API mounts `router` at `/`. Pages are rendered on the server and work without JavaScript;
with it the progress of the cycle is updated regularly. What miners wrote is not trusted: everything is escaped, and
the Content-Security-Policy allows only our own files.
"""

from kinitro.dashboard.routes import router

__all__ = ["router"]
