"""The command as a process of its own: it can be stopped in good order before the rest is even imported."""

from __future__ import annotations

import sys

from covid_lake.runtime.interrupts import exit_code, stop_on_signals


def main() -> None:
    stop_on_signals()
    try:
        from covid_lake.cli.main import main as command

        command(prog_name="covid-lake")
    except KeyboardInterrupt:
        sys.exit(exit_code())


if __name__ == "__main__":
    main()
