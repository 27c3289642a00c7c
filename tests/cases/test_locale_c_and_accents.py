"""The language that a caller has set, or has not, makes no difference to which files are found."""

from __future__ import annotations

from pathlib import Path

from commands import TABLE, command, landing_file, run_arguments
from covid_lake.reading.lake import Lake


def test_a_folder_with_an_accent_is_found_under_the_locale_c(tmp_path: Path) -> None:
    home = tmp_path / "josé [日本] {x}"
    source, lake = landing_file(home / "in"), home / "L-josé"
    ended = command(*run_arguments(source, lake), changes={"LC_ALL": "C", "LANG": None, "TMPDIR": str(tmp_path)})
    assert ended.returncode == 0, ended.stdout
    assert len(Lake(lake).sql(f"SELECT * FROM covid19_trusted.{TABLE}")) == 1
