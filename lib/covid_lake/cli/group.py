"""The command group: turns errors into a sentence and an exit code, and ends Java on signals."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from covid_lake.cli.printing import show_error
from covid_lake.cli.terminal import flush, give_up, prepare_streams
from covid_lake.errors import LakeError, OutputClosed, SettingsError
from covid_lake.runtime import interrupts
from covid_lake.runtime.java import leave_foreign_spark

EXIT_FAULT = 1
EXIT_USAGE = 2


class Group(click.Group):
    """Turns errors of the library, of files and of the output into a sentence and an exit code."""

    def main(self, *args: Any, **settings: Any) -> Any:
        prepare_streams()
        try:
            try:
                return super().main(*args, **settings)
            finally:
                flush()
        except OutputClosed:
            give_up(sys.stdout)
        except (LakeError, OSError) as error:
            give_up(sys.stdout)
            show_error(_described(error))
        sys.exit(EXIT_FAULT)

    def invoke(self, ctx: click.Context) -> Any:
        leave_foreign_spark()  # before anything imports pyspark, which reads these variables
        with interrupts.stoppable():
            try:
                return self._invoke(ctx)
            except BaseException as error:
                # A failure after Ctrl-C is a consequence of it.
                if interrupts.is_stopping() or isinstance(error, KeyboardInterrupt):
                    ctx.exit(interrupts.exit_code())
                raise

    def _invoke(self, ctx: click.Context) -> Any:
        try:
            _require_working_directory()
            return super().invoke(ctx)
        except OutputClosed:
            raise
        except LakeError as error:
            show_error(str(error))
            ctx.exit(EXIT_USAGE if isinstance(error, SettingsError) else EXIT_FAULT)
        except OSError as error:
            show_error(_described(error))
            ctx.exit(EXIT_FAULT)


def _described(error: Exception) -> str:
    """An error as a sentence; for one of the system, its words and the file or folder."""
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    if error.filename is None:
        return f"the system says: {error.strerror}"
    return f"{os.fsdecode(error.filename)} cannot be used: {error.strerror}"


def _require_working_directory() -> None:
    try:
        Path.cwd()
    except OSError as error:
        raise SettingsError("the working directory is not there any more; change to another one") from error
