"""The operator codes of an unpacked model (`ModelT` of the schema's object API)."""

from __future__ import annotations

from typing import Any


def builtin_code(model: Any, operator: Any) -> int:
    """Returns the `BuiltinOperator` of an operator.

    Files from before the schema's version 3a have it in the code's deprecated field alone.

    Args:
        model: a `ModelT`.
        operator: one of its operators, an `OperatorT`.
    """
    code = model.operatorCodes[operator.opcodeIndex]
    return max(code.builtinCode, code.deprecatedBuiltinCode)


def operator_code_index(model: Any, builtin: int, version: int) -> int:
    """Returns the index of an operator's code in a model, which gets one if it has none.

    Args:
        model: a `ModelT`.
        builtin: a `BuiltinOperator`.
        version: the version of the operator that is needed at least.
    """
    from ai_edge_litert import schema_py_generated as schema

    for index, code in enumerate(model.operatorCodes):
        if max(code.builtinCode, code.deprecatedBuiltinCode) == builtin:
            code.version = max(code.version, version)
            return index
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = builtin
    code.version = version
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1
