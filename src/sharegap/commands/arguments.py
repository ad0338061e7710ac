"""What a command line consists of, in whatever order it was typed."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hydra.core.override_parser.overrides_parser import OverridesParser

from sharegap.errors import UserError, unknown_name
from sharegap.plan.config_folders import groups
from sharegap.plan.configs import choices
from sharegap.plan.typed import text_of

SWITCHES = {"-m", "--multirun", "-r", "--run", "-h", "--help", "--hydra-help", "--version", "--resolve"}
SWITCHES |= {"-sc", "--shell-completion", "-i", "--info"}
WITH_VALUE = {"-cn", "--config-name", "-cp", "--config-path", "-p", "--package", "-c", "--cfg"}
WITH_VALUE |= {"--experimental-rerun"}
CONFIG_DIR = {"-cd", "--config-dir"}
SECRETS = (
    re.compile(r"(?i)((?:key|token|password|secret)\s*[=:]\s*)[^,\]}]+"),
    re.compile(r"(://)[^/@\s]+(?=@)"),
)
"""What never stands in a file: the value of an option so called, and who logs in to an address."""


@dataclass(frozen=True)
class CommandLine:
    """The words of a command line by kind.

    Args:
        flags: Hydra's own, with their values, e.g. `-m`.
        overrides: options, `name=value`.
        folders: of configs, from `--config-dir` and `hydra.searchpath`.
    """

    flags: list[str] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)


def parse(arguments: Sequence[str]) -> CommandLine:
    """Sort the words of a command line; options may stand before, around and after flags.

    Raises:
        UserError: for a flag that does not exist, or a word that is no option.

    Example:
        >>> parse(["seed=1,2", "-m", "sharing=hard"]).overrides
        ['seed=1,2', 'sharing=hard']
    """
    line, words = CommandLine(), list(arguments)
    while words:
        word = words.pop(0)
        flag, has_value, value = word.partition("=")
        if not word.startswith("-"):
            _add_option(line, word)
        elif flag in SWITCHES:
            line.flags.append(word)
        elif flag in WITH_VALUE | CONFIG_DIR:
            if not has_value and not words:
                raise UserError(f"{flag} must have a value")
            value = value or words.pop(0)
            if flag in CONFIG_DIR:
                line.folders.append(value)
            else:
                line.flags.extend([flag, value])
        else:
            follows = has_value or (words and "=" not in words[0] and words[0][:1] not in "-~")
            raise _unknown_flag(flag, value or (words[0] if follows and words else None))
    return line


def parse_plain(arguments: Sequence[str], options: Sequence[str] = ()) -> CommandLine:
    """Sort the words of a command that composes no config: of flags it has `--config-dir` alone.

    Args:
        arguments: the words.
        options: the names of its options.
    """
    line = parse(arguments)
    for flag in line.flags:
        raise unknown_name("flag", flag, CONFIG_DIR)
    for name in [override.partition("=")[0] for override in line.overrides]:
        if not options:
            raise UserError(f"this command takes no options, got {name!r}")
        if name not in options:
            raise unknown_name("option", name, options)
    return line


def parse_options(arguments: Sequence[str], defaults: Mapping[str, str]) -> dict[str, str]:
    """Return the options of a command that composes no config, as text.

    Args:
        arguments: the words of the command line after the command.
        defaults: its options with their values where none is given.

    Example:
        >>> parse_options(["out=there"], {"out": "outputs"})
        {'out': 'there'}
    """
    typed = parse_plain(arguments, [*defaults]).overrides
    return {**defaults} | {override.partition("=")[0]: text_of(override) for override in typed}


def describe_command(command: str, arguments: Sequence[str]) -> str:
    """Return a command as it may be typed again, without what is secret in it.

    Args:
        command: its name.
        arguments: the words after it.

    Example:
        >>> describe_command("bench", ["suite=smoke", "suite.methods=[none,l2]", "+logger.api_key=abc"])
        "sharegap bench suite=smoke 'suite.methods=[none,l2]' '+logger.api_key=***'"
    """
    for pattern in SECRETS:
        arguments = [pattern.sub(r"\1***", word) for word in arguments]
    return " ".join(["sharegap", command, *map(_quote, arguments)])


def _quote(word: str) -> str:
    """Return a word as a shell takes it, in the quotes that read best."""
    is_plain = not set('"$`\\!') & set(word)
    return f'"{word}"' if "'" in word and is_plain else shlex.quote(word)


def _unknown_flag(flag: str, value: str | None) -> UserError:
    if value is None:
        return unknown_name("flag", flag, SWITCHES | WITH_VALUE | CONFIG_DIR)
    return UserError(f"an option must be name=value, got {flag} {value}: write {flag.lstrip('-')}={value}")


def _add_option(line: CommandLine, word: str) -> None:
    if word.startswith("hydra.searchpath="):
        folders = OverridesParser.create().parse_override(word).value()
        line.folders.extend(str(folder) for folder in (folders if isinstance(folders, list) else [folders]))
    elif word.partition("=")[0].strip("+~ ") and ("=" in word or word.startswith("~")):
        line.overrides.append(word)
    else:
        meant = [f"{group}={word}" for group in groups() if word in choices(group)]
        hint = f": did you mean {' or '.join(meant)}?" if meant else ""
        raise UserError(f"an option must be name=value, got {word!r}{hint}")
