"""What `/` and `/assets/` answer, without a browser."""

import re

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from web import dashboard


@pytest.fixture
def static(tmp_path, monkeypatch):
    """A built dashboard of two files."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>CRYPTO VIZ</title>")
    (tmp_path / "assets" / "index-Ab12_-xY.js").write_text("let x = 1;\n" * 200)
    (tmp_path / "assets" / "licences.txt").write_text("MIT")
    (tmp_path / "secret.txt").write_text("not for anybody")
    monkeypatch.setattr(dashboard, "STATIC", tmp_path)
    dashboard._asset.cache_clear()
    yield tmp_path
    dashboard._asset.cache_clear()


@pytest.fixture
async def client():
    app = web.Application()
    app.router.add_get("/", dashboard.front_page)
    app.router.add_get("/assets/{name}", dashboard.asset)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_the_page_is_asked_for_again_and_its_assets_never(static, client):
    page = await client.get("/")
    script = await client.get("/assets/index-Ab12_-xY.js")
    licences = await client.get("/assets/licences.txt")

    assert page.headers["Cache-Control"] == "no-cache"
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert script.headers["Content-Encoding"] == "gzip"
    assert licences.headers["Cache-Control"] == "no-cache"


async def test_the_policy_lets_nothing_run_but_the_worker_s_own_files(static, client):
    policy = (await client.get("/")).headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?:|\*", policy)


@pytest.mark.parametrize("name", ["..%2Fsecret.txt", "../secret.txt", "nothing-12345678.js"])
async def test_no_name_leads_out_of_the_assets(static, client, name):
    answer = await client.get(f"/assets/{name}")

    assert answer.status == 404
    assert "not for anybody" not in await answer.text()


async def test_without_a_build_the_page_says_how_to_build_it(tmp_path, client, monkeypatch):
    monkeypatch.setattr(dashboard, "STATIC", tmp_path / "nothing")

    answer = await client.get("/")

    assert answer.status == 200
    assert "npm run build" in await answer.text()
    assert answer.headers["Cache-Control"] == "no-cache"
