"""Whether what a config calls exists and takes the arguments that the config gives, found out without a call."""

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from inspect import Parameter, signature
from types import ModuleType, NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from sharegap.errors import UserError, unknown_name
from sharegap.plan.targets import refuse_foreign
from sharegap.plan.user_code import LIBRARIES

SAYS_MORE = "sharegap.data.user."
"""These check their arguments themselves."""
WORDS = {int: "an integer", float: "a number", bool: "true or false", str: "text", NoneType: "null"}
MANY = {int: "integers", float: "numbers", str: "texts"}
MARKS = {"_target_", "_partial_", "_convert_", "_recursive_", "_args_"}


def check_arguments(options: Mapping[str, Any], place: str = "") -> None:
    """Check every call that nested options describe.

    Args:
        options: as composed and resolved.
        place: the path of these options, as it is typed.

    Raises:
        UserError: for a target that does not exist, an argument that it does not take, and one of a wrong type where
            the target is sharegap's or torch's.
    """
    refuse_foreign(options)  # at all depths
    _check_calls(options, place)


def _check_calls(options: Mapping[str, Any], place: str) -> None:
    for name, value in options.items():
        if isinstance(value, Mapping):
            _check_calls(value, f"{place}.{name}" if place else name)
    if isinstance(options.get("_target_"), str):
        _check_call(options, place)


def _check_call(options: Mapping[str, Any], place: str) -> None:
    target = options["_target_"]
    called = _locate(target, f"{place}._target_")
    try:
        parameters = dict(signature(called, eval_str=True).parameters)
    except (ValueError, TypeError, NameError):  # a builtin, or annotations that need more than the module
        return
    given = {name: value for name, value in options.items() if name not in MARKS}
    if not any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters.values()):
        for name in given:
            if name not in parameters:
                known = [known for known in parameters if known in given or _has_default(parameters[known])]
                if not known:
                    raise UserError(f"{place}.{name} must be left out: {called.__name__} has no options")
                raise unknown_name(f"option of {place} ({called.__name__})", name, known)
    if target.partition(".")[0] not in LIBRARIES or target.startswith(SAYS_MORE):
        return
    for name, value in given.items():
        if name in parameters and not isinstance(value, Mapping):
            _check_type(f"{place}.{name}", value, parameters[name].annotation)


def _has_default(parameter: Parameter) -> bool:
    return parameter.default is not Parameter.empty


def _locate(target: str, option: str) -> Callable[..., Any]:
    """Import what a target names."""
    found: Any = None
    name = ""
    for part in target.split("."):
        name = f"{name}.{part}".removeprefix(".")
        # An attribute comes first: a function may have the name of the module that it is in.
        found = getattr(found, part) if hasattr(found, part) else _import(name, found, option, target)
    if not callable(found):
        raise UserError(f"{option} must be a class or a function, got {target}")
    return found


def _import(name: str, package: Any, option: str, target: str) -> ModuleType:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # what the module itself imports is missing
    if package is None:
        raise UserError(f"{option} must be in a module that can be imported, got {target}")
    public = [existing for existing in dir(package) if existing[0] != "_"]
    raise UserError(f"{option}: {unknown_name(f'name in {package.__name__}', name.rpartition('.')[2], public)}")


def _check_type(option: str, value: Any, annotation: Any) -> None:
    try:
        # As JSON: a list then stands for a tuple, and still no text for a number.
        adapter: TypeAdapter[Any] = TypeAdapter(
            annotation, config=ConfigDict(strict=True, arbitrary_types_allowed=True)
        )
        adapter.validate_json(json.dumps(value))
    except ValidationError as error:
        raise UserError(f"{option} must be {_words(annotation)}, got {value!r}") from error
    except PydanticUserError:  # a type of torch, which no config can give
        return


def _words(annotation: Any) -> str:
    """What a value must be, in words.

    Example:
        >>> _words(int | list[tuple[int, int]])
        'an integer or a list of [an integer, an integer]'
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        plain = [argument for argument in arguments if argument in WORDS or get_origin(argument)]  # no tensors
        return " or ".join(dict.fromkeys(map(_words, plain)))
    if origin is Literal:
        return " or ".join(map(str, arguments))
    if origin is tuple:
        return f"[{', '.join(_words(argument) for argument in arguments)}]"
    if origin is Mapping:
        return "a section of options"
    if origin and arguments:
        return f"a list of {MANY.get(arguments[0], _words(arguments[0]))}"
    return WORDS.get(annotation, getattr(annotation, "__name__", str(annotation)))
