"""What answers checks faster than aiohttp does by itself. The only place that relies on aiohttp's undocumented parts.

`FastHttp` makes the connections of a server that is fast; `server.fast_http = false` leaves this folder out and serves
the same answers by aiohttp's documented parts alone. tests/contract/test_aiohttp.py names each part that is relied on;
the version of aiohttp is bounded in pyproject.toml by what that test knows.
"""
