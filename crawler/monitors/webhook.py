"""An alarm as a JSON document, sent to an address by HTTP POST."""

from __future__ import annotations

import json
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from spidermon.core.actions import Action
from spidermon.exceptions import SkipAction

from crawler.monitors.alarm import AlarmError, alarm_of
from settings.options import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping


class PostAlarm(Action):
    """Posts an alarm to MONITOR_WEBHOOK."""

    def run_action(self) -> None:
        settings = self.data.crawler.settings
        url = settings.get("MONITOR_WEBHOOK")
        if not url:
            raise SkipAction("MONITOR_WEBHOOK is not set")
        alarm = alarm_of(self.result, self.data)
        post(url, alarm.document, settings.getfloat("MONITOR_TIMEOUT_SECONDS"))


class _NoRedirect(HTTPRedirectHandler):
    """An alarm goes where the settings say, and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def post(url: str, document: Mapping[str, Any], seconds: float) -> None:
    """Post a document. Raises AlarmError, which names the host only: the rest may be a secret."""
    body = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "finews"}
    # What is on this machine is no business of a proxy's.
    proxies = [ProxyHandler({})] if is_loopback(url) else []
    host = urlsplit(url).hostname
    try:
        request = Request(url, data=body, headers=headers, method="POST")
        with build_opener(_NoRedirect, *proxies).open(request, timeout=seconds):
            pass
    except HTTPError as error:
        error.close()
        raise AlarmError(f"{host} answers HTTP {error.code}") from None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or type(error).__name__
        raise AlarmError(f"{host} does not take it: {reason}") from None
