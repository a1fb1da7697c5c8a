"""Whether notices would arrive. None is sent."""

from collections.abc import Iterator

from adapters.notifications.mail import MailNotifier
from adapters.notifications.webhook import WebhookNotifier
from application.ports.notifier import NotDelivered
from entrypoints.doctor import faults_elsewhere as faults
from entrypoints.doctor.finding import Finding, Unchecked
from entrypoints.doctor.set_up import SetUp
from entrypoints.scheduling import notifiers

WEBHOOK = ("notify_webhook_url", "notify_webhook_secret")
MAIL = ("notify_smtp_url", "notify_from", "notify_to")


def webhook(set_up: SetUp) -> Iterator[Finding]:
    """The webhook's server answers."""
    return _of_kind(set_up, WebhookNotifier, WEBHOOK, faults.WebhookUnreachable)


def mail(set_up: SetUp) -> Iterator[Finding]:
    """The mail server answers and lets us in."""
    return _of_kind(set_up, MailNotifier, MAIL, faults.MailServerUnreachable)


def _of_kind(
    set_up: SetUp,
    kind: type[WebhookNotifier | MailNotifier],
    variables: tuple[str, ...],
    fault: type[faults.WebhookUnreachable],
) -> Iterator[Finding]:
    for name in variables:
        set_up.requires_variable(name)
    found = [one for one in notifiers(set_up.settings, set_up.clock) if isinstance(one, kind)]
    if not found:
        raise Unchecked("none is set; notices stand in the log")
    for notifier in found:
        try:
            notifier.check()
        except NotDelivered as error:
            yield Finding.of(fault(str(error)))
