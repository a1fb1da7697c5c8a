"""What a page of the documentation calls by name: code, commands and their options."""

import re
from collections.abc import Iterator

import click

from entrypoints.cli.main import main


def code(text: str) -> list[str]:
    """Everything set as code: the lines of blocks, and what stands between backticks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```\w*\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()] + re.findall(
        r"`([^`]+)`", rest
    )


def calls(text: str) -> list[str]:
    """What follows `pexbc` wherever a text calls it."""
    found = (re.search(r"(?:^|[/ ])pexbc ([a-z].*)$", piece) for piece in code(text))
    return [match.group(1).replace("\\|", "|") for match in found if match]


def commands(mention: str) -> Iterator[tuple[str, click.Command | None]]:
    """The commands that a mention names, `a b|c` being two; None for one that is missing."""
    first, *rest = mention.split()
    command = main.commands.get(first)
    if not isinstance(command, click.Group) or not rest or not re.match(r"[a-z]", rest[0]):
        yield first, command
        return
    for name in rest[0].split("|"):
        yield f"{first} {name}", command.commands.get(name)


def options(command: click.Command) -> set[str]:
    """The options that a command takes."""
    return {name for parameter in command.params for name in parameter.opts}


def variables(text: str) -> set[str]:
    """The environment variables that a text names."""
    return set(re.findall(r"PEXBC_[A-Z_]*[A-Z]", text))
