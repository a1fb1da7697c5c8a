"""Everything wired by hand, in this one place."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from adapters.business_central.access import HttpBusinessCentral
from adapters.business_central.shared_limits import LASTING as SLOTS_LASTING
from adapters.clock import SystemClock
from adapters.entra.sign_in import MsalSignIn
from adapters.parallel import InThreads, OverlapInThreads
from adapters.persistence.account_names import SqlAccountNames
from adapters.persistence.api_tokens import SqlApiTokens
from adapters.persistence.attempts import SqlAttempts
from adapters.persistence.browser_sessions import SqlBrowserSessions
from adapters.persistence.engine import Database, make_engine
from adapters.persistence.event_log import SqlEventLog
from adapters.persistence.heartbeats import SqlHeartbeats
from adapters.persistence.leases import LASTING, HeldLeases, SqlLeases
from adapters.persistence.outbox import SqlOutbox
from adapters.persistence.read_models import SqlReadModels
from adapters.persistence.receipt_checks import SqlReceiptChecks
from adapters.persistence.request_limits import SqlRequestLimits
from adapters.persistence.schedule import SqlSchedule
from adapters.persistence.vault import Vault, parse_keys
from adapters.persistence.worklist import SqlWorklist
from adapters.pex.access import HttpPexAccess
from adapters.pex.oauth import HttpPexSignIn
from adapters.pex.renewals import Renewals
from adapters.telemetry.collector import tracing_to
from adapters.telemetry.metrics import Metrics, OnRequest
from adapters.telemetry.outgoing import telling
from adapters.telemetry.tracing import Tracing
from adapters.wakeups.brokers import BrokerWatch
from application.add_vendors import AddVendors
from application.advance_run import AdvanceRun
from application.alias_vendors import AliasVendors
from application.attach_receipts import AttachReceipts
from application.backlog import Backlog
from application.check_connection import CheckConnection
from application.complete_dimensions import CompleteDimensions
from application.configure import Configure
from application.connect import Connect
from application.fetch_rows import FetchRows
from application.gather_receipts import GatherReceipts
from application.keep_alive import KeepAlive
from application.know_accounts import KnowAccounts
from application.known_choices import KnownChoices
from application.notice_missing import NoticeMissing
from application.pace import Pace
from application.plan_schedule import PlanSchedule
from application.ports.account_names import AccountNames
from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.ports.pex import PexAccess
from application.ports.pex_sign_in import PexSignIn
from application.ports.read_models import ReadModels
from application.ports.wakeups import Wakeups
from application.post_entries import PostEntries
from application.post_transactions import PostTransactions
from application.preview_settings import PreviewSettings
from application.run_session import RunSessions
from application.send_packs import SendPacks
from application.settle_doubt import SettleDoubt
from application.sign_in_with_pex import SignInWithPex
from application.start_due_runs import StartDueRuns
from application.start_run import StartRun
from application.store_receipts import StoreReceipts
from application.subscribe_to_callbacks import SubscribeToCallbacks
from application.sweep import Sweep
from application.sync_tag_options import SyncTagOptions
from application.take_callback import TakeCallback
from application.tell_news import TellNews
from application.undo_entries import UndoEntries
from application.verify import Verify
from application.want_receipts import WantReceipts
from domain.connection import Connection
from domain.default_dimensions import DefaultDimensions
from domain.journal_numbers import JournalNumbers
from domain.merchant_vendor import MerchantVendor
from domain.posted_transaction import PostedTransaction
from domain.sync_run import RunPage, SyncRun
from domain.tag_option_history import TagOptionPage, TagOptions
from domain.transaction_receipts import TransactionReceipts
from domain.vendor_aliases import VendorAliases
from entrypoints.scheduling import Scheduling, notifiers
from entrypoints.settings import Settings
from entrypoints.watched import RunIds, WatchedPhase, WatchedSendPack, marking

AGGREGATES = (
    Connection,
    SyncRun,
    RunPage,
    TagOptions,
    TagOptionPage,
    PostedTransaction,
    TransactionReceipts,
    JournalNumbers,
    DefaultDimensions,
    MerchantVendor,
    VendorAliases,
)


@dataclass(frozen=True, slots=True)
class Services:
    """What the entry points call."""

    settings: Settings
    database: Database
    clock: Clock
    log: EventLog
    read_models: ReadModels
    account_names: AccountNames
    api_tokens: SqlApiTokens
    browser_sessions: SqlBrowserSessions
    attempts: SqlAttempts
    vault: Vault
    pex: PexAccess
    pex_sign_in: PexSignIn
    sign_in_with_pex: SignInWithPex
    business_central: HttpBusinessCentral
    connect: Connect
    subscribe_to_callbacks: SubscribeToCallbacks
    take_callback: TakeCallback
    configure: Configure
    known_choices: KnownChoices
    preview_settings: PreviewSettings
    alias_vendors: AliasVendors
    check_connection: CheckConnection
    start_run: StartRun
    advance_run: AdvanceRun
    pace: Pace
    backlog: Backlog
    sweep: Sweep
    scheduling: Scheduling
    broker: BrokerWatch
    heartbeats: SqlHeartbeats
    verify: Verify
    metrics: Metrics
    tracing: Tracing
    run_ids: RunIds
    closing: tuple[Callable[[], None], ...]

    def close(self) -> None:
        """Close every connection of the process to elsewhere."""
        for close in self.closing:
            close()


def build(
    settings: Settings,
    wakeups: Wakeups,
    *,
    boundary: Callable[[str], None] = lambda _name: None,
    lease: timedelta = LASTING,
    slots: timedelta = SLOTS_LASTING,
    on_request: OnRequest | None = None,
) -> Services:
    """Wire the services of one process; the database must have been migrated.

    `lease` and `slots` say how long a run, and a place among the requests to Business Central, stay
    taken after their process died. `boundary` is told the name of each step that a run is about to
    leave behind; `on_request` of each request that went out to PEX or Business Central.
    """
    tracing = tracing_to(settings.otlp_endpoint)
    boundary = marking(tracing, boundary)
    clock = SystemClock(settings.now)
    database = Database(make_engine(settings.database_url, pool_size=settings.database_pool))
    heartbeats, broker = SqlHeartbeats(database), BrokerWatch(settings.broker_url)
    metrics = Metrics(database, clock, heartbeats.heard, lambda: broker.trouble() is not None)
    log = SqlEventLog(database, AGGREGATES)
    read_models = SqlReadModels(database, log)
    vault = Vault(database, parse_keys(settings.sealing_keys()))
    worklist = SqlWorklist(database)
    pex_sign_in = HttpPexSignIn(
        settings.pex_oauth_url,
        settings.pex_client_id,
        settings.pex_scopes,
        clock,
        http_client=telling(tracing, "pex", settings.pex_oauth_url),
        on_request=metrics.counting("pex", on_request),
    )
    pex = HttpPexAccess(
        settings.pex_api_url,
        vault,
        settings.pex_requests_per_minute,
        renewals=Renewals(vault, pex_sign_in, clock),
        http_client=telling(tracing, "pex", settings.pex_api_url),
        on_request=metrics.counting("pex", on_request),
    )
    sign_in = MsalSignIn(
        settings.entra_authority,
        settings.entra_client_id,
        settings.entra_client_secret.get_secret_value(),
        vault,
        http_client=telling(tracing, "entra", settings.entra_authority),
        on_request=metrics.counting("entra", on_request),
    )
    business_central = HttpBusinessCentral(
        settings.bc_api_url,
        sign_in,
        clock,
        concurrency=settings.bc_concurrency,
        http_client=telling(tracing, "bc", settings.bc_api_url),
        on_request=metrics.counting("bc", on_request),
        limits=SqlRequestLimits(database, lasting=slots),
    )
    atomically = database.transaction
    account_names = SqlAccountNames(database)
    charts = KnowAccounts(business_central, account_names)
    schedule = SqlSchedule(database)
    callbacks = SubscribeToCallbacks(log, vault, pex, clock, atomically, settings.public_url)
    configure = Configure(log, pex, charts, clock, wakeups, schedule)
    sessions = RunSessions(charts, business_central, log, clock)
    pace = Pace(lambda: len(read_models.active_runs()))
    overlap = OverlapInThreads(settings.bc_concurrency)
    pack = WatchedSendPack(log, clock, tracing)
    send = SendPacks(log, pack, overlap, pace, boundary)
    undo = UndoEntries(log, sessions, clock, boundary)
    complete = CompleteDimensions(log, sessions, undo, clock, boundary)
    in_doubt = timedelta(seconds=settings.bc_in_doubt_seconds)
    doubts = SettleDoubt(log, read_models.unfinished, sessions, clock, in_doubt)
    leases = HeldLeases(SqlLeases(database), clock, lease)
    vendors = AddVendors(log, leases, business_central, clock, in_doubt, boundary)
    start_run = StartRun(log, clock, wakeups)
    check = CheckConnection(log, pex, business_central, business_central, clock)
    watched = partial(WatchedPhase, tracing)
    checks, in_threads = SqlReceiptChecks(database), InThreads(settings.bc_concurrency)
    return Services(
        settings,
        database,
        clock,
        log,
        read_models,
        account_names,
        SqlApiTokens(database),
        SqlBrowserSessions(database),
        SqlAttempts(database),
        vault,
        pex,
        pex_sign_in,
        SignInWithPex(pex_sign_in, pex, vault, clock),
        business_central,
        Connect(
            log,
            vault,
            pex,
            sign_in,
            business_central,
            business_central,
            clock,
            atomically,
            wakeups,
            pex_sign_in,
            callbacks,
        ),
        callbacks,
        TakeCallback(vault, schedule, clock),
        configure,
        KnownChoices(configure, log, clock),
        PreviewSettings(pex, log, clock),
        AliasVendors(log, business_central, clock),
        check,
        start_run,
        AdvanceRun(
            log,
            leases,
            clock,
            atomically,
            worklist,
            sessions,
            (
                watched("tag options", SyncTagOptions(pex, log, clock, boundary)),
                watched("fetch", FetchRows(pex, worklist, log, clock, atomically, boundary)),
                watched(
                    "post",
                    PostTransactions(
                        doubts,
                        complete,
                        send,
                        PostEntries(worklist, log, clock, atomically, vendors, boundary),
                        clock,
                        boundary,
                    ),
                ),
                watched("missing", NoticeMissing(pex, read_models, worklist, log, clock, boundary)),
                watched(
                    "receipts",
                    AttachReceipts(
                        WantReceipts(worklist, read_models, checks, log, clock, atomically),
                        checks,
                        GatherReceipts(pex, log, clock, in_doubt),
                        StoreReceipts(log, clock, in_doubt, in_threads, boundary),
                        business_central,
                        log,
                        clock,
                        atomically,
                        boundary,
                    ),
                ),
            ),
            doubts,
            boundary,
        ),
        pace,
        Backlog(log, read_models, clock),
        Sweep(read_models, wakeups),
        Scheduling(
            PlanSchedule(read_models, schedule, clock),
            StartDueRuns(log, schedule, start_run, wakeups, clock, atomically),
            KeepAlive(log, schedule, vault, pex, check, leases, clock),
            TellNews(
                read_models,
                schedule,
                SqlOutbox(database),
                tuple(notifiers(settings, clock)),
                clock,
                settings.public_url,
            ),
        ),
        broker,
        heartbeats,
        Verify(log, read_models, business_central),
        metrics,
        tracing,
        RunIds(read_models, tracing),
        (
            pex.close,
            pex_sign_in.close,
            sign_in.close,
            business_central.close,
            tracing.close,
            database.dispose,
        ),
    )
