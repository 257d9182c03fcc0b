"""What the pages are made from: the objects of the application that mounts them."""

from __future__ import annotations

from typing import Annotated, Protocol

from fastapi import Depends, Request

from kinitro.client.operations import Refusal
from kinitro.dashboard.board import Board
from kinitro.dashboard.episodes import Episodes
from kinitro.dashboard.films import Films
from kinitro.dashboard.leaderboard import Leaderboards
from kinitro.dashboard.rendering import SharedReads
from kinitro.database.episodes import EpisodeStore
from kinitro.database.pool import ConnectionPool
from kinitro.database.publications import PublicationStore
from kinitro.database.timelines import Timelines
from kinitro.supervision import SupervisedLoop


class Settings(Protocol):
    """The settings of the application that mounts the pages."""

    netuid: int | None


class RefusalsSeen(Protocol):
    """What the application refused lately."""

    def newest_first(self) -> list[Refusal]:
        """Return them, the newest first."""


class Sources(Protocol):
    """What the application that mounts the pages keeps in `app.state.services`.

    It also notes in `request.state.reader` whether the caller may see the operator's page: None without a key.
    """

    connections: ConnectionPool
    publications: PublicationStore
    films: Films
    draining: bool
    reaper: SupervisedLoop

    @property
    def settings(self) -> Settings: ...

    @property
    def cache(self) -> SharedReads: ...

    @property
    def refusals(self) -> RefusalsSeen: ...


def get_sources(request: Request) -> Sources:
    """Return what the application keeps."""
    sources: Sources = request.app.state.services
    return sources


def timelines_of(sources: Sources) -> Timelines:
    """Return the store of timelines of the subnet that the application serves."""
    return Timelines(sources.connections, sources.settings.netuid)


def get_board(request: Request) -> Board:
    """Return the board of the application; it is made at the first request, when the services exist."""
    state = request.app.state
    if not hasattr(state, "board"):
        sources = get_sources(request)
        state.board = Board(sources.publications, timelines_of(sources))
    board: Board = state.board
    return board


def get_episodes(request: Request) -> Episodes:
    """Return what reads single episodes; it is made at the first request, when the services exist."""
    state = request.app.state
    if not hasattr(state, "episodes"):
        sources = get_sources(request)
        state.episodes = Episodes(EpisodeStore(sources.connections, sources.settings.netuid), sources.films)
    episodes: Episodes = state.episodes
    return episodes


def get_leaderboards(request: Request) -> Leaderboards:
    """Return what makes the leaderboard; it is made at the first request, when the services exist."""
    state = request.app.state
    if not hasattr(state, "leaderboards"):
        state.leaderboards = Leaderboards(get_sources(request).publications)
    leaderboards: Leaderboards = state.leaderboards
    return leaderboards


BoardOf = Annotated[Board, Depends(get_board)]
EpisodesOf = Annotated[Episodes, Depends(get_episodes)]
LeaderboardsOf = Annotated[Leaderboards, Depends(get_leaderboards)]
SourcesOf = Annotated[Sources, Depends(get_sources)]
