-- POSTs the bodies of a file (one a line) in turn. When XINGATE_SECONDS are over it sends no more and lets every
-- request that was sent be answered, so that answers and records can be compared to the last one.
local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long sec; long nsec; } xingate_time;
  int clock_gettime(int clock, xingate_time *now);
]]
local at = ffi.new("xingate_time")
local function now()
  ffi.C.clock_gettime(1, at)
  return tonumber(at.sec) + tonumber(at.nsec) / 1e9
end

local seconds = tonumber(os.getenv("XINGATE_SECONDS"))
local bodies, place = {}, 0
for line in io.lines(os.getenv("XINGATE_BODIES")) do
  bodies[#bodies + 1] = line
end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

local requests = {}
local began = nil

function init()
  for i, body in ipairs(bodies) do
    requests[i] = wrk.format(nil, nil, nil, body)
  end
end

function request()
  place = place % #requests + 1
  return requests[place]
end

function delay()
  began = began or now()
  return now() - began < seconds and 0 or 3600000
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format("xingate %d %d %d %d %d %d %d %d %d\n", summary.requests, summary.bytes,
    e.connect + e.read + e.write, e.status, e.timeout,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max))
end
