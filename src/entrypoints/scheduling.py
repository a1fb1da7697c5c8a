"""What is done by the clock, and how people are told of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from adapters.notifications.log_line import LogNotifier
from adapters.notifications.mail import MailNotifier, MailServer
from adapters.notifications.webhook import WebhookNotifier
from application.keep_alive import KeepAlive
from application.plan_schedule import PlanSchedule
from application.ports.clock import Clock
from application.ports.notifier import Notifier
from application.start_due_runs import StartDueRuns
from application.tell_news import TellNews
from entrypoints.settings import Settings


@dataclass(frozen=True, slots=True)
class Scheduling:
    """What the scheduler calls."""

    plan: PlanSchedule
    syncs: StartDueRuns
    sign_ins: KeepAlive
    news: TellNews


def notifiers(settings: Settings, clock: Clock) -> Iterator[Notifier]:
    """A log line always, and what else the settings name."""
    yield LogNotifier()
    if url := settings.notify_webhook_url.get_secret_value():
        yield WebhookNotifier(url, settings.notify_webhook_secret.get_secret_value(), clock)
    if url := settings.notify_smtp_url.get_secret_value():
        recipients = [one.strip() for one in settings.notify_to.split(",")]
        yield MailNotifier(MailServer.at(url), settings.notify_from.strip(), recipients)
