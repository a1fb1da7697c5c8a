"""The bill payments of a business on a line of credit by commands alone."""

import json
import re
from datetime import timedelta
from pathlib import Path

from cli.conftest import journal_lines
from cli.shell import Shell, towards
from domain.eastern_time import eastern_day
from entrypoints.demo.credit import credit_settings_body
from sandbox import company
from sandbox.program import Sandbox


def test_bill_payments_are_synced_alone_and_shown(tmp_path: Path) -> None:
    with Sandbox(purchases=0) as sandbox:
        shell = Shell(tmp_path, towards(sandbox))
        made = shell.well("connections", "pex", stdin=company.CREDIT_TOKEN + "\n").out.strip()
        shell.well("connections", "microsoft", made, "--tenant", company.TENANT)
        offered = shell.well("connections", "choices", made, "--company", company.COMPANY_ID).json
        start = eastern_day(sandbox.clock.now()) - timedelta(days=75)
        body = credit_settings_body(
            company.COMPANY_ID,
            {one["number"]: one["id"] for one in offered["accounts"]},
            {one["number"]: one["id"] for one in offered["bank_accounts"]},
            start.isoformat(),
        )
        shell.well("settings", "set", made, "-", stdin=json.dumps(body))
        synced = shell.run("sync", made, "--kinds", "bill_payments", "--wait")
        assert synced.code == 3, "some invoices do not reconcile"
        assert re.search(r"bill_payment +│ posted", synced.err)
        assert re.search(r"bill_payment +│ failed +│ INVOICE_DOES_NOT_RECONCILE", synced.err)
        assert not re.search(r"purchase", synced.err)
        assert journal_lines(sandbox) == 19
        shown = shell.well("show", made, "5002").json
        assert shown["transaction"]["kind"] == "bill_payment"
        assert shown["transaction"]["entry"]["document_number"] == "PEX-I5002-X1"
