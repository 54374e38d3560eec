"""The settings: polite, complete, and closed where Scrapy is open by default."""

from importlib.util import find_spec
from pathlib import Path

from pipelines import STAGES

PROJECT_ROOT = Path(__file__).resolve().parent.parent

# What users set (docs/settings.md); the environment wins over this file and every overlay.
FINEWS_BASE_URL = "https://finews.withounder.com/"
FINEWS_CANONICAL_URL = None
NEWSSHARE_BASE_URL = "http://finews.zning.xyz/"
FOLLOW_SHARE_LINKS = True
HTTP_CLIENT = "aiohttp"
MONGODB_URI = None
MONGODB_DATABASE = "finews"
DATA_DIR = str(PROJECT_ROOT / ".data")
CAPTURE_DIR = None
CONTACT = None
MONITOR_WEBHOOK = None
MONITOR_MAIL_TO = None
MONITOR_MAIL_FROM = None
MONITOR_SMTP_HOST = None
MONITOR_SMTP_PORT = 587
MONITOR_SMTP_USER = None
MONITOR_SMTP_PASSWORD = None
MONITOR_SMTP_TLS = True
SITE_RETENTION_DAYS = 3.0

# Scrapy's download handlers, by what they are built on.
HTTP_CLIENTS = {
    "aiohttp": "crawler.downloader.clients.AiohttpClient",
    "twisted": "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler",
}
# The event loop; asyncio's own where uvloop is not to be had.
ASYNCIO_EVENT_LOOP = "uvloop.Loop" if find_spec("uvloop") else None

BOT_NAME = "finews"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
COMMANDS_MODULE = "crawler.commands"

# Polite.
ROBOTSTXT_OBEY = True
DOWNLOAD_DELAY = 0.25
CONCURRENT_REQUESTS_PER_DOMAIN = 4
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 0.5
AUTOTHROTTLE_MAX_DELAY = 30.0
AUTOTHROTTLE_TARGET_CONCURRENCY = 2.0
DOWNLOAD_TIMEOUT = 30
RETRY_TIMES = 2
# What a host asks for by Retry-After is waited for up to so long; for longer it is left alone.
RETRY_AFTER_LONGEST_SECONDS = 60.0
# After so many failures in a row share answers are asked for no more for a while.
SHARE_FAILURES_IN_A_ROW = 10
SHARE_PAUSE_SECONDS = 900.0
ROBOTSTXT_REMEMBERED_SECONDS = 86400.0

# How often lists of posts are asked for, though the feed shows nothing new.
HOME_EVERY_MINUTES = 60.0
CATEGORIES_EVERY_HOURS = 24.0
# Posts are written again: so long after its first sight each is looked at once more.
SECOND_LOOK_HOURS = (1, 6, 24, 60)

# Closed: Scrapy would run Python sent over HTTP, open a telnet console, trust any certificate.
REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False
DOWNLOAD_VERIFY_CERTIFICATES = True
COOKIES_ENABLED = False
# The site has one language.
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": None,
}
DOWNLOAD_MAXSIZE = 32 * 1024 * 1024

# Scrapy starts this many tasks for every response.
CONCURRENT_ITEMS = 4
FEED_EXPORT_ENCODING = "utf-8"
LOG_LEVEL = "INFO"
STATS_CLASS = "crawler.extensions.counters.Counters"
# Scraped items would be most of a log.
LOG_FORMATTER = "crawler.extensions.log_lines.LogLines"

# Scrapy's own that do nothing here are off, since each is called for every request or output.
# HostGuard is stricter than Offsite; no page of the site sends anybody elsewhere by <meta>.
METAREFRESH_ENABLED = False
REFERER_ENABLED = False
URLLENGTH_LIMIT = 0
SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
    "crawler.downloader.traffic.Traffic": 850,
    "crawler.downloader.host_guard.HostGuard": 10,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.downloader.robots.RememberedRobotsTxt": 100,
    # Nearest to the wire: every hop, before anything is followed, tried again or decompressed.
    "crawler.downloader.raw_capture.RawCapture": 990,
    "crawler.downloader.fetch_time.FetchTime": 1000,
}
DOWNLOAD_HANDLERS = dict.fromkeys(
    ("http", "https"), "crawler.downloader.patient_handler.PatientHandler"
)
ITEM_PIPELINES = {stage: 100 * place for place, stage in enumerate(STAGES, 1)}
EXTENSIONS = {
    "crawler.extensions.dead_letters.DeadLetters": 100,
    "crawler.extensions.leases.KeepLeases": 150,
    "crawler.extensions.progress.ProgressBar": 200,
    "crawler.monitors.extension.Monitors": 300,
}
FEED_STORAGES = dict.fromkeys(("", "file"), "crawler.exports.storages.WholeFileStorage")
# The same as `finews export` knows; Scrapy's own json, xml, pickle and marshal stay.
FEED_EXPORTERS = {
    **dict.fromkeys(("jsonl", "jsonlines", "jl"), "crawler.exports.formats.jsonlines.ArticleLines"),
    "jsonfeed": "crawler.exports.formats.jsonfeed.JsonFeed",
    "atom": "crawler.exports.formats.atom.AtomFeed",
    "csv": "crawler.exports.formats.csv.CsvRows",
    "parquet": "crawler.exports.formats.parquet.ParquetTable",
}

# A batch is written when it is this large, or when its first article has waited this long.
STORE_BATCH_SIZE = 100
STORE_BATCH_SECONDS = 0.1
# How long a crawl waits for a store that is slow or away.
STORE_PATIENCE_SECONDS = 120.0
# For so long a link is held by the crawl that asks for it; held anew before it ends.
LEASE_SECONDS = 3600.0
# A file of captures is followed by another when it is this large.
CAPTURE_FILE_BYTES = 1_000_000_000
PROGRESS_BAR = False

# The run's document has this id; unset: a new one.
RUN_ID = None
# The crawl of the schedule that is run; set by finews schedule.
SCHEDULED_AS = None
# For so long a crawl of the schedule is held by its run; held anew before it ends.
SCHEDULE_LEASE_SECONDS = 60.0
# So many logs of each crawl of the schedule are kept, and of backfills.
LOGS_KEPT = 100

# Monitors (docs/monitors.md) look at a crawl when all of it is closed, so they may take their time.
SPIDERMON_ENABLED = True
SPIDERMON_ENGINE_STOP_MONITORS = ["crawler.monitors.suite.CrawlSuite"]
# A share of fewer than these says nothing.
MONITOR_LEAST = 20
MONITOR_ERROR_SHARE = 0.1
MONITOR_SHARE_FAILURES = 0.5
MONITOR_HTTP_CODES = 0.1
MONITOR_WRITE_FAILURES = 0
MONITOR_COVERAGE_RUNS = 10
MONITOR_COVERAGE_TOLERANCE = 0.2
# A category is known by what it published in these days.
MONITOR_FRESHNESS_DAYS = 14
MONITOR_FRESHNESS_HOURS = 24.0
MONITOR_FRESHNESS_TOLERANCE = 1.5
MONITOR_TIMEOUT_SECONDS = 10.0

# What finews status --check takes for wrong (docs/status.md).
STATUS_RUN_HOURS = 168.0
STATUS_REJECT_HOURS = 24.0
STATUS_OWED_ATTEMPTS = 10
STATUS_OVERDUE_MINUTES = 10.0
STATUS_LONGEST_RUN_HOURS = 24.0
