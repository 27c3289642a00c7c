"""Digests of code: of a function and of everything that it uses, however it is written down.

Code is compared by its syntax tree, without what decides nothing: docstrings, comments, layout, type annotations, the
order of imports and of definitions, and the modules that definitions live in. A definition is a statement at the top of
a module; it is followed to the definitions that it names, in its own module and in those that are imported. Packages of
other distributions are not followed: of these, only the name that is imported counts.
"""

from __future__ import annotations

import ast
import gc
import hashlib
import importlib.machinery
import importlib.util
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, reduce
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from covid_lake.errors import SettingsError

Place = tuple[str, str]
"""A definition: its module, and its name there. `EVERYTHING` instead of a name is the whole module."""

EVERYTHING = "*"
# Folders of SQL that decides no row: what is asked of a finished table.
ASIDE = frozenset({"queries", "views", "checks", "__pycache__"})
# Fields of syntax trees that say how code is written down, or that follow from the rest.
UNIMPORTANT = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
IMPORTS = (ast.Import, ast.ImportFrom)
IMPORT_WITHIN = re.compile(r"(?:^[ \t]+|[:;][ \t]*)(?:from|import)\b", re.MULTILINE)
# Decorators that do not look at the annotations of what they decorate; others may, as those of Spark's functions do.
PLAIN_DECORATORS = frozenset({"cache", "cached_property", "classmethod", "contextmanager", "property", "staticmethod"})


def installed_source(module: str) -> str | None:
    """The text of a module as it is installed, in a folder or in a zip file; None where there is no such module.

    Raises `SettingsError` for a module that is there without its source.
    """
    loaded, spec = sys.modules.get(module), _spec(module)
    if loaded is None and spec is None:
        return None
    loader = spec.loader if spec else None
    source: str | None = loader.get_source(module) if loader and hasattr(loader, "get_source") else None
    file = Path((spec.origin if spec else getattr(loaded, "__file__", None)) or "")
    if source is None and file.suffix == ".py" and file.is_file():  # a loader of a tool's own, or a script
        source = importlib.util.decode_source(file.read_bytes())
    if source is None:
        raise SettingsError(
            f"the module {module} has no source code, by which a change of what tables hold is known; install it"
        )
    return source


def installed_data(package: str) -> list[tuple[str, bytes]]:
    """The data files of a package, by path and content; those of packages below it are theirs."""
    return sorted(_data_files(resources.files(package), ""))


@cache
def is_package(module: str) -> bool:
    spec = _spec(module)
    return spec is not None and spec.submodule_search_locations is not None


def _spec(module: str) -> importlib.machinery.ModuleSpec | None:
    try:
        return importlib.util.find_spec(module)
    except (ModuleNotFoundError, ValueError):
        return None


def _data_files(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name not in ASIDE and not entry.joinpath("__init__.py").is_file():
                yield from _data_files(entry, f"{path}{entry.name}/")
        elif not entry.name.endswith((".py", ".pyc", ".pyi", ".typed")):
            yield f"{path}{entry.name}", entry.read_bytes()


@dataclass(frozen=True, slots=True)
class _Definition:
    """A definition as far as it matters."""

    text: str
    """Its name with a digest of its own code, without that of what it names."""
    names: frozenset[Place]
    """The definitions that it names."""
    attributes: frozenset[str]
    """What it takes from objects: `partition_by` in `table.partition_by`."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a name may stand for."""

    modules: frozenset[str] = frozenset()
    places: frozenset[Place] = frozenset()
    foreign: frozenset[str] = frozenset()
    """Names of packages that are not followed."""

    def __or__(self, other: _Meaning) -> _Meaning:
        return _Meaning(self.modules | other.modules, self.places | other.places, self.foreign | other.foreign)


@dataclass(slots=True)
class _Module:
    """A module's top: what its names stand for."""

    bindings: dict[str, list[ast.stmt]] = field(default_factory=dict)
    """The statements that define or change a name."""
    imports: dict[str, set[tuple[str, str | None]]] = field(default_factory=dict)
    """By name what is imported under it, anywhere in the module: a module, and a name in it or None."""
    stars: list[str] = field(default_factory=list)
    """The modules from which every name is imported."""
    effects: list[ast.stmt] = field(default_factory=list)
    """The statements that define nothing: they run when the module is imported."""

    @classmethod
    def read(cls, name: str, source: str) -> _Module:
        module = cls()
        tree = ast.parse(source)
        package = name if is_package(name) else name.rpartition(".")[0]
        for statement in tree.body:
            bound = list(_bound_names(statement))
            for one in bound:
                module.bindings.setdefault(one, []).append(statement)
            if not bound and not _is_idle(statement):
                module.effects.append(statement)
        # Walking a tree takes long: only statements that hold an import are walked.
        lines = {source.count("\n", 0, found.end()) + 1 for found in IMPORT_WITHIN.finditer(source)}
        for statement in tree.body:
            if isinstance(statement, IMPORTS):
                module._add_import(statement, package)
            elif any(statement.lineno <= line <= (statement.end_lineno or 0) for line in lines):
                for node in ast.walk(statement):
                    if isinstance(node, IMPORTS):
                        module._add_import(node, package)
        return module

    def _add_import(self, node: ast.Import | ast.ImportFrom, package: str) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                self.imports.setdefault(bound, set()).add((alias.name if alias.asname else bound, None))
            return
        base = node.module or ""
        if node.level:
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*parents, *([node.module] if node.module else [])])
        for alias in node.names:
            if alias.name == "*":
                self.stars.append(base)
            else:
                self.imports.setdefault(alias.asname or alias.name, set()).add((base, alias.name))


def _is_idle(statement: ast.stmt) -> bool:
    """Whether the statement does nothing but import, or is a text or a `pass`."""
    if isinstance(statement, ast.If):
        return all(_is_idle(one) for one in (*statement.body, *statement.orelse))
    return isinstance(statement, (*IMPORTS, ast.Pass)) or _is_text(statement)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _bound_names(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement at the top of a module defines, or whose object it changes."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))
    elif isinstance(statement, ast.If | ast.Try | ast.With | ast.For | ast.While):
        for node in ast.walk(statement):
            if isinstance(node, ast.stmt) and node is not statement:
                yield from _bound_names(node)


class Code:
    """The code of some packages. What was read once is kept: a module does not change while a process runs."""

    def __init__(
        self,
        packages: Iterable[str],
        source: Callable[[str], str | None] = installed_source,
        data: Callable[[str], list[tuple[str, bytes]]] = installed_data,
        *,
        idle: Iterable[str] = (),
        values: Callable[[str, str], str | None] = lambda _module, _name: None,
        members: Iterable[Place] = (),
        without_data: Iterable[str] = (),
        with_data: Iterable[str] = (),
    ) -> None:
        """`packages` are followed. Modules in `idle` decide nothing and are not followed. `values` gives the text that
        stands for a definition instead of its code, if any. Classes in the modules of `members` do not count; of the
        classes that it names, those methods count that somebody calls. The data files of packages in `without_data`,
        and of those below, decide nothing, unless they are below one of `with_data`.
        """
        self._packages, self._source, self._data = frozenset(packages), source, data
        self._idle, self._values, self._counted_by_method = frozenset(idle), values, tuple(members)
        self._declaring = frozenset(module for module, _ in self._counted_by_method)
        self._without_data, self._with_data = tuple(without_data), tuple(with_data)
        self._modules: dict[str, _Module | None] = {}
        self._definitions: dict[Place, _Definition] = {}
        self._data_digests: dict[str, str] = {}

    def follows(self, module: str) -> bool:
        """Whether the module is of the packages that are followed."""
        return module.partition(".")[0] in self._packages

    def digest(self, places: Iterable[Place]) -> str:
        """A digest of the definitions and of all that they use; `SettingsError` for one that there is not."""
        found: dict[Place, _Definition] = {}
        attributes: set[str] = set()
        queue = list(places)
        with _uncollected():
            while queue:
                place = queue.pop()
                if place not in found:
                    found[place] = self._definition(place)
                    queue += found[place].names
                    called = found[place].attributes - attributes
                    attributes |= called
                    queue += (member for name in called for member in self._members.get(name, ()))
        packages = {self._package_of(module) for module in {module for module, _ in found}}
        return digest(*sorted({one.text for one in found.values()} | {self._data_digest(one) for one in packages}))

    def _definition(self, place: Place) -> _Definition:
        if place not in self._definitions:
            self._definitions[place] = self._read(*place)
        return self._definitions[place]

    def _read(self, module: str, name: str) -> _Definition:
        top = self._module(module)
        if top is None:
            raise SettingsError(f"there is no module {module}, which decides what tables hold")
        value = self._values(module, name)
        if value is not None:
            return _Definition(f"{name} {digest(value)}", frozenset(), frozenset())
        if name == EVERYTHING:
            statements = [one for its in top.bindings.values() for one in its]
        elif name in top.bindings:
            statements = list(top.bindings[name])
        elif "." in name:
            statements = [self._member(module, name)]
        else:
            raise SettingsError(f"the module {module} has no {name}, which decides what tables hold")
        spelled = _Spelled()
        for statement in dict.fromkeys([*statements, *top.effects]):
            spelled.add(statement)
        meaning = _Meaning()
        foreign: set[str] = set()
        for root, *path in spelled.names:
            if root in top.bindings or root in top.imports or top.stars:
                one = self._meaning_of(module, root, path)
                meaning |= one
                foreign |= {f"{root} is {other}" for other in one.foreign}
        own = f"{name.rpartition('.')[2]} {digest(*spelled.tokens, *sorted(foreign))}"
        return _Definition(own, meaning.places, frozenset(spelled.attributes))

    def _member(self, module: str, name: str) -> ast.stmt:
        owner, _, member = name.partition(".")
        top = self._module(module)
        for statement in top.bindings.get(owner, ()) if top else ():
            for one in statement.body if isinstance(statement, ast.ClassDef) else ():
                if member in _bound_names(one):
                    return one
        raise SettingsError(f"the module {module} has no {name}, which decides what tables hold")

    @cached_property
    def _members(self) -> Mapping[str, list[Place]]:
        """The methods of the classes that count by them, by the method's name."""
        found: dict[str, list[Place]] = {}
        for module, owner in self._counted_by_method:
            top = self._module(module)
            for statement in top.bindings.get(owner, ()) if top else ():
                for one in statement.body if isinstance(statement, ast.ClassDef) else ():
                    if isinstance(one, ast.FunctionDef):
                        found.setdefault(one.name, []).append((module, f"{owner}.{one.name}"))
        return found

    def _meaning_of(self, module: str, root: str, path: Sequence[str]) -> _Meaning:
        """What `root` means in a module, or `root.a.b` with a path: the parts of a path may be modules."""
        meaning = self._lookup(module, root)
        for part in path:
            inner = [self._lookup(one, part) for one in meaning.modules]
            meaning = reduce(_Meaning.__or__, inner, replace(meaning, modules=frozenset()))
        # A module that is used as a whole: anything may be taken from it.
        whole = {(one, EVERYTHING) for one in meaning.modules if one not in self._idle}
        return replace(meaning, places=meaning.places | whole)

    def _lookup(self, module: str, name: str, seen: frozenset[Place] = frozenset()) -> _Meaning:
        """What a name at the top of a module means; nothing for the names of Python's own and of idle modules."""
        top = None if module in self._idle else self._module(module)
        if top is None or (module, name) in seen:
            return _Meaning()
        seen |= {(module, name)}
        if name in top.bindings:
            is_declared = module in self._declaring and isinstance(top.bindings[name][0], ast.ClassDef)
            return _Meaning() if is_declared else _Meaning(places=frozenset({(module, name)}))
        if name in top.imports:
            return reduce(_Meaning.__or__, (self._imported(*one, seen) for one in top.imports[name]))
        submodule = f"{module}.{name}"
        if is_package(module) and (submodule in self._idle or self._module(submodule) is not None):
            return _Meaning(modules=frozenset({submodule}))
        return reduce(_Meaning.__or__, (self._lookup(one, name, seen) for one in top.stars), _Meaning())

    def _imported(self, module: str, name: str | None, seen: frozenset[Place]) -> _Meaning:
        if not self.follows(module):
            return _Meaning(foreign=frozenset({f"{module}.{name}" if name else module}))
        return _Meaning(modules=frozenset({module})) if name is None else self._lookup(module, name, seen)

    def _module(self, name: str) -> _Module | None:
        if name not in self._modules:
            source = self._source(name) if self.follows(name) else None
            self._modules[name] = None if source is None else _Module.read(name, source)
        return self._modules[name]

    def _package_of(self, module: str) -> str:
        return module if is_package(module) else module.rpartition(".")[0]

    def _data_digest(self, package: str) -> str:
        """A digest of the data files in a package."""
        is_below = f"{package}.".startswith
        is_left_out = any(is_below(f"{one}.") for one in self._without_data)
        if not package or (is_left_out and not any(is_below(f"{one}.") for one in self._with_data)):
            return ""
        if package not in self._data_digests:
            files = self._data(package)
            hashed = [f"{path} {hashlib.sha256(content).hexdigest()}" for path, content in files]
            self._data_digests[package] = digest(*hashed) if hashed else ""
        return self._data_digests[package]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep Python from looking for garbage: among the many objects of syntax trees that takes as long as parsing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Spelled:
    """Code as a list of tokens, with the names in it that are not those of parameters and local variables."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.names: set[tuple[str, ...]] = set()
        """Names alone, and with the attributes that are taken from them: `F.col` is `("F", "col")`."""
        self.attributes: set[str] = set()
        self._local: set[str] = set()
        """What the code around assigns, and so are its own variables."""
        self._shared: set[str] = set()
        """What it declares as `global`."""

    def add(self, node: Any) -> None:
        """Add a part of a syntax tree."""
        add_it = _ADDED_BY.get(type(node))
        if add_it is not None:
            add_it(self, node)
        elif isinstance(node, ast.AST):
            self._add_fields(type(node).__name__, node, node._fields)
        else:
            self.tokens.append(repr(node))

    def _add_fields(self, kind: str, node: Any, names: Iterable[str]) -> None:
        self.tokens.append(f"({kind}")
        for name in names:
            value = getattr(node, name, None)
            # A return or an assignment may have the value None.
            if name not in UNIMPORTANT and value != [] and (value is not None or name == "value"):
                self.add(value)
        self.tokens.append(")")

    def _add_list(self, nodes: list[Any]) -> None:
        self.tokens.append("[")
        for one in nodes:
            self.add(one)
        self.tokens.append("]")

    def _add_name(self, node: ast.Name) -> None:
        self.tokens.append(node.id)
        if type(node.ctx) is ast.Load:
            self.names.add((node.id,))
        else:
            self._local.add(node.id)

    def _add_attribute(self, node: ast.Attribute) -> None:
        path = [node.attr]
        inner: ast.expr = node.value
        while isinstance(inner, ast.Attribute):
            path.append(inner.attr)
            inner = inner.value
        self.attributes.update(path)
        self.tokens += [".", *path]
        if isinstance(inner, ast.Name):
            self.tokens.append(inner.id)
            self.names.add((inner.id, *reversed(path)))
        else:
            self.add(inner)

    def _add_constant(self, node: ast.Constant) -> None:
        self.tokens.append(repr(node.value))

    def _add_expression(self, node: ast.Expr) -> None:
        if not _is_text(node):
            self._add_fields("Expr", node, node._fields)

    def _add_annotated(self, node: ast.AnnAssign) -> None:
        self.tokens.append("(Assign")
        self._add_list([node.target])
        self.add(node.value)
        self.tokens.append(")")

    def _add_global(self, node: ast.Global) -> None:
        self._shared.update(node.names)

    def _add_nothing(self, node: Any) -> None:
        pass

    def _add_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        # Decorators and defaults are none of the function's own code.
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        self._add_list([*decorators, *node.args.defaults, *node.args.kw_defaults])
        kinds = _parameter_kinds(node.args)
        if not all(isinstance(one, ast.Name) and one.id in PLAIN_DECORATORS for one in decorators):
            self._add_list([one.annotation for kind in kinds for one in kind])
        with self._own_variables():
            for mark, kind in zip("p,*k/", kinds, strict=True):
                self.tokens += [mark, *(one.arg for one in kind)]
                self._local.update(one.arg for one in kind)
            self._add_fields(type(node).__name__, node, ("name", "body"))

    def _add_comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        self.add(node.generators[0].iter)
        with self._own_variables():
            self._add_fields(type(node).__name__, node, node._fields)

    def _add_class(self, node: ast.ClassDef) -> None:
        with self._own_variables():
            self._add_fields("ClassDef", node, node._fields)
            self._local.clear()  # what a class's own code assigns is no variable of its methods

    @contextmanager
    def _own_variables(self) -> Iterator[None]:
        """Code with variables of its own: what it names besides is named by the code around it."""
        outer = self.names, self._local, self._shared
        self.names, self._local, self._shared = set(), set(), set()
        yield
        own = self._local - self._shared
        named = {path for path in self.names if path[0] not in own}
        self.names, self._local, self._shared = outer
        self.names |= named


_ADDED_BY: Mapping[type, Callable[[_Spelled, Any], None]] = {
    list: _Spelled._add_list,
    ast.Name: _Spelled._add_name,
    ast.Attribute: _Spelled._add_attribute,
    ast.Constant: _Spelled._add_constant,
    ast.Expr: _Spelled._add_expression,
    ast.AnnAssign: _Spelled._add_annotated,
    ast.Global: _Spelled._add_global,
    ast.FunctionDef: _Spelled._add_function,
    ast.AsyncFunctionDef: _Spelled._add_function,
    ast.Lambda: _Spelled._add_function,
    ast.ListComp: _Spelled._add_comprehension,
    ast.SetComp: _Spelled._add_comprehension,
    ast.DictComp: _Spelled._add_comprehension,
    ast.GeneratorExp: _Spelled._add_comprehension,
    ast.ClassDef: _Spelled._add_class,
    ast.Pass: _Spelled._add_nothing,
    ast.Import: _Spelled._add_nothing,
    ast.ImportFrom: _Spelled._add_nothing,
}


def _parameter_kinds(node: ast.arguments) -> tuple[list[ast.arg], ...]:
    """Parameters by position only, others, `*args`, by name only, `**kwargs`."""
    return (
        node.posonlyargs,
        node.args,
        [node.vararg] if node.vararg else [],
        node.kwonlyargs,
        [node.kwarg] if node.kwarg else [],
    )


def digest(*parts: str) -> str:
    """A digest of the texts, in their order."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
