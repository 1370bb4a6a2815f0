"""The example page and the module in a real browser, against a running system."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    FilePayload,
    Page,
    Route,
    expect,
    sync_playwright,
)

from tests.integration.pictures.painting_server import png
from warren.stack.stack import Stack
from warren.testing.deadline import eventually
from warren.testing.servers import missing_server

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

#: Milliseconds.
_PATIENCE = 60_000
_FOLLOW = """
async (key) => {
  const { Warren } = await import("/client/warren.js");
  const warren = new Warren({ key });
  const text = { text: "Still there." };
  const { task_id } = await warren.submit("tts.synthesize", text, { delay_seconds: 3 });
  window.ids = [];
  window.result = warren.wait(task_id, { onEvent: ({ id }) => window.ids.push(id) });
}
"""
_UPLOAD = """
async (key) => {
  const { Warren } = await import("/client/warren.js");
  const told = [];
  const onUpload = (sent, total) => told.push([sent, total]);
  const file = new File([new Uint8Array(2_000_000)], "zeros.bin");
  const stored = await new Warren({ key }).upload(file, { onUpload });
  return { told, size: stored.size, name: stored.name };
}
"""
_FROM_ELSEWHERE = """
async ([module, key]) => {
  const { Warren } = await import(module);
  const warren = new Warren({ key });
  const failure = await warren.status("x", { signal: AbortSignal.timeout(300) }).catch((e) => e);
  return [warren.connection.base.origin, failure.name];
}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        missing_server("Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        # (Root has no sandbox; and nothing is loaded but our own page.)
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    """The example page, with a key; whatever is against its policy, or thrown, fails the test."""
    page = browser.new_page(viewport={"width": 900, "height": 1100})
    page.set_default_timeout(_PATIENCE)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.extend(_violation(message)))
    page.goto(f"{stack.descriptor.gateway_url}/client/example.html")
    page.get_by_label("API key").fill(stack.descriptor.api_key)
    yield page
    page.close()
    assert faults == []


def _violation(message: ConsoleMessage) -> list[str]:
    return [message.text] if "Content Security Policy" in message.text else []


def _audio_length(page: Page) -> float:
    audio = page.get_by_label("The spoken text")
    expect(audio).to_be_visible(timeout=_PATIENCE)
    # (Not by wait_for_function, which is against the page's policy.)
    return float(eventually(lambda: audio.evaluate("sound => sound.duration || 0")))


def test_a_text_is_spoken_by_the_keyboard_alone(page: Page, stack: Stack) -> None:
    # When somebody writes a text and submits it without a pointer
    page.get_by_label("API key").press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("This was typed by nobody.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    # Then its progress is told, the result can be heard, and has the focus
    expect(page.get_by_role("status")).to_have_text("Done", timeout=_PATIENCE)
    assert _audio_length(page) > 0.5
    assert page.get_by_role("progressbar").get_attribute("value") == "100"
    assert page.evaluate("document.activeElement.id") == "result"
    assert page.locator("#events li").first.is_hidden()
    page.get_by_text("What happened").click()
    expect(page.locator("#events li").last).to_have_text(
        re.compile("^#[0-9]+ · result · succeeded")
    )

    # And a page that is loaded again goes on with it, once it has a key
    page.reload()
    again = page.get_by_role("button", name="Follow the last task again")
    again.click()
    expect(page.get_by_role("alert")).to_have_text(re.compile("^Enter an API key"))
    page.get_by_label("API key").fill(stack.descriptor.api_key)
    again.click()
    assert _audio_length(page) > 0.5


def test_a_picture_is_uploaded_and_restyled(page: Page, tmp_path: Path) -> None:
    page.get_by_label("Restyle a picture").check()
    picture = FilePayload(name="castle.png", mimeType="image/png", buffer=png(96, 64))
    page.get_by_label("Picture", exact=True).set_input_files([picture])
    page.get_by_label("Style", exact=True).select_option("sepia")
    page.get_by_role("button", name="Submit").click()

    image = page.get_by_role("img", name="The picture that was made")
    expect(image).to_be_visible(timeout=_PATIENCE)
    eventually(lambda: image.evaluate("image => image.naturalWidth") == 96)


def test_what_is_missing_or_wrong_is_said_where_it_is(page: Page) -> None:
    problem = page.get_by_role("alert")
    page.get_by_label("Restyle a picture").check()
    page.get_by_role("button", name="Submit").click()
    expect(problem).to_have_text("Choose a picture first.")
    assert page.evaluate("document.activeElement.id") == "picture"

    nothing = FilePayload(name="a.png", mimeType="image/png", buffer=b"no picture at all")
    page.get_by_label("Picture", exact=True).set_input_files([nothing])
    page.get_by_role("button", name="Submit").click()
    expect(problem).to_have_text(re.compile("image is neither PNG, JPEG nor WebP"))

    page.get_by_label("API key").fill("wk_no_key")
    page.get_by_role("button", name="Submit").click()
    expect(problem).to_have_text(re.compile("does not know this key"))
    expect(page.locator("#task")).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == "key"


def test_an_upload_tells_how_much_is_sent(page: Page, stack: Stack) -> None:
    slowly = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 4e6}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slowly)

    said = page.evaluate(_UPLOAD, stack.descriptor.api_key)

    told = said["told"]
    assert (said["size"], said["name"], told[-1]) == (2_000_000, "zeros.bin", [2_000_000] * 2)
    assert len(told) > 2
    assert told == sorted(told)


def test_a_page_of_another_origin_gets_the_module_and_not_the_api(page: Page, stack: Stack) -> None:
    gateway = stack.descriptor.gateway_url
    page.goto(gateway.replace("127.0.0.1", "localhost") + "/healthz")

    module = f"{gateway}/client/warren.js"
    said = page.evaluate(_FROM_ELSEWHERE, [module, stack.descriptor.api_key])

    assert said == [gateway, "TimeoutError"]


def test_a_browser_follows_through_the_death_of_the_gateway(page: Page, stack: Stack) -> None:
    page.evaluate(_FOLLOW, stack.descriptor.api_key)
    eventually(lambda: page.evaluate("window.ids.length > 0"))

    stack.kill("gateway")

    assert page.evaluate("async () => (await window.result).media_type") == "audio/wav"
    ids = [number for number in page.evaluate("window.ids") if number is not None]
    assert ids == list(range(1, len(ids) + 1))


def test_where_streams_do_not_get_through_the_status_is_asked_for(page: Page) -> None:
    def hold_back(route: Route) -> None:
        route.fulfill(status=503, headers={"Retry-After": "0"}, body="{}")

    asked: list[str] = []
    page.route("**/events", hold_back)
    page.on("request", lambda request: asked.append(request.url))

    page.get_by_label("Text", exact=True).fill("Asked for again and again.")
    page.get_by_role("button", name="Submit").click()

    assert _audio_length(page) > 0.5
    assert any(url.endswith("/status") for url in asked)
