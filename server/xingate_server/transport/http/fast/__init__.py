"""What answers `POST /v1/check` faster than aiohttp does by itself."""
