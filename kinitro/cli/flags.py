"""Flags of commands that read the settings of a service; what a flag is called, means and defaults to stands there."""

from __future__ import annotations

import inspect
import pkgutil
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args, get_origin

import typer
from typer.core import TyperCommand

if TYPE_CHECKING:
    from kinitro.setting_types import Setting
    from kinitro.settings import ServiceSettings


def command_of(settings: str, *only: str) -> type[TyperCommand]:
    """The class of a command that finds its settings, loaded, in `context.obj`.

        app.command("api", cls=command_of("kinitro.api.settings:ApiSettings"))(api)

    It has a flag for every setting, or for those named in `only`. The class is named, not given, because it is
    imported when the command is used: `kinitro --help` needs none of them.
    """

    class Command(_SettingsCommand):
        source = settings
        names = only

    return Command


class _SettingsCommand(TyperCommand):
    source: ClassVar[str]
    names: ClassVar[tuple[str, ...]]
    _all: list[Any] | None = None

    @property
    def params(self) -> list[Any]:
        """The command's own parameters and a flag for every setting."""
        if self._all is None:
            self._all = [*self._own, *_flags(self._chosen(), in_sections=not self.names)]
        return self._all

    @params.setter
    def params(self, own: list[Any]) -> None:
        self._own = own

    def invoke(self, ctx: Any) -> Any:
        given = {setting.name: ctx.params.pop(setting.name) for setting in self._chosen()}
        ctx.obj = self._settings().load(**{name: value for name, value in given.items() if value not in ([], ())})
        return super().invoke(ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        first = self._chosen()[0]
        self.epilog = (
            f"Settings may also be given as variables, such as {first.variable} for {first.flag}, in the environment "
            "or in `.env`. A flag wins over the environment, and the environment over `.env`."
        )
        super().format_help(ctx, formatter)

    def _settings(self) -> type[ServiceSettings]:
        found: type[ServiceSettings] = pkgutil.resolve_name(self.source)
        return found

    def _chosen(self) -> list[Setting]:
        return [setting for setting in self._settings().declared() if not self.names or setting.name in self.names]


def _flags(settings: list[Setting], *, in_sections: bool) -> list[Any]:
    """Options as Typer makes them of a function with these parameters; None means not given."""

    def function(**_flags: Any) -> None:
        pass

    function.__annotations__ = {}
    function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                setting.name,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=_type(setting),
                default=typer.Option(
                    None,
                    _declaration(setting),
                    help=help_of(setting),
                    metavar=_metavar(setting),
                    rich_help_panel=setting.section if in_sections else None,
                ),
            )
            for setting in settings
        ]
    )
    app = typer.Typer(add_completion=False)
    app.command()(function)
    return typer.main.get_command(app).params


def help_of(setting: Setting) -> str:
    """What `--help` says of a flag: what the setting does, and its default or that it is required."""
    words = setting.description
    if setting.is_secret:
        words += f" Other accounts of this machine can see flags, so rather set {setting.variable}."
    if setting.field.is_required():
        return f"{words}  [required]"
    shown = {"true": "on", "false": "off"}.get(setting.default, setting.default)
    return f"{words}  [default: {shown}]" if shown else words


def _declaration(setting: Setting) -> str:
    return f"{setting.flag}/--no-{setting.flag[2:]}" if setting.field.annotation is bool else setting.flag


def _type(setting: Setting) -> Any:
    """What Typer converts to; everything else is text, which the settings class reads."""
    if get_origin(setting.field.annotation) is list:
        return list[str] | None
    if any(get_origin(part) is Literal for part in get_args(setting.field.annotation)):
        return str | None  # a word, or something else
    kinds = {kind for kind in setting.kinds if kind in (bool, int, float, Path)}
    return (str if setting.is_size or len(kinds) != 1 else kinds.pop()) | None


def _metavar(setting: Setting) -> str | None:
    """None: Typer's own, after the type."""
    if get_origin(setting.field.annotation) is Literal:
        return f"<{'|'.join(get_args(setting.field.annotation))}>"
    if setting.is_size:
        return "<size>"
    return "<duration>" if timedelta in setting.kinds else None
