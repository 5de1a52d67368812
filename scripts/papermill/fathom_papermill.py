"""Teaches papermill to write parameters in TypeScript: importing this module is enough.

Installed (`pip install scripts/papermill`), papermill loads it by itself, through the entry point of an engine that runs
notebooks as papermill's own does.
"""

import json
import math
import re

from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators

# `const name: type = value;`, with the doc comment before it or a line comment behind it.
DECLARATION = re.compile(
    r"(?:/\*\*(?P<doc>(?:(?!\*/).)*)\*/\s*)?"
    r"^(?:export\s+)?(?:const|let|var)\s+(?P<name>[\w$]+)\s*(?::\s*(?P<type>[^=]+?))?\s*=\s*"
    r"(?P<value>\[[^;]*?\]|\{[^;]*?\}|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[^;\n]*?)\s*;?[ \t]*"
    r"(?://[ \t]*(?P<comment>[^\n]*))?$",
    re.MULTILINE | re.DOTALL,
)


class TypeScriptTranslator(Translator):
    """JSON is TypeScript, but for numbers that JSON does not have."""

    @classmethod
    def translate_none(cls, val):
        return "null"

    @classmethod
    def translate_float(cls, val):
        if math.isfinite(val):
            return repr(val)
        return "NaN" if math.isnan(val) else "Infinity" if val > 0 else "-Infinity"

    @classmethod
    def translate_escaped_str(cls, str_val):
        return json.dumps(str(str_val), ensure_ascii=False)

    @classmethod
    def translate_dict(cls, val):
        entries = [f"{cls.translate_str(str(key))}: {cls.translate(value)}" for key, value in val.items()]
        return "{" + ", ".join(entries) + "}"

    @classmethod
    def translate_list(cls, val):
        return "[" + ", ".join(cls.translate(value) for value in val) + "]"

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}".strip()

    @classmethod
    def codify(cls, parameters, comment="Parameters"):
        lines = [cls.comment(comment)]
        # In a cell of its own a name may be declared again.
        lines += [f"const {name}: {wide_type(value)} = {cls.translate(value)};" for name, value in parameters.items()]
        return "\n".join(lines) + "\n"

    @classmethod
    def inspect(cls, parameters_cell):
        parameters = []
        for found in DECLARATION.finditer(parameters_cell["source"]):
            doc = re.sub(r"\s*\n\s*\*?\s*", " ", found["doc"] or "").strip()
            parameters.append(
                Parameter(
                    name=found["name"],
                    inferred_type_name=found["type"] or inferred(found["value"]),
                    default=found["value"],
                    help=found["comment"] or doc,
                )
            )
        return parameters


def wide_type(value):
    """The type under which a parameter is declared again.

    Papermill does not say what the notebook declared. Without a type, a constant has its value as its type, and a
    comparison with another value would be an error; as `string`, it would not be one of the words of a union. So what
    holds a string is not checked.
    """
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, list) and value and all(wide_type(each) == "number" for each in value):
        return "number[]"
    return "any"


def inferred(value):
    """The type that a literal says by itself; "None" is papermill's word for unknown."""
    if value in ("true", "false"):
        return "boolean"
    if re.match(r"[\"'`]", value):
        return "string"
    return "number" if re.match(r"[-+.]?\d", value) else "None"


# For every kernel whose language is TypeScript: Fathom's, tslab's, Deno's.
papermill_translators.register("typescript", TypeScriptTranslator)


def __getattr__(name):
    # The engine of the entry point. Not at the top: papermill loads entry points while it is being imported itself.
    if name == "Engine":
        from papermill.engines import NBClientEngine

        return NBClientEngine
    raise AttributeError(name)
