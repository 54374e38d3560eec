from __future__ import annotations

import pytest

from crawler.markets import resolve_suffix, symbol_of


@pytest.mark.parametrize(
    ("market", "code", "symbol"),
    [
        ("1", "601318", "601318.SH"),
        ("1", "688012", "688012.SH"),
        ("0", "000001", "000001.SZ"),
        ("0", "300750", "300750.SZ"),
        ("0", "430047", "430047.BJ"),
        ("0", "835185", "835185.BJ"),
        ("0", "920002", "920002.BJ"),
        ("0", "900901", "900901.SZ"),
        ("116", "02318", "02318.HK"),
        ("116", "2318", "02318.HK"),
        ("116", "5", "00005.HK"),
        ("105", "AAPL", "AAPL.US"),
        ("106", "NIO", "NIO.US"),
        ("106", "nio", "NIO.US"),
        ("106", "BRK_B", "BRK.B.US"),
        ("1", "000001", "000001.SH"),
        ("1", "000300", "000300.SH"),
        ("0", "399001", "399001.SZ"),
        ("107", "IMO", "IMO.US"),
    ],
)
def test_a_code_on_a_known_market_has_its_symbol(market, code, symbol):
    assert symbol_of(market, code) == symbol


@pytest.mark.parametrize(
    ("market", "code"),
    [
        ("100", "HSI"),
        ("90", "BK0493"),
        ("113", "cu2202"),
        ("119", "USDCNY"),
        ("8", "IF2201"),
        ("155", "HSBA"),
        (None, "601318"),
        ("1", "60131"),
        ("1", "６０１３１８"),
        ("0", "AAPL"),
        ("116", "023180"),
        ("116", "HSI"),
        ("106", "600519"),
        ("106", ""),
    ],
)
def test_an_unknown_market_or_an_impossible_code_has_no_symbol(market, code):
    assert symbol_of(market, code) is None


@pytest.mark.parametrize(
    ("code", "suffix", "answer"),
    [
        ("600519", "SH", ("600519.SH", "1")),
        ("600519", "SS", ("600519.SH", "1")),
        ("600519", "sh", ("600519.SH", "1")),
        ("300750", "SZ", ("300750.SZ", "0")),
        ("430047", "BJ", ("430047.BJ", "0")),
        ("2197", "HK", ("02197.HK", "116")),
        ("09869", "HK", ("09869.HK", "116")),
        ("AAPL", "O", ("AAPL.US", "105")),
        ("AAPL", "OQ", ("AAPL.US", "105")),
        ("SUN", "N", ("SUN.US", "106")),
        ("BRK-B", "N", ("BRK.B.US", "106")),
        ("BRK.B", "US", ("BRK.B.US", None)),
        ("NIO", "US", ("NIO.US", None)),
    ],
)
def test_a_suffix_in_the_text_tells_symbol_and_market(code, suffix, answer):
    assert resolve_suffix(code, suffix) == answer


@pytest.mark.parametrize(
    ("code", "suffix"),
    [
        ("000001", "BJ"),
        ("3.5", "HK"),
        ("12", "SH"),
        ("600519", "US"),
        ("600519", "N"),
        ("A", "XX"),
        ("IMO", "A"),
    ],
)
def test_a_suffix_that_does_not_fit_its_code_names_nothing(code, suffix):
    assert resolve_suffix(code, suffix)[0] is None
