"""What tests share: the real mongod, the real command, a real server on loopback."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from crawler.sample_site.server import serve
from crawler.store.connection import Store
from crawler.store.embedded import EmbeddedServer
from settings.options import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crawler.sample_site.server import SampleSite

ROOT = Path(__file__).parent.parent
FINEWS = Path(sys.executable).parent / "finews"
OWN_VARIABLES = {*NAMES, "SCRAPY_SETTINGS_MODULE", "SCRAPY_PROJECT", "FINEWS_TRACEBACK"}

# A job in the background ignores them, and so would every process that tests start and stop.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# `make test` tries the same few examples each time; `make fuzz` many, and others each time.
UNHURRIED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
hypothesis_settings.register_profile("quick", max_examples=60, derandomize=True, **UNHURRIED)
hypothesis_settings.register_profile(
    "fuzz", max_examples=int(os.environ.get("FUZZ_EXAMPLES", "4000")), database=None, **UNHURRIED
)
hypothesis_settings.load_profile("quick")
TRIED = re.compile(r"(\d+) passing, (\d+) failing")
tried: list[int] = []


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Count the examples that a property was tried with."""
    for passing, failing in TRIED.findall(getattr(item, "hypothesis_statistics", "")):
        tried.append(int(passing) + int(failing))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that started this one, when the tests are shared out."""
    if output := getattr(session.config, "workeroutput", None):
        output["tried"] = sum(tried)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what a process of the tests counted."""
    tried.append(getattr(node, "workeroutput", {}).get("tried", 0))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many examples were tried."""
    if sum(tried):
        terminalreporter.write_line(f"{sum(tried):,} examples of properties tried")


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of one embedded server that runs as long as the tests do."""
    folder = tmp_path_factory.mktemp("data")
    server = EmbeddedServer(folder)
    server.start()
    yield folder
    server.stop()


@pytest.fixture
def database() -> str:
    """The name of a database of this test's own."""
    return f"test_{uuid.uuid4().hex[:12]}"


@pytest.fixture
def store(data_dir: Path, database: str) -> Iterator[Store]:
    """An open, empty store."""
    with Store.open(None, database, data_dir) as store:
        yield store
        store.client.drop_database(database)


@dataclass
class Done:
    """A command that has ended; `last` is the line that tells its outcome."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        return self.err.splitlines()[-1]


@dataclass
class Command:
    """Runs `finews` as a process of its own, in a test's store."""

    environment: dict[str, str]
    folder: Path
    program: tuple[Path, ...] = (FINEWS,)

    def __call__(
        self, *words: str, code: int = 0, folder: Path | None = None, **variables: str
    ) -> Done:
        """Run a command to its end and check its exit code; never a traceback."""
        done = subprocess.run(
            [*self.program, *words],
            env={**self.environment, **variables},
            cwd=folder or self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == code, f"exit {done.returncode}:\n{done.stderr}"
        assert "Traceback" not in done.stderr + done.stdout
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        """Start a command; the caller waits for it."""
        return subprocess.Popen(
            [*self.program, *words],
            env={**self.environment, **variables},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def clean_environment() -> dict[str, str]:
    """The environment without settings of this program."""
    return {name: value for name, value in os.environ.items() if name not in OWN_VARIABLES}


@pytest.fixture
def finews(
    data_dir: Path, database: str, tmp_path: Path, clean_environment: dict[str, str]
) -> Command:
    """The command, with this test's store; nothing but loopback is ever asked."""
    nowhere = "http://127.0.0.1:9/"
    chosen = {
        "DATA_DIR": str(data_dir),
        "MONGODB_DATABASE": database,
        "FINEWS_BASE_URL": nowhere,
        "NEWSSHARE_BASE_URL": nowhere,
    }
    return Command({**clean_environment, **chosen}, tmp_path)


@pytest.fixture
def at() -> Callable[[Any], dict[str, str]]:
    """The settings that point a command at a server."""
    return lambda server: {"FINEWS_BASE_URL": server.url, "NEWSSHARE_BASE_URL": server.url}


@pytest.fixture(scope="session")
def sample() -> Iterator[SampleSite]:
    """The bundled sample site."""
    with serve() as site:
        yield site


@dataclass
class Answer:
    """What a test's server answers; `hold` keeps it back until the test lets it go."""

    body: str | bytes = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hold: threading.Event | None = None


class Server:
    """A real HTTP server on loopback with one table of routes, which a test may change."""

    def __init__(self, routes: dict[str, str | Answer]) -> None:
        self.routes = routes
        # What takes the place of a route once that was answered.
        self.once: dict[str, str | Answer] = {}
        self.requests: list[str] = []
        # With each request's headers and the time, in seconds of the monotonic clock.
        self.log: list[tuple[str, dict[str, str], float]] = []
        self.asked = threading.Condition()
        # Requests that are not answered yet, and how many these were at most.
        self.open = self.most_open = 0
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.http.server_port}/"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    def wait_for(self, path: str) -> None:
        """Wait until a path was asked for."""
        with self.asked:
            assert self.asked.wait_for(lambda: path in self.requests, timeout=60)

    def close(self) -> None:
        """Answer what is held, and end."""
        for answer in self.routes.values():
            if isinstance(answer, Answer) and answer.hold:
                answer.hold.set()
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()

    def _handler(server) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with server.asked:
                    server.requests.append(self.path)
                    server.log.append((self.path, dict(self.headers), time.monotonic()))
                    server.open += 1
                    server.most_open = max(server.open, server.most_open)
                    server.asked.notify_all()
                found = server.routes.get(self.path, Answer("not found", 404))
                if (following := server.once.pop(self.path, None)) is not None:
                    server.routes[self.path] = following
                answer = found if isinstance(found, Answer) else Answer(found)
                if answer.hold:
                    answer.hold.wait(60)
                with server.asked:
                    server.open -= 1
                body = answer.body
                body = body.encode("utf-8", "surrogateescape") if isinstance(body, str) else body
                status, known = answer.status, self.headers.get("If-None-Match")
                if known is not None and known == answer.headers.get("ETag"):
                    status, body = 304, b""
                self.send_response(status)
                for name, value in {"Content-Type": "text/html", **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler


@pytest.fixture
def serve_routes() -> Iterator[Callable[[dict[str, str | Answer]], Server]]:
    """Starts servers of a test's own routes."""
    with ExitStack() as stack:

        def start(routes: dict[str, str | Answer]) -> Server:
            server = Server(routes)
            stack.callback(server.close)
            return server

        yield start


@pytest.fixture
def answer() -> type[Answer]:
    """The class of answers that are not simply a page."""
    return Answer


@pytest.fixture
def exported(finews: Command) -> Callable[[], list[dict[str, Any]]]:
    """What an export of all of this test's store gives."""
    words = ("export", "--include-duplicates")
    return lambda: [json.loads(line) for line in finews(*words).out.splitlines()]


@pytest.fixture
def held_site(serve_routes: Callable[..., Server]) -> Any:
    """A site of one post at `path`, which is not answered before its `held` is set."""
    section = "<html><body><header></header><section>{}</section></body></html>"
    path = "/beifangwang/2021/12/31/2021123101.html"
    lists = section.format(f'<h2>北方网新闻</h2><ul><li><a href="{path}">x</a></li></ul>')
    post = section.format("<small>(GMT+8) 2021-12-31 15:07:45</small><h1>一</h1><p>正文。</p>")
    held = Answer(post, hold=threading.Event())
    feed = '<feed xmlns="http://www.w3.org/2005/Atom"/>'
    routes = {"/feed.xml": feed, "/": lists, "/category/beifangwang.html": lists, path: held}
    site: Any = serve_routes(routes)
    site.held, site.path = held.hold, path
    return site
