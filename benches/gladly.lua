-- Each request with a signature of its own: they were written to a file by `benches/gladly.rs`, whole, one behind the other.
local requests, at = {}, 0

function init(args)
  local file = assert(io.open(os.getenv("SIDECARD_REQUESTS"), "rb"))
  for request in (file:read("*a")):gmatch("([^%z]+)%z") do
    requests[#requests + 1] = request
  end
  file:close()
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency, _)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("SIDECARD %.0f %.0f %.0f %d %d\n", summary.requests / (summary.duration / 1e6),
    latency:percentile(50), latency:percentile(99), summary.requests, failed))
end
