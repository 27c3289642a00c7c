"""A table is built anew when, and only when, what decides its rows has changed."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from covid_lake import contracts
from covid_lake.contracts import Codec, Column, Drift, Rule, Severity, Table, Type, WarehouseLayout
from covid_lake.datasets import registry
from covid_lake.datasets.covid19.contracts import DIM_DATE, FACT_CASES, JHU_DAILY_REPORTS, STATE_ABV
from covid_lake.engines.semantics import SEMANTICS
from covid_lake.errors import SettingsError
from covid_lake.flows import PseudonymKey, from_landing
from covid_lake.pipeline import fingerprints
from covid_lake.pipeline.code_digests import Code, installed_data, installed_source
from covid_lake.pipeline.fingerprints import UNDECIDING, code_of, contract_text, step_basis

FLOW = registry.flow("covid19")
TRUSTED = {step.target.id for step in FLOW.steps if step.target.landing}
EVERY = {step.target.id for step in FLOW.steps}
BY_PARTITIONS = {step.target.id for step in FLOW.steps if step.partial}
COVID19 = "covid_lake.datasets.covid19"
KEY = PseudonymKey("secret", "SECRET_KEY", "Tests need it")

Edit = Callable[[str], str]


def bases(code: Code | None = None, semantics: Mapping[str, str] = SEMANTICS) -> dict[str, str]:
    return {step.target.id: step_basis(step, {}, code, semantics) for step in FLOW.steps}


@pytest.fixture(scope="module")
def before() -> dict[str, str]:
    return bases()


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    return {table for table in before if after[table] != before[table]}


def changed_by(before: Mapping[str, str], module: str, edit: Edit) -> set[str]:
    """The tables that an edit of a module's source would build anew."""
    original = installed_source(module) or ""
    edited = edit(original)
    assert edited != original, f"{module} is not what the test takes it for"
    code = code_of({"covid_lake"}, source=lambda name: edited if name == module else installed_source(name))
    return differing(before, bases(code))


def replaced(old: str, new: str) -> Edit:
    return lambda text: text.replace(old, new)


def tables(*names: str) -> set[str]:
    return {f"trusted.{name}" for name in names}


@pytest.mark.parametrize("name", registry.dataset_names())
def test_every_table_has_a_fingerprint_of_its_own(name: str) -> None:
    """The library's functions that fingerprints name are there, too."""
    steps = registry.flow(name).steps
    found = {step_basis(step, {key.name: "digest" for key in step.keys}) for step in steps}
    assert len(found) == len(steps)


# --- code ----------------------------------------------------------------------------------------------------------


def with_other_docstrings(text: str) -> str:
    return re.sub(r'^( +""")(?=[A-Z])', r"\1Otherwise: ", text, flags=re.MULTILINE)


def with_reversed_imports(text: str) -> str:
    lines = text.split("\n")
    numbers = [
        number
        for number, line in enumerate(lines)
        if line.startswith("from ") and "__future__" not in line and not line.endswith("(")
    ]
    for number, line in zip(numbers, [lines[number] for number in reversed(numbers)], strict=True):
        lines[number] = line
    return "\n".join(lines)


def without_types_of_results(text: str) -> str:
    return text.replace(") -> DataFrame:", "):").replace(") -> Column:", "):")


@pytest.mark.parametrize(
    "edit",
    [
        with_other_docstrings,
        lambda text: text.replace("\ndef ", "\n# A comment.\n\ndef "),
        lambda text: text.replace("\n\n", "\n\n\n\n"),
        with_reversed_imports,
        without_types_of_results,
        lambda text: f'{text}\n\ndef nobody_calls_this() -> str:\n    return "x"\n',
    ],
    ids=["docstrings", "comments", "layout", "order of imports", "annotations", "unused code"],
)
@pytest.mark.parametrize("module", [f"{COVID19}.regions", f"{COVID19}.curated", "covid_lake.transforms.columns"])
def test_what_decides_no_row_changes_nothing(before: Mapping[str, str], module: str, edit: Edit) -> None:
    assert changed_by(before, module, edit) == set()


def test_the_order_of_functions_changes_nothing(before: Mapping[str, str]) -> None:
    def edit(text: str) -> str:
        begin = text.index("\ndef enigma_jhu(")
        end = text.index("\ndef ", begin + 1)
        return text[:begin] + text[end:] + text[begin:end]

    assert changed_by(before, f"{COVID19}.trusted", edit) == set()


@pytest.mark.parametrize(
    ("module", "old", "new", "expected"),
    [
        (f"{COVID19}.trusted", 'folded("hospital_name")', 'folded("city")', tables("hospital_beds")),
        (f"{COVID19}.curated", 'F.date_format("date", "MMMM")', 'F.date_format("date", "MMM")', {"curated.dim_date"}),
        (
            f"{COVID19}.regions",
            "def canonical_country_codes(",
            "def canonical_country_codes(*, ",
            tables("country_code"),
        ),
        ("covid_lake.transforms.columns", "one in USUAL_FORMATS", "one not in USUAL_FORMATS", TRUSTED),
        ("covid_lake.landing.formats.csv", '"PERMISSIVE"', '"DROPMALFORMED"', TRUSTED),
        ("covid_lake.landing.formats.json_lines", '"PERMISSIVE"', '"DROPMALFORMED"', TRUSTED),
        ("covid_lake.contracts", '"-[0-9]{2}-[0-9]{2}"', '"/[0-9]{2}/[0-9]{2}"', TRUSTED),
        ("covid_lake.pipeline.compaction", '"ascending"', '"descending"', TRUSTED),
        ("covid_lake.pipeline.trusted", "F.col(NEWEST) &", "~F.col(NEWEST) &", TRUSTED),
        ("covid_lake.pipeline.curated", "for value in partitions}", "for value in partitions[1:]}", EVERY - TRUSTED),
        ("covid_lake.pipeline.star", "only_grew = not removed", "only_grew = bool(removed)", BY_PARTITIONS),
        ("covid_lake.engines.spark", '"overwrite"', '"append"', EVERY),
        ("covid_lake.engines.sail", '"zstd(3)"', '"zstd(9)"', EVERY),
        ("covid_lake.transforms.frames", "T.IntegerType()", "T.ShortType()", EVERY),
    ],
)
def test_code_that_decides_rows_changes_the_tables_that_use_it(
    before: Mapping[str, str], module: str, old: str, new: str, expected: set[str]
) -> None:
    assert changed_by(before, module, replaced(old, new)) == expected


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("covid_lake.pipeline.trusted", "seconds=round(time.monotonic() - started, 2)", "seconds=0.0"),
        ("covid_lake.pipeline.curated", "seconds=round(time.monotonic() - started, 2)", "seconds=0.0"),
        ("covid_lake.landing.formats.csv", "MAX_COLUMNS = 1_000", "MAX_COLUMNS = 2_000"),
        ("covid_lake.contracts", "    grain: str\n", "    grain: str\n    layout: str = ''\n"),
        (f"{COVID19}.contracts", "comment", "remark"),
    ],
)
def test_code_that_counts_or_declares_changes_nothing(
    before: Mapping[str, str], module: str, old: str, new: str
) -> None:
    def edit(text: str) -> str:
        return f"{text.replace(old, new)}\n"

    assert old in (installed_source(module) or "") or module.startswith(COVID19)
    assert changed_by(before, module, edit) == set()


def test_modules_that_decide_nothing_are_not_even_read() -> None:
    read: set[str] = set()

    def source(name: str) -> str | None:
        read.add(name)
        return installed_source(name)

    bases(code_of({"covid_lake"}, source=source))
    assert not read & fingerprints.IDLE
    rooms = tuple(f"covid_lake.{room}." for room in ("cli", "reading", "runtime", "publish", "provenance", "warehouse"))
    assert [name for name in read if f"{name}.".startswith(rooms)] == []


# --- data, settings, engine ----------------------------------------------------------------------------------------


def changed_by_file(before: Mapping[str, str], package: str, path: str) -> set[str]:
    """The tables that another content of a data file would build anew."""

    def data(name: str) -> list[tuple[str, bytes]]:
        return [(one, b"other" if (name, one) == (package, path) else content) for one, content in installed_data(name)]

    assert path in dict(installed_data(package))
    return differing(before, bases(code_of({"covid_lake"}, data=data)))


def test_a_table_of_names_changes_the_tables_that_use_it(before: Mapping[str, str]) -> None:
    changed = changed_by_file(before, f"{COVID19}.places", "us_states.csv")
    assert changed >= tables("jhu_daily_reports", "nytimes_us_states", "state_abv", "country_code")
    assert not changed & {*tables("testing_us_daily"), "curated.dim_date", "curated.fact_covid"}


def test_sql_that_names_partitions_changes_the_tables_that_ask_it(before: Mapping[str, str]) -> None:
    changed = changed_by_file(before, f"{COVID19}.sql", "touched/months_of_changed_tests.sql")
    assert {"curated.fact_covid"} <= changed <= BY_PARTITIONS


def test_sql_that_asks_a_finished_table_is_no_part() -> None:
    assert {path.partition("/")[0] for path, _ in installed_data(f"{COVID19}.sql")} == {"touched", "differs"}


def test_sql_that_decides_whether_a_table_is_built_changes_it() -> None:
    (step,) = (step for step in FLOW.steps if step.target is DIM_DATE)
    assert step_basis(replace(step, differs=f"{step.differs} "), {}) != step_basis(step, {})


def test_a_check_changes_nothing() -> None:
    (step,) = (step for step in FLOW.steps if step.target.id == "curated.fact_cases")
    assert step_basis(replace(step, checks=()), {}) == step_basis(step, {})


def test_the_sessions_settings_change_every_table(before: Mapping[str, str]) -> None:
    assert differing(before, bases(semantics={**SEMANTICS, "spark.sql.session.timeZone": "CET"})) == EVERY


@pytest.mark.parametrize(("version", "expected"), [("9.1.0", EVERY), ("9.0.7", set())])
def test_another_engine_changes_every_table_and_its_patch_none(
    monkeypatch: pytest.MonkeyPatch, version: str, expected: set[str]
) -> None:
    monkeypatch.setattr("pyspark.version.__version__", "9.0.1")
    before = bases()
    monkeypatch.setattr("pyspark.version.__version__", version)
    assert differing(before, bases()) == expected


def test_another_key_of_pseudonyms_changes_a_table_that_needs_one() -> None:
    step = next(step for step in FLOW.steps if step.target is STATE_ABV)
    keyed = replace(step, keys=(KEY,))
    assert step_basis(keyed, {"secret": "1"}) != step_basis(keyed, {"secret": "2"})
    assert step_basis(step, {"secret": "1"}) == step_basis(step, {})


# --- contracts -----------------------------------------------------------------------------------------------------


def with_column(name: str, **changes: object) -> Table:
    """A table with a column that is described otherwise."""
    columns = [replace(one, **changes) if one.name == name else one for one in JHU_DAILY_REPORTS.columns]  # type: ignore[arg-type]
    return replace(JHU_DAILY_REPORTS, columns=tuple(columns))


def with_rule(severity: Severity) -> Table:
    return replace(
        JHU_DAILY_REPORTS, rules=(*JHU_DAILY_REPORTS.rules, Rule("odd_deaths", "deaths > 1", "odd", severity))
    )


@pytest.mark.parametrize(
    "table",
    [
        replace(JHU_DAILY_REPORTS, grain="Another sentence."),
        replace(JHU_DAILY_REPORTS, max_rejected_fraction=0.5),
        replace(JHU_DAILY_REPORTS, drift=Drift()),
        replace(JHU_DAILY_REPORTS, in_warehouse=False),
        with_rule(Severity.WARN),
        with_rule(Severity.FAIL),
        with_column("deaths", comment="Other words."),
        with_column("deaths", required=False),
    ],
)
def test_what_a_contract_says_besides_changes_nothing(table: Table) -> None:
    assert table != JHU_DAILY_REPORTS
    assert contract_text(table) == contract_text(JHU_DAILY_REPORTS)


def test_what_the_warehouse_does_with_a_table_changes_nothing() -> None:
    source = replace(FACT_CASES.column("source"), max_bytes=99)
    columns = tuple(source if column.name == "source" else column for column in FACT_CASES.columns)
    other = replace(FACT_CASES, layout=WarehouseLayout(), columns=columns)
    assert other != FACT_CASES
    assert contract_text(other) == contract_text(FACT_CASES)


def test_another_codec_is_another_table() -> None:
    other = replace(FACT_CASES, layout=replace(FACT_CASES.layout, codec=Codec.GZIP))
    assert contract_text(other) != contract_text(FACT_CASES)


def test_a_first_rule_that_only_warns_changes_nothing() -> None:
    plain, warning = replace(STATE_ABV, rules=()), Rule("never", "false", "never", Severity.WARN)
    assert contract_text(replace(plain, rules=(warning,))) == contract_text(plain)


@pytest.mark.parametrize(
    "table",
    [
        with_column("deaths", type=Type.INT),
        with_column("deaths", spellings=("Dead",)),
        with_column("deaths", null_tokens=("?",)),
        with_column("deaths", null_tokens=()),
        replace(JHU_DAILY_REPORTS, landing=replace(JHU_DAILY_REPORTS.landing, null_tokens=())),  # type: ignore[type-var]
        with_column("deaths", nullable=False),
        with_rule(Severity.REJECT),
        replace(JHU_DAILY_REPORTS, key=JHU_DAILY_REPORTS.key[:-1]),
        replace(JHU_DAILY_REPORTS, newest_by=()),
        replace(JHU_DAILY_REPORTS, columns=JHU_DAILY_REPORTS.columns[::-1]),
        replace(JHU_DAILY_REPORTS, columns=(*JHU_DAILY_REPORTS.columns, Column("more", Type.TEXT, "More."))),
    ],
)
def test_what_decides_rows_in_a_contract_changes_it(table: Table) -> None:
    assert contract_text(table) != contract_text(JHU_DAILY_REPORTS)


def test_each_format_of_a_folder_has_a_text_of_its_own() -> None:
    forms = (contracts.Csv(), contracts.Csv(delimiter=";"), contracts.JsonLines(), contracts.Parquet())
    landings = [contracts.Landing(folders=(contracts.Folder("x", form),)) for form in forms]
    texts = {
        contract_text(replace(JHU_DAILY_REPORTS, landing=replace(one, daily=JHU_DAILY_REPORTS.landing.daily)))
        for one in landings
    }
    assert len(texts) == len(forms)


def test_every_field_of_a_contract_either_decides_rows_or_is_known_not_to() -> None:
    """Whoever adds a field says here, or in UNDECIDING, which it is."""
    kinds = (
        *(contracts.Table, contracts.Column, contracts.Landing, contracts.Partitioning, contracts.Identity),
        *(contracts.Folder, contracts.Csv, contracts.JsonLines, contracts.Parquet),
    )
    deciding = {
        kind.__name__: {field.name for field in dataclasses.fields(kind) if field.compare}
        - UNDECIDING.get(kind, frozenset())
        for kind in kinds
    }
    assert deciding == {
        "Table": {
            "dataset", "zone", "name", "columns", "key", "landing", "newest_by", "identity", "partitioning", "rules",
        },
        "Column": {
            "name", "type", "spellings", "nullable", "formats", "time_zone", "pad", "null_tokens", "unreadable",
            "precision", "scale",
        },
        "Landing": {"csv", "json", "folders", "null_tokens", "daily"},
        "Csv": {"delimiter", "quote", "escape", "encoding", "names"},
        "JsonLines": set(),
        "Parquet": set(),
        "Folder": {"path", "format"},
        "Partitioning": {"column", "month_of"},
        "Identity": {"same_thing", "key", "key_by_name"},
    }  # fmt: skip


# --- a package of somebody else's ----------------------------------------------------------------------------------

PACKAGES = itertools.count()
STEPS = """
from . import constants as c
from .helpers import helper
from .more import *

LOCAL = {"a": 1}
LOCAL["b"] = 2


def build(frames):
    from .late import late

    constants = c.LIMIT
    return helper(frames, constants), late(), star(), LOCAL


def unrelated(frames):
    return frames
"""
FILES = {
    "__init__": "",
    "steps": STEPS,
    "constants": "LIMIT = 1\nOTHER = 2\n",
    "helpers": "def helper(frames, limit):\n    return deeper(limit)\n\n\ndef deeper(limit):\n    return limit + 1\n",
    "more": "def star():\n    return 3\n",
    "late": "def late():\n    return [unused for unused in (1, 2)]\n\n\ndef unused():\n    return 4\n",
}


def digest_of(folder: Path, monkeypatch: pytest.MonkeyPatch, **changed: str) -> str:
    """The digest of `steps.build` in a package of these modules; every package has a name of its own."""
    name = f"package_{next(PACKAGES)}"
    (folder / name).mkdir(parents=True)
    for module, text in {**FILES, **changed}.items():
        (folder / name / f"{module}.py").write_text(text)
    monkeypatch.syspath_prepend(folder)
    return Code({name}).digest([(f"{name}.steps", "build")])


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("steps", "c.LIMIT", "c.OTHER"),
        ("steps", '"b"', '"c"'),
        ("constants", "LIMIT = 1", "LIMIT = 7"),
        ("helpers", "limit + 1", "limit + 2"),
        ("more", "return 3", "return 4"),
        ("late", "(1, 2)", "(1, 3)"),
    ],
)
def test_code_is_followed_through_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, old: str, new: str
) -> None:
    before = digest_of(tmp_path, monkeypatch)
    assert digest_of(tmp_path, monkeypatch) == before
    assert old in FILES[module]
    assert digest_of(tmp_path, monkeypatch, **{module: FILES[module].replace(old, new)}) != before


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("steps", "return frames\n", "return None\n"),
        ("constants", "OTHER = 2", "OTHER = 3"),
        ("late", "return 4", "return 5"),  # a variable has the function's name
        ("helpers", "def deeper", '"""About deeper."""\n\n\ndef deeper'),
    ],
)
def test_what_a_function_does_not_use_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, old: str, new: str
) -> None:
    before = digest_of(tmp_path, monkeypatch)
    assert old in FILES[module]
    assert digest_of(tmp_path, monkeypatch, **{module: FILES[module].replace(old, new)}) == before


def test_a_function_may_move_to_another_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest_of(tmp_path, monkeypatch)
    steps, helper = STEPS.replace("from .helpers", "from .moved"), FILES["helpers"]
    assert digest_of(tmp_path, monkeypatch, steps=steps, moved=helper, helpers="") == before


def test_a_name_that_is_imported_from_elsewhere_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (
        STEPS.replace("from . import constants as c", f"from pyspark.sql import {name} as c")
        for name in ("functions", "types")
    )
    assert digest_of(tmp_path, monkeypatch, steps=one) != digest_of(tmp_path, monkeypatch, steps=other)


def test_code_that_is_not_there_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"the module package_\d+\.steps has no build"):
        digest_of(tmp_path, monkeypatch, steps="")


def scaled(frames: object, by: int, of: str = "") -> None:
    """A step's function with arguments of its own."""


def of_closure(by: int) -> Callable[[object], None]:
    return lambda frames: scaled(frames, by)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (functools.partial(scaled, by=1), functools.partial(scaled, by=2)),
        (functools.partial(scaled, by=1, of="a"), functools.partial(scaled, by=1, of="b")),
        (of_closure(1), of_closure(2)),
        (scaled, of_closure),
    ],
    ids=["an argument", "another", "a variable around it", "another function"],
)
def test_what_a_function_carries_along_counts(one: Callable[..., None], other: Callable[..., None]) -> None:
    first, second, again = (step_basis(from_landing(STATE_ABV, it), {}) for it in (one, other, one))  # type: ignore[arg-type]
    assert first != second
    assert again == first
