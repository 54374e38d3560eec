"""The console script: `finews COMMAND`, from any folder."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.cmdline import execute
from scrapy.utils.project import ENVVAR, get_project_settings

from crawler import __version__
from crawler.commands.one_line import describe
from crawler.commands.tether import hold_on
from crawler.store.errors import StoreError
from crawler.store.threads import leave_threads
from crawler.tally import INCOMPLETE, UNUSABLE
from settings.options import nearest

if TYPE_CHECKING:
    from scrapy.commands import ScrapyCommand

SETTINGS = "settings.base"
COMMANDS = (
    *("crawl", "backfill", "schedule", "export", "import", "cursors"),
    *("show", "duplicates", "rejects", "forget", "status", "db", "demo"),
)
# Scrapy's own; the rest of them (startproject, shell…) stay with `scrapy`.
SCRAPY_COMMANDS = ("list", "version")


def main(argv: list[str] | None = None) -> None:
    """Run a command and exit with a code of the contract."""
    argv = list(sys.argv if argv is None else argv)
    _end_in_order()
    leave_threads()
    hold_on()
    try:
        code = _run(argv)
    except BrokenPipeError:
        # Whoever read our output has what it wanted (`finews export | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except KeyboardInterrupt:
        code = _say("stopped", INCOMPLETE)
    except StoreError as error:
        code = _say(str(error), UNUSABLE)
    except OSError as error:
        code = _say(describe(error), UNUSABLE)
    except Exception as error:
        if "DEBUG" in argv or os.environ.get("FINEWS_TRACEBACK"):
            raise
        code = _say(f"{describe(error)} (FINEWS_TRACEBACK=1 shows where)", INCOMPLETE)
    sys.exit(code)


def _end_in_order() -> None:
    """Let a kill and a closed terminal be as Ctrl-C: what was opened is closed again."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # nohup has it ignored, which stays.
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))


def _run(argv: list[str]) -> int:
    module = os.environ.get(ENVVAR) or SETTINGS
    os.environ[ENVVAR] = module
    if problem := _settings_problem(module):
        return _say(problem, UNUSABLE)
    name = argv[1] if len(argv) > 1 else "help"
    if name in ("help", "-h", "--help"):
        print(_help())
        return 0
    if name == "--version":
        print(f"finews {__version__}")
        return 0
    known = (*COMMANDS, *SCRAPY_COMMANDS)
    if name.startswith("-"):
        return _say(f"the command comes first, not {name}; finews -h lists them", UNUSABLE)
    if name not in known:
        hint = nearest(name, known) or " finews -h lists the commands."
        return _say(f"no command {name}.{hint}", UNUSABLE)
    settings = get_project_settings()
    if name in COMMANDS:
        # Scrapy would import all of them to find one.
        settings.set("COMMANDS_MODULE", f"crawler.commands.{name}", "cmdline")
    try:
        execute(["finews", *argv[1:]], settings)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else UNUSABLE
    return 0


def _settings_problem(module: str) -> str | None:
    """Why a settings module cannot be used; None when it can."""
    try:
        found = find_spec(module) is not None
    except (ImportError, ValueError):
        found = False
    if not found:
        folder = Path(__file__).parents[2] / "settings"
        names = [f"settings.{path.stem}" for path in folder.glob("[a-z]*.py")]
        return f"{ENVVAR}={module}: no such module.{nearest(module, names)}"
    try:
        settings = import_module(module)
    except Exception as error:
        return f"{ENVVAR}={module} cannot be read: {describe(error)}"
    if not hasattr(settings, "COMMANDS_MODULE"):
        return f"{ENVVAR}={module} holds no settings of finews; begin it like settings.local"
    return None


def _say(line: str, code: int) -> int:
    print(f"finews: {line}", file=sys.stderr)
    return code


def _help() -> str:
    lines = [f"finews {__version__}: crawls Chinese financial news into MongoDB, exports it", ""]
    lines += ["Usage: finews COMMAND [options]   (finews COMMAND -h tells more)", ""]
    for name in COMMANDS:
        command: ScrapyCommand = import_module(f"crawler.commands.{name}").Command()
        lines.append(f"  {name:<10} {command.short_desc()}")
    lines += ["", f"Scrapy's own work too: {', '.join(SCRAPY_COMMANDS)}"]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
