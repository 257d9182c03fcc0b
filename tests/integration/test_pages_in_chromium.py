"""The pages in a real Chromium: nothing fails, nothing is loaded from elsewhere, everybody can use them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from kinitro.database import schema
from tests.fakes.browser import Visitor, chromium
from tests.fakes.large_subnet import HOSTILE, LargeSubnet, fill
from tests.fakes.pool_rows import add_cycle, add_tasks, rows
from tests.fakes.served_api import api_in_a_thread

SIZES: dict[str, dict[str, int]] = {
    "small": {"miners": 24, "environments": 8, "cycles": 30, "episodes": 10},
    "large": {"miners": 256, "environments": 50, "cycles": 200, "episodes": 20},
}
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
OPEN = {"auth": "false", "requests_per_s": "100000"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module", params=["small", pytest.param("large", marks=pytest.mark.slow)])
def subnet(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[LargeSubnet]:
    """A subnet with a past, which no test changes."""
    url = urlsplit(postgres_url)._replace(path=f"/pages_{request.param}").geturl()
    schema.create_database(url)
    schema.upgrade(url)
    yield fill(url, **SIZES[request.param])
    schema.drop_database(url, force=True)


@pytest.fixture(scope="module")
def site(subnet: LargeSubnet) -> Iterator[str]:
    with api_in_a_thread(subnet.url, **OPEN) as address:
        yield address


@contextmanager
def visitor(browser: Browser, site: str, **options: Any) -> Iterator[Visitor]:
    context = browser.new_context(**{"viewport": DESKTOP} | options)
    context.set_default_timeout(60_000)
    try:
        yield Visitor(context, site)
    finally:
        context.close()


def list_pages(subnet: LargeSubnet) -> dict[str, str]:
    """Every kind of page, and every state that a cycle may be in, by the names of their screenshots."""
    states = dict(rows(subnet.url, "select state, max(id) from cycle group by state"))
    (old,) = rows(subnet.url, "select min(id) from cycle where state = 'published'")[0]
    (episode,) = rows(subnet.url, "select min(task_id) from trace")[0]
    return {
        "leaderboard": "/",
        "frontier": "/frontier",
        "cycles": "/cycles",
        "cycle-running": f"/cycles/{subnet.running}",
        "cycle-published": f"/cycles/{subnet.published}",
        "cycle-failed": f"/cycles/{states['failed']}",
        "cycle-cancelled": f"/cycles/{states['cancelled']}",
        "cycle-old": f"/cycles/{old}",
        "miner-hostile": "/miners/0",
        "miner": "/miners/1",
        "miner-excluded": f"/miners/{subnet.miners}",
        "environment": f"/environments/{subnet.environments[0]}",
        "episode": f"/episodes/{episode}",
        "api": "/docs",
        "operator": "/operator",
    }


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("device", "colours"), [("desktop", "light"), ("phone", "dark")])
def test_every_page_is_sound(browser: Browser, site: str, subnet: LargeSubnet, device: str, colours: str) -> None:
    size = PHONE if device == "phone" else DESKTOP
    with visitor(browser, site, viewport=size, color_scheme=colours) as seen:
        for name, path in list_pages(subnet).items():
            seen.visit(path)
            assert seen.page.locator("h1").count() == 1, path
            seen.keep(f"{name}-{device}-{colours}-{subnet.miners}")
            seen.check(path)


@pytest.mark.timeout(900)
def test_every_link_of_the_pages_leads_somewhere(browser: Browser, site: str, subnet: LargeSubnet) -> None:
    """Click from page to page: of each kind of address some, and every page on the way is without a fault."""
    clicked: Counter[str] = Counter()
    with visitor(browser, site) as seen:
        for path in list_pages(subnet).values():
            seen.visit(path)
            links = seen.page.locator("a[href]:visible")
            for address in dict.fromkeys(links.evaluate_all("links => links.map(link => link.getAttribute('href'))")):
                kind = re.sub(r"\d+", "N", address)
                kind = "/environments/..." if kind.startswith("/environments/") else kind
                if address.startswith(("#", "/v1/", "/openapi", "/metrics")) or clicked[kind] >= 2:
                    continue
                clicked[kind] += 1
                seen.page.locator(f"a[href={json.dumps(address)}]:visible").first.click()
                seen.page.wait_for_url(site + address)
                seen.page.wait_for_load_state("load")
                seen.check(f"{path} -> {address}", accessible=False)
                seen.visit(path)
    assert {"/", "/cycles", "/frontier", "/docs", "/cycles/N", "/miners/N", "/episodes/N", "/environments/..."} <= set(
        clicked
    )


def list_uids(page: Page) -> list[int]:
    """The miners that the leaderboard shows, in order."""
    shown = page.locator("#leaderboard tbody tr:visible th")
    return [int(uid) for uid in shown.evaluate_all("cells => cells.map(cell => cell.dataset.value)")]


def test_the_leaderboard_is_sorted_searched_and_filtered_in_place(
    browser: Browser, site: str, subnet: LargeSubnet
) -> None:
    with visitor(browser, site) as seen:
        page = seen.visit("/")
        by_weight = list_uids(page)
        assert len(by_weight) == subnet.miners
        page.evaluate("window.stayed = true")

        page.get_by_role("button", name="Sort by Miner").click()
        assert list_uids(page) == sorted(by_weight)
        page.get_by_role("button", name="Sort by Miner").click()
        assert list_uids(page) == sorted(by_weight, reverse=True)
        expect(page.locator("#leaderboard th").first).to_have_attribute("aria-sort", "descending")
        environment = subnet.environments[2].split("/")[-1]
        page.get_by_role("button", name=f"Sort by {environment}", exact=True).click()
        cells = page.locator("#leaderboard tbody tr td:nth-child(7)").evaluate_all(
            "cells => cells.map(cell => parseInt(cell.firstChild.textContent))"
        )
        assert cells == sorted(cells, reverse=True)

        hotkey = rows(subnet.url, "select hotkey from cycle_miner where uid = 7 limit 1")[0][0]
        search = page.get_by_label("Search")
        search.fill(hotkey[10:30].upper())
        assert list_uids(page) == [7]
        expect(page.locator("form.filter output")).to_have_text(f"1 of {subnet.miners} shown")
        search.fill("no such miner")
        assert list_uids(page) == []
        search.fill("")
        page.get_by_label("hosted").check()
        assert sorted(list_uids(page)) == [uid for uid in range(subnet.miners) if uid % 5 == 1]
        page.get_by_label("verified").check()
        expected = [uid for uid in range(subnet.miners) if uid % 5 == 1 and uid % 2]
        assert sorted(list_uids(page)) == expected
        assert page.evaluate("window.stayed"), "without a reload"

        page.reload()
        assert sorted(list_uids(page)) == expected, "what was chosen is in the address"
        seen.check("filtered")


def test_intervals_are_shown_on_demand(browser: Browser, site: str) -> None:
    with visitor(browser, site) as seen:
        page = seen.visit("/")
        interval = page.locator("#leaderboard tbody td small").first
        box = page.get_by_label("Show 95 % intervals")
        box.set_checked(True)
        expect(interval).to_be_visible()
        box.set_checked(False)
        expect(interval).to_be_hidden()


def test_any_two_environments_are_compared_without_a_reload(browser: Browser, site: str, subnet: LargeSubnet) -> None:
    third, fourth = subnet.environments[2:4]
    with visitor(browser, site) as seen:
        page = seen.visit("/frontier")
        page.evaluate("window.stayed = true")
        page.locator("select[name=x]").select_option(third)
        expect(page.locator("#frontier th").nth(1)).to_contain_text(third.split("/")[-1])
        page.locator("select[name=y]").select_option(fourth)
        expect(page.locator("#frontier th").nth(2)).to_contain_text(fourth.split("/")[-1])
        assert page.evaluate("window.stayed")
        assert page.url == f"{site}/frontier?{urlencode({'x': third, 'y': fourth})}"
        assert page.locator("#frontier circle").count() == subnet.miners
        seen.check("/frontier")
        page.reload()
        expect(page.locator("select[name=y]")).to_have_value(fourth)
        page.locator("#frontier a:has(circle.best)").first.click()
        page.wait_for_url(re.compile("/miners/"))
        seen.check("miner")


def test_the_operators_page_is_renewed_and_stays_sorted(browser: Browser, empty_database: str) -> None:
    schema.upgrade(empty_database)
    made = fill(empty_database, miners=4, environments=2, cycles=4, episodes=5)
    with (
        api_in_a_thread(empty_database) as site,
        visitor(browser, site, http_credentials={"username": "me", "password": made.read_key}) as seen,
    ):
        page = seen.visit("/operator")
        seen.check("/operator")
        page.get_by_role("button", name="Sort by Executor").click()
        page.locator("h1").click()
        page.evaluate("document.activeElement.blur()")
        rows(empty_database, "insert into executor (name, last_seen_at) values ('a-new-one', now())")
        expect(page.locator("#executors tbody th").filter(has_text="a-new-one")).to_be_visible(timeout=60_000)
        expect(page.locator("#executors th").first).to_have_attribute("aria-sort", "ascending")
        assert page.locator("#executors .sort").count() == page.locator("#executors thead th").count()
        seen.check("renewed")


def test_progress_arrives_while_one_looks(browser: Browser, empty_database: str) -> None:
    schema.upgrade(empty_database)
    cycle = add_cycle(empty_database)
    add_tasks(empty_database, cycle, uids=[0, 1], episodes=10)
    with api_in_a_thread(empty_database, **OPEN) as site, visitor(browser, site) as seen:
        page = seen.visit(f"/cycles/{cycle}")
        expect(page.get_by_text("0 of 40 episodes are finished")).to_be_visible()
        page.evaluate("window.stayed = true")
        rows(empty_database, "update task set outcome = 'success', finished_at = now() where id <= 30")
        expect(page.get_by_text("30 of 40 episodes are finished")).to_be_visible(timeout=60_000)
        assert page.evaluate("window.stayed"), "by server-sent events"
        rows(empty_database, "update cycle set state = 'cancelled', reason = %s, revealed_at = now()", HOSTILE)
        expect(page.locator("h1 .state")).to_have_text("cancelled", timeout=60_000)
        assert not page.evaluate("window.stayed"), "the rest of the page has changed, too"
        expect(page.get_by_text(HOSTILE).first).to_be_visible()
        page.wait_for_load_state("load")
        seen.check("progress")


def test_the_address_of_the_api_is_in_the_command(browser: Browser, subnet: LargeSubnet) -> None:
    """Also below a prefix, where links and streams lead below it."""
    with (
        api_in_a_thread(subnet.url, **OPEN, root_path="/kinitro") as site,
        visitor(browser, site) as seen,
    ):
        page = seen.visit(f"/kinitro/cycles/{subnet.published}")
        command = f"kinitro audit --api-url {site}/kinitro --cycle {subnet.published} --netuid 1 --network local-dev"
        expect(page.get_by_text(command)).to_be_visible()
        page.get_by_role("link", name="Cycles", exact=True).click()
        page.locator("tbody a").first.click()
        expect(page.locator("h1")).to_contain_text(f"Cycle {subnet.running}")
        seen.check("below a prefix", accessible=False)


def test_the_keyboard_is_enough(browser: Browser, site: str) -> None:
    with visitor(browser, site) as seen:
        page = seen.visit("/")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        expect(page.locator(".skip")).to_be_in_viewport()
        page.keyboard.press("Enter")
        assert page.url.endswith("#main")
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.getAttribute('aria-label')") == "Sort by Weight":
                break
        page.keyboard.press("Enter")
        expect(page.locator("#leaderboard th").nth(1)).to_have_attribute("aria-sort", "descending")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", "one sees where one is"


def test_without_javascript_everything_is_there(browser: Browser, site: str, subnet: LargeSubnet) -> None:
    with visitor(browser, site, java_script_enabled=False) as seen:
        page = seen.visit("/")
        assert page.locator("#leaderboard tbody tr").count() == subnet.miners
        expect(page.get_by_text("episodes are finished")).to_be_visible()
        expect(page.locator(".sort")).to_have_count(0)
        page = seen.visit("/frontier")
        page.locator("select[name=y]").select_option(subnet.environments[3])
        page.get_by_role("button", name="Show").click()
        expect(page.locator("#frontier th").nth(2)).to_contain_text(subnet.environments[3].split("/")[-1])
        page = seen.visit(f"/cycles/{subnet.published}")
        expect(page.locator("noscript p")).to_be_visible()
        assert seen.problems == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<script>window.x = 1</script>", "CSP"),
        ("<p style='color: red'>x</p>", "CSP"),
        ("<img src='http://127.0.0.2:9/x.png' alt='x'>", "external request"),
        ("<img src='/nothing.png' alt='x'>", "404"),
        ("<input type='text'>", "axe: label"),
        ("<p class='wide'>x</p>", "wider than its window"),
    ],
)
def test_what_is_wrong_is_noticed(
    browser: Browser, site: str, monkeypatch: pytest.MonkeyPatch, body: str, found: str
) -> None:
    """The rules above can fail: a page that breaks one of them is found out."""
    with visitor(browser, site) as seen:

        def spoil(route: Route) -> None:
            answer = route.fetch()
            spoiled = answer.text().replace("</main>", f"{body}</main>")
            route.fulfill(response=answer, body=spoiled)

        def widen(route: Route) -> None:
            answer = route.fetch()
            route.fulfill(response=answer, body=f"{answer.text()}\n.wide {{ width: 5000px; }}")

        seen.page.route(f"{site}/cycles", spoil)
        seen.page.route("**/dashboard.css*", widen)
        seen.visit("/cycles")
        with pytest.raises(AssertionError, match=found):
            seen.check("spoiled")
