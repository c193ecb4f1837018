"""The mutations of a Python file: one small change each, found in its syntax tree.

Changed: comparisons, `and`/`or`, `not`, conditions, arithmetic, numbers, booleans, words inside functions, returned
values, `break`/`continue`. Left alone: docstrings, annotations, texts of errors (f-strings and what is raised), and
words outside functions, which are tables of data with tests of their own. After Offutt's sufficient operators
(https://doi.org/10.1145/227607.227610).
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
CONDITIONED = (ast.If, ast.IfExp, ast.While, ast.Assert)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class Mutant:
    """One change: `place` counts the nodes of the tree, `key` names it where lines move."""

    path: Path
    module: str
    line: int
    place: int
    what: str
    key: str

    def tree(self) -> ast.Module:
        """The changed file."""
        tree = ast.parse(self.path.read_text(encoding="utf-8"))
        nodes = list(ast.walk(tree))
        _changes(nodes[self.place], in_function=True)[self.what]()
        return ast.fix_missing_locations(tree)


def mutants_of(path: Path, root: Path) -> list[Mutant]:
    """Every mutant of a file. `root` is the folder that holds its top package."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    tree = ast.parse(text)
    skipped = set(_left_alone(tree))
    inside = {id(each) for node in ast.walk(tree) if isinstance(node, FUNCTIONS) for each in ast.walk(node)}
    relative = path.relative_to(root)
    module = ".".join(relative.with_suffix("").parts)
    found = []
    for place, node in enumerate(ast.walk(tree)):
        if id(node) in skipped:
            continue
        for what in _changes(node, in_function=id(node) in inside):
            line = node.lineno  # type: ignore[attr-defined]  # every changed node has a place
            key = f"{relative.as_posix()}: {lines[line - 1].strip()}: {what}"
            found.append(Mutant(path, module, line, place, what, key))
    return found


def _left_alone(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        for part in _unchanged_parts(node):
            yield from (id(each) for each in ast.walk(part))


def _unchanged_parts(node: ast.AST) -> list[ast.AST]:
    match node:
        case ast.Expr(value=ast.Constant()) | ast.JoinedStr() | ast.Raise() | ast.Assign(targets=[ast.Name("__all__")]):
            return [node]
        case (
            ast.AnnAssign(annotation=part)
            | ast.arg(annotation=ast.expr() as part)
            | ast.Assign(value=ast.BinOp(op=ast.BitOr()) as part)  # the name of a union of types
            | ast.Call(func=ast.Name("isinstance"), args=[_, part])
        ):
            return [part]
        case ast.FunctionDef(returns=returns, decorator_list=decorators):
            return [*decorators, *([returns] if returns else [])]
        case ast.ClassDef(decorator_list=decorators):
            return list(decorators)
    return []


def _changes(node: ast.AST, *, in_function: bool) -> dict[str, Callable[[], None]]:
    """The changes that a node allows, by what they are called."""
    match node:
        case ast.Compare(ops=ops):
            return {
                f"{_name(op)} -> {_name(COMPARISONS[type(op)]())} at {node.col_offset}, {i}": _setter(ops, i)
                for i, op in enumerate(ops)
            }
        case ast.BoolOp(op=op) | ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in OPERATORS:
            changed = OPERATORS[type(op)]()
            return {f"{_name(op)} -> {_name(changed)} at {node.col_offset}": lambda: setattr(node, "op", changed)}
        case ast.UnaryOp(op=ast.Not()):
            return {f"not -> not not at {node.col_offset}": lambda: setattr(node, "operand", _negated(node.operand))}
        case ast.Constant(value=value):
            return _constant_changes(node, value, in_function=in_function)
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            return {"return -> return None": lambda: setattr(node, "value", ast.Constant(None))}
        case ast.Break() | ast.Continue():
            other = ast.Continue if isinstance(node, ast.Break) else ast.Break
            return {f"{_name(node)} -> {other.__name__.lower()}": lambda: setattr(node, "__class__", other)}
    if isinstance(node, CONDITIONED) and not isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp):
        return {f"condition -> not at {node.test.col_offset}": lambda: setattr(node, "test", _negated(node.test))}
    return {}


def _constant_changes(node: ast.Constant, value: object, *, in_function: bool) -> dict[str, Callable[[], None]]:
    if isinstance(value, bool):
        changed: object = not value
    elif isinstance(value, int | float):
        changed = value + 1
    elif isinstance(value, str) and in_function:
        changed = f"{value}~"
    else:
        return {}
    return {f"{value!r} -> {changed!r} at {node.col_offset}": lambda: setattr(node, "value", changed)}


def _setter(ops: list[ast.cmpop], at: int) -> Callable[[], None]:
    return lambda: ops.__setitem__(at, COMPARISONS[type(ops[at])]())


def _negated(condition: ast.expr) -> ast.UnaryOp:
    return ast.UnaryOp(ast.Not(), condition)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _name(operator: ast.AST) -> str:
    return type(operator).__name__.lower()
