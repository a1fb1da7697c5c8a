"""`pexbc`: all commands."""

import click

from entrypoints.cli.audit import audit, projections
from entrypoints.cli.backlog import backlog
from entrypoints.cli.connections import connections, settings
from entrypoints.cli.demo import demo
from entrypoints.cli.doctor import doctor
from entrypoints.cli.health import health
from entrypoints.cli.keys import keys
from entrypoints.cli.serving import migrate, sandbox, scheduler, serve, web, worker
from entrypoints.cli.sync import history, show, sync
from entrypoints.cli.tokens import tokens
from entrypoints.cli.vendor_aliases import COMMANDS


@click.group(context_settings={"max_content_width": 100})
@click.version_option(package_name="pex-business-central")
def main() -> None:
    """Copy settled PEX card transactions into Business Central, each one exactly once."""


for command in COMMANDS:
    connections.add_command(command)

for command in (
    demo,
    serve,
    web,
    worker,
    scheduler,
    migrate,
    sandbox,
    tokens,
    connections,
    settings,
    sync,
    history,
    show,
    backlog,
    audit,
    projections,
    keys,
    doctor,
    health,
):
    main.add_command(command)
