"""Calls known to change a name's value in place, and calls that hide what they do.

A closed list errs both ways; it holds what notebooks do most and what is hard to mistake for something else
(`replace`, `partition` and `transform` return a new value in the commonest types, so they are not here).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


IN_PLACE_METHODS = words(  # list, deque, bytearray
    "append extend insert remove pop clear sort reverse appendleft extendleft popleft rotate "
    # dict, set
    "update setdefault popitem add discard difference_update intersection_update symmetric_difference_update "
    # numpy
    "fill itemset setflags "
    # estimators and neural networks
    "fit partial_fit fit_transform fit_predict load_state_dict backward step zero_grad"
)
IN_PLACE_FUNCTIONS = words(
    "setattr delattr next shuffle heappush heappop heapify heapreplace heappushpop insort insort_left "
    "insort_right fill_diagonal copyto putmask place"
)
MODULES = words(
    "np numpy pd pandas pl plt mpl sns os sys re io json math time random shutil torch tf nn F optim jnp jax "
    "cp scipy sp sklearn st mlflow itertools functools operator heapq bisect logging warnings subprocess"
)
"""Names that by convention are modules: `np.append(a, b)` is a function, not a change of `np`."""
HIDING_CALLS = words("exec eval globals locals run_cell run_cell_async run_line_magic run_cell_magic")
"""`vars` belongs here only without an argument; `df.eval` and `model.eval` do not."""
SUPPRESSING_CONTEXTS = frozenset({"suppress", "raises"})
_TORCH_IN_PLACE = re.compile(r"[a-z]\w*[^_\W]_")
_LOCAL_OF_QUERY = re.compile(r"@([^\W\d]\w*)")


def root_name(node: ast.expr) -> str | None:
    """The name at the bottom of `x.a[0].b`; None when it is not a plain name."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def called_name(call: ast.Call) -> str | None:
    """`f` of `f(...)`, `method` of `x.method(...)`."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else None


def changed_names(call: ast.Call, modules: set[str]) -> Iterator[str]:
    """Names whose value the call changes in place; `modules` are the cell's own names of modules."""
    called = called_name(call)
    if called is None:
        return
    if isinstance(call.func, ast.Attribute):
        owner = root_name(call.func.value)
        of_module = owner in MODULES or owner in modules
        in_place = called in IN_PLACE_METHODS or _TORCH_IN_PLACE.fullmatch(called) or _asks_in_place(call)
        if owner is not None and in_place and not of_module:
            yield owner
    if called in IN_PLACE_FUNCTIONS and call.args and (first := root_name(call.args[0])) is not None:
        yield first
    for keyword in call.keywords:
        if keyword.arg == "out" and (out := root_name(keyword.value)) is not None:
            yield out


def _asks_in_place(call: ast.Call) -> bool:
    return any(
        keyword.arg == "inplace" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        for keyword in call.keywords
    )


def hides_names(call: ast.Call) -> str | None:
    """The called name, if the call may read or write names that its text does not show."""
    called = called_name(call)
    if called == "vars" and not call.args and isinstance(call.func, ast.Name):
        return called
    if called in HIDING_CALLS and (isinstance(call.func, ast.Name) or called.startswith("run_")):
        return called
    return None


def queried_names(call: ast.Call) -> Iterator[str]:
    """`limit` of `df.query("a > @limit")`, as pandas finds it in the caller's names."""
    if isinstance(call.func, ast.Attribute) and call.func.attr in {"query", "eval"} and call.args:
        text = call.args[0]
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            yield from _LOCAL_OF_QUERY.findall(text.value)


def may_suppress(item: ast.withitem) -> bool:
    """Whether a context manager is known to swallow exceptions: its block may have stopped anywhere."""
    call = item.context_expr
    return isinstance(call, ast.Call) and called_name(call) in SUPPRESSING_CONTEXTS
