"""The types of an expression. Mirrors checker/checker.go of expr 1.17.

The first error decides, which is the first one that the library comes to.
"""

from __future__ import annotations

from collections.abc import Mapping

from kpl.golang.exprlang.builtins import Function, builtins, predicates
from kpl.golang.exprlang.faults import FileError, Release
from kpl.golang.exprlang.gotypes import ANY, ARRAY, BOOL, BYTES, FLOAT, GROUPS, INT, MAP, STRING, GoType, function_of
from kpl.golang.exprlang.natures import NIL, Nature, array_of
from kpl.golang.exprlang.nodes import (
    Array,
    Binary,
    Bool,
    Builtin,
    Bytes,
    Call,
    Chain,
    Conditional,
    Float,
    Identifier,
    Index,
    Integer,
    Let,
    Map,
    Member,
    Nil,
    Node,
    Pair,
    Pointer,
    Predicate,
    Sequence,
    Slice,
    String,
    Unary,
)
from kpl.golang.exprlang.rules import Rules
from kpl.golang.values import GoError

MOST_VISITS = 100_000
"""An overloaded function looks at its arguments once for each overload, so calls within calls multiply; more is not judged."""

ENVIRONMENT = "$env"
"""The name of the whole environment."""

# builtins whose predicate must give a truth value
_CONDITIONS = frozenset("all none any one filter count find findLast findIndex findLastIndex".split())


class Checker(Rules):
    """The scopes of checker.go, and a method for each kind of node."""

    _predicate_word = "predicate"
    """What the function for each element is called in messages."""

    def __init__(self, release: Release, environment: Mapping[str, GoType], disabled: frozenset[str]) -> None:
        super().__init__(release, environment, disabled)
        self._all_builtins = builtins(release)
        self._predicates = predicates(release)
        self._collections: list[tuple[Nature, dict[str, Nature]]] = []
        self._variables: list[tuple[str, Nature]] = []
        self._visits = 0

    def check(self, node: Node) -> Nature:
        """The nature of the expression. Raises FileError, and RecursionError where there is too much to look at."""
        nature = self._visit(node)
        if self._fault:
            raise self._fault
        return nature

    def _visit(self, node: Node) -> Nature:
        """The nature of the node's value."""
        self._visits += 1
        if self._visits > MOST_VISITS:
            raise RecursionError
        match node:
            case Nil():
                return NIL
            case Integer():
                return Nature(INT)
            case Float():
                return Nature(FLOAT)
            case Bool():
                return Nature(BOOL)
            case String():
                return Nature(STRING)
            case Bytes():
                return Nature(BYTES)
            case Identifier():
                return self._identifier(node)
            case Unary():
                return self._unary(node)
            case Binary():
                return self._binary(node)
            case Chain():
                return self._visit(node.node)
            case Member():
                return self._member(node)
            case Index():
                return self._index(node)
            case Slice():
                return self._slice(node)
            case Call():
                return self._call(node)
            case Builtin():
                return self._builtin(node)
            case Predicate():
                return self._predicate(node)
            case Pointer():
                return self._pointer(node)
            case Let():
                return self._let(node)
            case Sequence():
                return [self._visit(child) for child in node.nodes][-1]
            case Conditional():
                return self._conditional(node)
            case Array():
                return self._array(node)
            case Map():
                for child in node.pairs:
                    self._visit(child)
                return Nature(MAP)
            case Pair():
                self._visit(node.key)
                self._visit(node.value)
                return NIL
        raise AssertionError(node)

    # --- names -------------------------------------------------------------------------------------------------------

    def _identifier(self, node: Identifier) -> Nature:
        for name, nature in reversed(self._variables):
            if name == node.value:
                return nature
        if node.value == ENVIRONMENT:
            return self._whole_environment()
        return self._named(node, node.value, True, True)

    def _whole_environment(self) -> Nature:
        return self._unknown

    def _named(self, node: Node, name: str, strict: bool, with_builtins: bool) -> Nature:
        """A name of the environment or of a builtin (ident)."""
        if name in self._environment:
            return Nature(self._environment[name])
        if with_builtins and name in self._builtins:
            function = self._builtins[name]
            return Nature(function.type, function=function)
        return self._error(node, f"unknown name {name}") if strict else self._unknown

    def _let(self, node: Let) -> Nature:
        if node.name in self._environment:
            return self._error(node, f"cannot redeclare {node.name}")
        if node.name in self._builtins:
            return self._error(node, f"cannot redeclare builtin {node.name}")
        if any(name == node.name for name, _ in self._variables):
            return self._error(node, f"cannot redeclare variable {node.name}")
        self._variables.append((node.name, self._visit(node.value)))
        nature = self._visit(node.body)
        self._variables.pop()
        return nature

    # --- operators ---------------------------------------------------------------------------------------------------

    def _unary(self, node: Unary) -> Nature:
        nature = self._deref(self._visit(node.node))
        if node.operator in ("!", "not"):
            if nature.is_bool or nature.unknown:
                return Nature(BOOL)
        elif self._is_number(nature):
            return nature
        elif nature.unknown:
            return self._unknown
        return self._error(node, f"invalid operation: {node.operator} (mismatched type {self._show(nature)})")

    def _binary(self, node: Binary) -> Nature:
        # a chain of operators is as deep as it is long
        chain = [node]
        while isinstance(chain[-1].left, Binary):
            chain.append(chain[-1].left)
        self._visits += len(chain)
        nature = self._visit(chain[-1].left)
        for operation in reversed(chain):
            right = self._visit(operation.right)
            nature = self._operation(operation, self._deref(nature), self._deref(right))
        return nature

    def _conditional(self, node: Conditional) -> Nature:
        condition = self._deref_index(self._visit(node.condition))
        if not (condition.is_bool or condition.unknown):
            return self._error(node.condition, f"non-bool expression (type {self._show(condition)}) used as condition")
        yes, no = self._visit(node.yes), self._visit(node.no)
        if yes.nil:
            return no
        if no.nil:
            return yes
        if not yes.assignable_to(no):
            return self._unknown
        if yes.is_array and no.is_array and self._release >= (1, 17, 7):
            one, other = yes.elem(), no.elem()
            if not (one.assignable_to(other) and other.assignable_to(one)):
                return Nature(ARRAY)
        return yes

    def _array(self, node: Array) -> Nature:
        natures = [self._visit(child) for child in node.nodes]
        if len({nature.kind for nature in natures}) > 1:
            return Nature(ARRAY)
        return array_of(natures[-1] if natures else self._unknown)

    # --- members -----------------------------------------------------------------------------------------------------

    def _member(self, node: Member) -> Nature:
        if isinstance(node.node, Identifier) and node.node.value == ENVIRONMENT:
            return self._of_environment(node)
        base, property_ = self._visit(node.node), self._visit(node.property)
        if base.unknown:
            return self._unknown
        name = node.property.value if isinstance(node.property, String) else None
        if name is not None:
            if base.nil:
                return self._error(node, f"type nil has no field {name}")
            method = base.type.method(name) if base.type else None
            if method:
                return Nature(method, method=True)
        base = base.dereferenced()
        if base.kind == "map" or base.is_array:
            return self._element(node, base, property_)
        if name is None:
            return self._error(node, f"type {self._show(base)}[{self._show(property_)}] is undefined")
        return self._error(node, f"type {self._show(base)} has no {'method' if node.method else 'field'} {name}")

    def _element(self, node: Member, base: Nature, property_: Nature) -> Nature:
        """An element of a map or of an array."""
        if base.kind == "map" and base.type:
            if property_.unknown or property_.assignable_to(Nature(base.type.key)):
                return self._elem(base)
            types = f"{self._show(property_)} to get an element from {self._show(base)}"
            return self._error(node.property, f"cannot use {types}")
        property_ = self._deref_index(property_)
        if self._is_integer(property_) or property_.unknown:
            return self._elem(base)
        why = f"array elements can only be selected using an integer (got {self._show(property_)})"
        return self._error(node.property, why)

    def _of_environment(self, node: Member) -> Nature:
        """A member of ``$env``."""
        if isinstance(node.property, String):
            return self._named(node, node.property.value, not node.optional, False)
        return self._unknown

    def _index(self, node: Index) -> Nature:
        raise AssertionError(node)

    def _slice(self, node: Slice) -> Nature:
        return self._slice_of(node, self._visit(node.node))

    def _slice_of(self, node: Slice, nature: Nature) -> Nature:
        if nature.unknown and self._release >= (1, 17):
            return self._unknown
        if not (nature.is_string or nature.is_array or nature.unknown):
            return self._error(node, f"cannot slice {self._show(nature)}")
        for bound in (node.start, node.end):
            if bound is not None:
                index = self._deref_index(self._visit(bound))
                if not (self._is_integer(index) or index.unknown):
                    return self._error(bound, f"non-integer slice index {self._show(index)}")
        return nature

    # --- calls -------------------------------------------------------------------------------------------------------

    def _call(self, node: Call) -> Nature:
        callee = node.callee
        if isinstance(callee, Identifier) and callee.value == ENVIRONMENT and self._release >= (1, 17, 8):
            return self._error(node, f"{MAP.name} is not callable")
        nature = self._visit(callee)
        if nature.function:
            return self._call_builtin(nature.function, node, node.arguments)
        if nature.unknown:
            return self._unknown
        name = "function"
        if isinstance(callee, Identifier):
            name = callee.value
        elif isinstance(callee, Member) and isinstance(callee.property, String):
            name = callee.property.value
        if nature.nil:
            return self._error(node, f"{name} is nil; cannot call nil as function")
        if nature.kind != "func":
            return self._error(node, f"{self._show(nature)} is not callable")
        try:
            return self._result(name, nature, node.arguments, node)
        except FileError as fault:
            return self._refuse(fault)

    def _call_builtin(self, function: Function, node: Node, arguments: list[Node]) -> Nature:
        """checkFunction."""
        if function.validate:
            types = [nature.type or (None if nature.nil else ANY) for nature in map(self._visit, arguments)]
            try:
                return Nature(function.validate(types))
            except GoError as error:
                return self._error(node, str(error))
        last: FileError | None = None
        for type_ in function.types or (function.type,):
            try:
                return self._result(function.name, Nature(type_), arguments, node)
            except FileError as fault:
                last = fault
        assert last is not None
        return self._refuse(last)

    def _result(self, name: str, nature: Nature, arguments: list[Node], node: Node) -> Nature:
        """checkArguments: what a call gives. Raises FileError."""
        function = nature.type
        assert function is not None
        if not function.outputs:
            raise FileError(f"func {name} doesn't return value", node.at)
        if len(function.outputs) > 2:
            raise FileError(f"func {name} returns more then two values", node.at)
        inputs = function.inputs[nature.method :]
        least = len(inputs) - function.variadic
        if len(arguments) < least or (len(arguments) > len(inputs) and not function.variadic):
            if self._release >= (1, 16):
                for argument in arguments:
                    self._visit(argument)
            raise FileError(
                f"{'not enough' if len(arguments) < least else 'too many'} arguments to call {name}", node.at
            )
        for number, argument in enumerate(arguments):
            wanted: GoType | None = inputs[min(number, len(inputs) - 1)]
            if function.variadic and number >= least and wanted:
                wanted = wanted.elem
            self._argument(name, argument, Nature(wanted))
        return Nature(function.outputs[0])

    def _argument(self, name: str, argument: Node, wanted: Nature) -> None:
        """Raises FileError where the argument is not what the function wants."""
        given = self._visit(argument)
        if self._is_integer(given):
            if wanted.is_float or (self._is_integer(wanted) and given.kind != wanted.kind):
                return
        elif given.nil:
            if wanted.kind in ("ptr", "interface"):
                return
            raise FileError(f"cannot use nil as argument (type {self._show(wanted)}) to call {name}", argument.at)
        if given.unknown or given.assignable_to(wanted) or given.dereferenced().assignable_to(wanted):
            return
        types = f"{self._show(given)} as argument (type {self._show(wanted)})"
        raise FileError(f"cannot use {types} to call {name} ", argument.at)

    # --- builtins ----------------------------------------------------------------------------------------------------

    def _builtin(self, node: Builtin) -> Nature:
        if node.name in self._predicates:
            nature = self._over_collection(node)
            if nature is not None:
                return nature
        if node.name == "get":
            return self._get(node)
        return self._call_builtin(self._all_builtins[node.name], node, node.arguments)

    def _over_collection(self, node: Builtin) -> Nature | None:
        """A builtin that calls a function for each element. None is a ``sum`` whose function gives nothing."""
        arguments = node.arguments
        collection = self._visit(arguments[0])
        if self._release >= (1, 17):
            collection = self._deref(collection)
        if not (collection.is_array or collection.unknown):
            why = f"builtin {node.name} takes only array (got {self._show(collection)})"
            return self._error(arguments[0], why)
        if len(arguments) == 1:
            return Nature(INT) if node.name == "count" else self._elem(collection)
        variables = {"index": Nature(INT)} if node.name in ("map", "reduce") else {}
        if node.name == "reduce":
            variables["acc"] = self._unknown
        self._collections.append((collection, variables))
        predicate = self._visit(arguments[1])
        self._collections.pop()
        if len(arguments) == 3:
            order = self._visit(arguments[2])
            if node.name == "sortBy" and self._release >= (1, 17, 8) and not (order.is_string or order.unknown):
                why = f"sortBy order argument must be a string (got {self._show(order)})"
                return self._error(arguments[2], why)
        word = self._predicate_word
        if predicate.type is None or predicate.kind != "func" or not predicate.type.outputs:
            if node.name == "sum":
                return None
            inputs = "two" if node.name == "reduce" else "one"
            return self._error(arguments[1], f"{word} should has {inputs} input and one output param")
        result = Nature(predicate.type.outputs[0])
        if node.name in _CONDITIONS and not (result.is_bool or result.unknown):
            return self._error(arguments[1], f"{word} should return boolean (got {self._show(result)})")
        return self._over(node.name, collection, result, predicate.of or result)

    def _over(self, name: str, collection: Nature, result: Nature, full: Nature) -> Nature:
        """What the builtin gives. `result` is what its function gives, `full` is more than the type of that."""
        if name in ("all", "none", "any", "one"):
            return Nature(BOOL)
        if name in ("count", "findIndex", "findLastIndex"):
            return Nature(INT)
        if name == "groupBy":
            return Nature(GROUPS)
        if name == "sum":
            return result
        if name == "reduce":
            return full
        return self._elements(name, collection, full)

    def _elements(self, name: str, collection: Nature, full: Nature) -> Nature:
        """What ``map``, ``sortBy``, ``filter``, ``find`` and ``findLast`` give."""
        if name == "map":
            return array_of(full)
        if name == "sortBy":
            return collection
        if name == "filter":
            return Nature(ARRAY) if collection.unknown else array_of(collection.elem())
        return self._elem(collection)

    def _elem(self, collection: Nature) -> Nature:
        return self._unknown if collection.unknown else collection.elem()

    def _get(self, node: Builtin) -> Nature:
        """checkBuiltinGet."""
        if len(node.arguments) != 2:
            why = f"invalid number of arguments (expected 2, got {len(node.arguments)})"
            return self._error(node, why)
        source, which = node.arguments
        base, property_ = self._visit(source), self._deref_index(self._visit(which))
        if isinstance(source, Identifier) and source.value == ENVIRONMENT:
            if isinstance(which, String) and which.value in self._environment:
                return Nature(self._environment[which.value])
            return self._unknown
        if base.unknown:
            return self._unknown
        if base.is_array:
            if self._is_integer(property_) or property_.unknown:
                return self._elem(base)
            return self._error(which, f"non-integer slice index {self._show(property_)}")
        if base.kind == "map" and base.type:
            if property_.unknown or property_.assignable_to(Nature(base.type.key)):
                return self._elem(base)
            return self._error(which, f"cannot use {self._show(property_)} to get an element from {self._show(base)}")
        return self._error(source, f"type {self._show(base)} does not support indexing")

    def _predicate(self, node: Predicate) -> Nature:
        nature = self._visit(node.node)
        outputs = () if nature.nil else (nature.type or ANY,)
        return Nature(function_of((ANY,), outputs), of=nature)

    def _pointer(self, node: Pointer) -> Nature:
        if not self._collections:
            return self._error(node, "cannot use pointer accessor outside predicate")
        collection, variables = self._collections[-1]
        if not node.name:
            return self._elem(collection)
        if node.name in variables:
            return variables[node.name]
        return self._error(node, f"unknown pointer #{node.name}")
