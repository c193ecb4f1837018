"""What a bureau would build itself: aiohttp, an asyncpg pool, one table of entries with an index on the code.

`python -m ... PORT DSN PLAN [record]`; with `record` every lookup is written to a table before it is answered, with
PostgreSQL's own durability. No tree, no receipt, no retry that finds its record.
"""

import asyncio
import json
import sys
import uuid
from pathlib import Path
from typing import Any

import asyncpg
import uvloop
from aiohttp import web

TABLES = """
CREATE TABLE entries (code text, list_type text, severity text, valid_from text, name text, authority text,
    document text);
CREATE TABLE register (code text, registered text);
CREATE TABLE lookups (id uuid PRIMARY KEY, at timestamptz DEFAULT now(), question jsonb, answer jsonb);
"""
INDEXES = "CREATE INDEX ON entries (code); CREATE INDEX ON register (code); ANALYZE;"
_SELECT = "SELECT list_type, severity FROM entries WHERE code = $1 AND valid_from <= $2"
_INSERT = "INSERT INTO lookups (id, question, answer) VALUES ($1, $2, $3)"
_ORDER = ("PROHIBITED", "RESTRICTED", "CAUTION", "FAVOURED")
_POOL = 16


def answer(plan: dict[str, Any], action: str, found: list[Any]) -> dict[str, Any]:
    """The verdict and the ids of the measures on these entries."""
    measures = [
        measure
        for entry in found
        for measure in plan[action].get(entry["list_type"], ())
        if not measure["severities"] or entry["severity"] in measure["severities"]
    ]
    verdicts = {measure["verdict"] for measure in measures}
    verdict = next((each for each in _ORDER if each in verdicts), "CLEAR")
    return {"verdict": verdict, "measures": [measure["id"] for measure in measures]}


async def serve(port: int, dsn: str, plan: dict[str, Any], *, is_recording: bool) -> None:
    """Until killed."""
    pool = await asyncpg.create_pool(dsn, min_size=_POOL, max_size=_POOL)

    async def handle(request: web.Request) -> web.Response:
        text = await request.text()
        question = json.loads(text)["input"]
        async with pool.acquire() as connection:
            found = await connection.fetch(_SELECT, question["code"], question["as_of"])
            told = json.dumps(answer(plan, question["action"], found))
            if is_recording:
                await connection.execute(_INSERT, uuid.uuid4(), text, told)
        return web.Response(text=told, content_type="application/json")

    app = web.Application()
    app.router.add_post("/check", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[3]).read_text(encoding="utf-8"))
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2], given, is_recording="record" in sys.argv[4:]))
