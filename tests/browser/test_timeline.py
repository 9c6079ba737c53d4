"""The timeline: what was recorded is there, drawn and listed, folded and filtered."""

import uuid

import pytest
from playwright.sync_api import Page, Response, Route, expect

from tests.browser.conftest import Visit
from tests.browser.machines import Machine, done, resource
from tests.browser.timeline import Timeline
from tests.browser.watch import Watch, until

pytestmark = pytest.mark.browser

RECORDED = 136
QUARTER = 129_600


def test_the_recorded_decisions_of_real_agents_are_there_and_labelled(visit: Visit):
    page = visit("samuel")
    shown = Timeline(page).live()
    count = "[...oversight.store.rows.values()].filter(row => row.replayed).length"
    until(page, lambda: page.evaluate(count) == RECORDED, "the recorded decisions")
    shown.filter("stratus")
    expect(shown.rows.first).to_contain_text("Replayed recording")


def test_the_lanes_are_drawn_and_follow_the_filter(visit: Visit):
    page = visit("samuel", f"/?window={QUARTER}")
    shown = Timeline(page).live()
    until(page, lambda: {"executed", "failed"} <= shown.ink().keys(), "marks in the lanes")
    all_of_it = shown.ink()
    assert all_of_it["executed"] > 200
    assert all_of_it["failed"] > 200
    page.get_by_role("button", name="Failed").click()
    until(page, lambda: "executed" not in shown.ink(), "the routine marks to go")
    assert shown.ink()["failed"] > 200
    page.locator("#q").fill("nothing is called this")
    until(page, lambda: not shown.ink(), "empty lanes")
    expect(page.locator(".lane-none")).to_contain_text("No decisions in this window")


WHOLE = """async () => {
  const { from, to, earlier } = oversight.lanes;
  // Columns are whole: the first of them may begin before the window.
  const first = new Date(earlier.counts ? earlier.counts.start : from).toISOString();
  const query = new URLSearchParams({ from: first, to: new Date(to).toISOString(), px: 900 });
  const { badges, columns } = await (await fetch(`/api/v1/timeline/bins?${query}`)).json();
  return Object.fromEntries(badges.map((slug, i) => [slug, columns.reduce((sum, column) => sum + column[i + 1], 0)]));
}"""
LEGEND = """() => Object.fromEntries([...document.querySelectorAll('#legend [data-badge]')].map(
  one => [one.dataset.badge, one.querySelector('.num').textContent]
))"""


def numbers(page: Page) -> dict[str, int]:
    """What the legend says of each state."""
    return {slug: int(n.replace(",", "") or 0) for slug, n in page.evaluate(LEGEND).items() if slug != "beyond"}


FEW_ROWS = """(() => {
  const real = JSON.parse;
  JSON.parse = text => {
    const told = real(text);
    if (told?.rows) told.rows = told.rows.sort((a, b) => a.at - b.at).slice(-40);
    return told;
  };
})()"""
"""The page with the newest forty rows alone, as if there were thousands more."""


def test_what_is_older_than_the_rows_that_are_loaded_is_counted_and_drawn(visit: Visit, watch: Watch):
    watch.expect("ERR_FAILED")
    page = visit("samuel", own=True)
    page.route("**/api/v1/timeline?before=*", lambda route: route.abort())
    page.add_init_script(FEW_ROWS)
    page.goto(f"/?window={QUARTER}")
    shown = Timeline(page).live()
    loaded = "oversight.store.sorted.length"
    until(page, lambda: page.evaluate("oversight.lanes.earlier.counts !== null"), "the counts")
    assert page.evaluate(loaded) < RECORDED
    whole = {slug: n for slug, n in page.evaluate(WHOLE).items() if slug in ("executed", "failed")}
    until(page, lambda: whole.items() <= numbers(page).items(), f"the legend to say {whole}")
    assert page.evaluate(LEGEND)["beyond"].endswith("+")
    right = page.evaluate("oversight.lanes.x(oversight.lanes.earlier.counts.to)")
    until(
        page,
        lambda: shown.ink_between(page.evaluate("oversight.lanes.gutter"), right).get("failed", 0) > 20,
        "their share",
    )
    page.locator("#q").fill("mongodb")
    until(page, lambda: page.evaluate("oversight.lanes.earlier.counts === null"), "no counts of what a filter hides")


CELL = """() => {
  const { lanes } = oversight;
  const { counts } = lanes.earlier;
  const box = document.getElementById('lanes').getBoundingClientRect();
  const known = new Set(lanes.rows.map(row => row[lanes.key]));
  const begins = at => counts.start + at * counts.width;
  const [{ name }, column, n] = counts.lanes
    .filter(({ name }) => !known.has(name) && lanes.lane.has(name))
    .flatMap(lane => [...lane.cells].map(([at, { n }]) => [lane, at, n]))
    .find(([, at, n]) => n && begins(at) >= lanes.from && begins(at + 1) < counts.to);
  return [box.left + lanes.x(begins(column + 0.5)), box.top + (lanes.lane.get(name) + 0.5) * lanes.laneHeight, name, n];
}"""
"""Where a column of counts stands, of a lane of which no row is loaded; the lane, and how many it counts."""


@pytest.mark.parametrize("lane_of", ["service", "agent"])
def test_what_is_older_stands_in_its_lane_and_leads_to_its_decisions(visit: Visit, watch: Watch, lane_of: str):
    watch.expect("ERR_FAILED")
    page = visit("samuel", own=True)
    page.route("**/api/v1/timeline?before=*", lambda route: route.abort())
    page.add_init_script(FEW_ROWS)
    page.goto(f"/?window={QUARTER}")
    Timeline(page).live()
    page.locator("#lane-of").select_option(lane_of)
    until(page, lambda: page.evaluate(f"oversight.lanes.earlier.counts?.by === '{lane_of}'"), "the counts")
    x, y, name, n = page.evaluate(CELL)
    page.mouse.move(x, y)
    expect(page.locator(".lane-tip b")).to_contain_text(f"{name}: {n} decision")
    page.mouse.click(x, y)
    page.wait_for_url("**/decisions/?*")
    expect(page.locator(f"[name={lane_of}]")).to_have_value(name)
    expect(page.locator("main .rows .row")).to_have_count(n)


@pytest.mark.parametrize("first", ["counts", "rows"])
def test_rows_that_load_take_the_place_of_their_counts(visit: Visit, first: str):
    """Whether they come before the counts that were asked for without them, or after."""
    page = visit("samuel", own=True)
    asked: list[Route] = []
    page.route("**/api/v1/timeline?before=*", lambda route: asked.append(route))  # noqa: PLW0108 - Playwright marks what it calls
    page.route("**/api/v1/timeline/lanes?*", lambda route: asked.append(route))  # noqa: PLW0108 - as above
    page.add_init_script(FEW_ROWS)
    page.goto(f"/?window={QUARTER}")
    Timeline(page).live()
    before = f"before={page.evaluate('oversight.store.oldestSeq')}&"

    def let(what: str) -> None:
        until(page, lambda: any(what in route.request.url for route in asked), f"the question for {what}")
        [route] = [route for route in asked if what in route.request.url][-1:]
        route.continue_(url=route.request.url.replace("limit=200", "limit=30"))
        if what == before:
            until(page, lambda: page.evaluate("oversight.store.sorted.length") > 40, "older rows")
        else:
            until(page, lambda: page.evaluate("oversight.lanes.earlier.counts !== null"), "the counts")

    for what in ("lanes?", before) if first == "counts" else (before, "lanes?"):
        let(what)
    to = "oversight.lanes.earlier.counts.to"
    until(page, lambda: page.evaluate(f"{to} === oversight.store.from"), "counts up to the rows")
    wanted = page.evaluate(WHOLE)
    until(page, lambda: numbers(page) == wanted, f"the legend to say {wanted}")
    page.wait_for_timeout(1500)
    assert numbers(page) == wanted
    assert 40 < page.evaluate("oversight.store.sorted.length") < RECORDED
    page.unroute_all(behavior="ignoreErrors")


def test_rows_that_are_all_loaded_are_not_counted_besides(visit: Visit):
    page = visit("samuel", f"/?window={QUARTER}")
    Timeline(page).live()
    until(page, lambda: page.evaluate("oversight.store.sorted.length") >= RECORDED, "all rows")
    page.wait_for_timeout(1500)
    assert page.evaluate("oversight.lanes.earlier.counts") is None
    # Of all of them together: what time alone has moved is told by the server in another state.
    assert sum(page.evaluate(WHOLE).values()) == sum(numbers(page).values())


def test_dark_lanes_are_drawn_in_the_colours_of_the_dark(visit: Visit):
    page = visit("samuel", f"/?window={QUARTER}", scheme="dark")
    shown = Timeline(page).live()
    until(page, lambda: shown.ink().get("failed", 0) > 200, "marks in the lanes")
    page.emulate_media(color_scheme="light")
    until(page, lambda: page.evaluate("oversight.lanes.theme.page").lower() in ("#fff", "#ffffff"), "the light theme")
    until(page, lambda: shown.ink().get("failed", 0) > 200, "marks in light colours")


def test_a_page_at_rest_draws_little(visit: Visit):
    """Not sixty times a second: a phone that lies there at night keeps its battery."""
    page = visit("samuel", f"/?window={QUARTER}")
    shown = Timeline(page).live()
    until(page, lambda: shown.ink().get("failed", 0) > 200, "marks in the lanes")
    drawn = page.evaluate(
        """() => new Promise(tell => {
          const { overContext } = oversight.lanes;
          const clear = overContext.clearRect.bind(overContext);
          let drawn = 0;
          overContext.clearRect = (...box) => { drawn += 1; clear(...box); };
          setTimeout(() => tell(drawn), 1000);
        })"""
    )
    assert 0 < drawn <= 12


def test_a_mark_says_what_it_is_and_opens_its_decision(visit: Visit, agent: Machine):
    name = resource()
    agent.report(done(name, target={"service": "jaeger"}))
    page = visit("marta", "/?window=15")
    shown = Timeline(page).live()
    expect(shown.row(name)).to_be_visible()
    shown.filter(name)
    (row,) = shown.known(name)
    page.mouse.move(*shown.place(row["id"]))
    expect(page.locator(".lane-tip")).to_contain_text(name)
    page.mouse.click(*shown.place(row["id"]))
    expect(shown.pane.get_by_role("heading", level=1)).to_contain_text(name)
    shown.pane.get_by_role("button", name="Back to the list").click()
    expect(shown.pane).to_be_hidden()


def test_what_an_agent_repeats_in_one_episode_is_one_row_until_it_is_unfolded(visit: Visit, agent: Machine):
    name, episode = resource(), uuid.uuid4().hex
    agent.report(*(done(name, episode=episode) for _ in range(4)))
    failed = done(name, episode=episode)
    failed["data"]["outcome"] = {"status": "failed", "detail": "no"}
    agent.report(failed)
    shown = Timeline(visit("samuel")).live()
    expect(shown.row(name).first).to_be_visible()
    shown.filter(name)
    expect(shown.rows).to_have_count(2)
    expect(shown.rows.filter(has_text="Failed")).to_have_count(1)
    folded = shown.rows.filter(has_text="×4")
    expect(folded).to_contain_text("repeated in one episode")
    folded.get_by_role("button", name="Show all 4").click()
    expect(shown.rows).to_have_count(6)
    shown.page.get_by_role("button", name="Fold").click()
    expect(shown.rows).to_have_count(2)


def test_the_list_filters_by_text_and_says_when_nothing_matches(visit: Visit):
    page = visit("samuel")
    shown = Timeline(page).live()
    shown.filter("mongodb-geo")
    # Older rows may still be on their way.
    expect(shown.rows.first).to_be_visible()
    texts = shown.rows.all_inner_texts()
    assert texts
    assert all("mongodb-geo" in text for text in texts)
    shown.filter("nothing is called this")
    expect(page.locator("#feed-none")).to_contain_text("Nothing matches")
    page.get_by_role("button", name="Clear the filter").click()
    expect(page.locator("#shown")).to_contain_text("loaded")


def test_what_is_chosen_is_in_the_address_and_survives_a_reload(visit: Visit):
    page = visit("samuel", f"/?window={QUARTER}&q=geo&state=failed")
    shown = Timeline(page)
    expect(page.locator("#shown")).to_contain_text("match")
    expect(page.get_by_role("button", name="Failed")).to_have_attribute("aria-pressed", "true")
    # The window is filled page by page: it is whole when it holds every recorded decision.
    count = "[...oversight.store.rows.values()].filter(row => row.replayed).length"
    until(page, lambda: page.evaluate(count) == RECORDED, "the recorded decisions")
    before = shown.rows.all_inner_texts()
    assert "Failed" in before[0]
    page.reload()
    expect(page.locator("#shown")).to_contain_text("match")
    until(page, lambda: shown.rows.all_inner_texts() == before, "the same rows")


def test_the_rows_are_a_feed_that_says_where_one_is(visit: Visit):
    page = visit("samuel")
    Timeline(page).live()
    first = page.locator("#pad .row[aria-posinset='1']")
    expect(first).to_be_visible()
    assert int(first.get_attribute("aria-setsize") or 0) > 20
    assert (first.get_attribute("aria-label") or "").split(":")[0]


def test_on_a_phone_a_row_opens_as_a_page_of_its_own(visit: Visit):
    page = visit("samuel", size=(390, 844))
    shown = Timeline(page).live()
    title = shown.rows.first.locator("a.title")
    title.click()
    expect(page.locator("#dec")).to_be_visible()
    assert "/decisions/" in page.url
    page.go_back()
    expect(page.locator("#feed")).to_be_visible()


@pytest.mark.parametrize("person", ["noor", "yuki"])
def test_people_who_may_not_read_the_agents_words_do_not_get_them(person: str, visit: Visit, agent: Machine):
    name = resource()
    agent.report(done(name, rationale="A secret of the trade."))
    page = visit(person)
    shown = Timeline(page).live()
    shown.row(name).locator("a.title").click()
    expect(shown.pane).to_contain_text("Your role does not show the agent's own words.")
    assert "A secret of the trade." not in page.content()


def test_a_static_file_says_what_a_browser_needs_and_nothing_else(visit: Visit):
    page = visit("samuel", own=True)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer) if "/static/" in answer.url else None)
    page.reload()
    Timeline(page).live()
    told = {answer.url: answer.all_headers() for answer in answers}
    scripts = [headers for url, headers in told.items() if ".js" in url]
    assert len(scripts) == 1
    for headers in scripts:
        assert "immutable" in headers["cache-control"]
        assert headers["x-content-type-options"] == "nosniff"
        assert not {"content-security-policy", "set-cookie", "x-request-id"} & headers.keys()
