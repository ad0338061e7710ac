"""A section of options that a schema describes, and the sentence about the first that is wrong."""

import copy
import math
from collections.abc import Callable, Mapping
from functools import cache, cached_property, partial
from typing import Annotated, Any, TypeVar, cast

from omegaconf import DictConfig, OmegaConf
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from sharegap.errors import UserError, as_int, check_int, unknown_name
from sharegap.plan.config_files import ConfigFile, Place, chosen_names, files_of, is_referred_to
from sharegap.plan.configs import choices
from sharegap.plan.renamed import new_name

CONDITIONS = {
    "string_type": "must be text",
    "list_type": "must be a list",
    "dict_type": "must be a section of options",
    "model_type": "must be a section of options",
    "bool_type": "must be true or false",
    "too_short": "must not be empty",
}
"""What pydantic's types of errors mean for the user."""


class Options(BaseModel):
    """Options of known names."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _check_names(cls, options: Any) -> Any:
        """Refuse an unknown name before a missing one: it is often the same one, misspelled."""
        known = [field.alias or name for name, field in cls.model_fields.items()]
        if isinstance(options, dict) and cls.model_config["extra"] == "forbid":
            for name in options:
                if name not in known:
                    raise PydanticCustomError("unknown", "unknown", {"name": name, "known": known})
        return options


class Target(Options):
    """What is called, and its arguments."""

    model_config = ConfigDict(extra="allow")

    target: str = Field(alias="_target_")


def _check_number(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value):
        return value
    raise ValueError("must be a number")


def _check_positive(value: float) -> float:
    if 0 < value < math.inf:
        return value
    raise ValueError("must be a finite number > 0")


def _check_size(value: int) -> int:
    if value < 2**63:
        return value
    raise ValueError("must be less than 2**63")


def _check_method(name: str, info: ValidationInfo) -> str:
    methods = cast(Callable[[], Mapping[str, Any]], info.context)()  # listed once, and only when needed
    if name not in methods:
        raise unknown_name("method", name, methods)
    return name


Number = Annotated[float, BeforeValidator(_check_number)]
Positive = Annotated[Number, AfterValidator(_check_positive)]
Count = Annotated[int, BeforeValidator(partial(check_int, "")), AfterValidator(_check_size)]
Seed = Annotated[int, BeforeValidator(partial(as_int, "", minimum=0))]
MethodName = Annotated[str, AfterValidator(_check_method)]

S = TypeVar("S", bound=Options)


class Checker:
    """Checks the options of one composed config, and knows the files that they are from.

    Args:
        config: as composed.
        chosen: by group, the names of these files, as far as they are known.
    """

    def __init__(self, config: DictConfig, chosen: Mapping[str, str | None]) -> None:
        self.config = config
        self._chosen = chosen

    def check(self, schema: type[S], options: Mapping[str, Any]) -> S:
        """Return the options as the schema has them; an unknown one that a value refers to is the user's own.

        Raises:
            UserError: for the first option that is wrong.
        """
        known = copy.deepcopy(dict(options))
        while True:
            try:
                return schema.model_validate(known, context=cache(partial(choices, "method")))
            except ValidationError as errors:
                error = errors.errors()[0]
            if error["type"] != "unknown":
                raise self._explain(error)
            self._drop_own(known, error)

    def is_in_file(self, place: Place) -> bool:
        """Whether a file that the config was composed from has this option."""
        return any(file.has(place) for file in self._files)

    def fault(self, place: Place, value: Any, sentence: str) -> UserError:
        """Return the error about a value, with the file that holds it, unless the command line does."""
        holders = [file for file in self._files if file.has(place)]
        return _in_file([file for file in holders if file.value(place) == value], sentence)

    def missing(self, place: Place) -> UserError:
        """Return the error about an option that is not there, with the file that should have it."""
        sentence = f"{_option(place)} is missing"
        if self.is_in_file(place):  # the command line took it away
            return UserError(sentence)
        group = str(place[0])
        name = str(place[1]) if group == "regularizer" and len(place) > 1 else self._names.get(group, "")
        return _in_file(files_of(OmegaConf.create(), {group: name}), sentence)

    @cached_property
    def _names(self) -> dict[str, str]:
        return chosen_names(self.config, self._chosen)

    @cached_property
    def _files(self) -> list[ConfigFile]:
        return files_of(self.config, self._names)

    @cached_property
    def _text(self) -> str:
        return OmegaConf.to_yaml(self.config)

    def _drop_own(self, options: dict[str, Any], error: Mapping[str, Any]) -> None:
        """Drop the unknown name, which must be one that a value refers to, in the config or in a file."""
        place = (*error["loc"], error["ctx"]["name"])
        is_own = is_referred_to(place, self._text) or any(is_referred_to(place, file.text) for file in self._files)
        if not is_own:
            raise self._unknown(place, error["ctx"]["known"])
        for key in error["loc"]:
            options = options[key]
        del options[place[-1]]

    def _unknown(self, place: Place, known: list[str]) -> UserError:
        *section, name = place
        kind = f"option of {_option(section)}" if section else "option"
        renamed = new_name(_option(place))
        sentence = f"{_option(place)} is now {renamed}" if renamed else str(unknown_name(kind, str(name), known))
        return _in_file([file for file in self._files if file.has(place)], sentence)

    def _explain(self, error: Mapping[str, Any]) -> UserError:
        place = tuple(key for key in error["loc"] if key != "[key]")
        value = error["input"]
        if error["type"] == "missing":
            return self.missing(place)
        cause = error.get("ctx", {}).get("error")
        condition = str(cause) if cause else CONDITIONS.get(error["type"], error["msg"].replace("Input should", "must"))
        if isinstance(cause, UserError):
            separator = " " if condition.startswith("must") else ": "
            return self.fault(place, value, f"{_option(place)}{separator}{condition}")
        return self.fault(place, value, f"{_option(place)} {condition}, got {value!r}")


def _option(place: Place) -> str:
    return ".".join(map(str, place))


def _in_file(files: list[ConfigFile], sentence: str) -> UserError:
    return UserError(f"{files[0].label}: {sentence}" if files else sentence)
