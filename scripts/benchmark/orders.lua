-- wrk's side of the benchmark: each request places an order of its own, or, with ECHO=1, sends the same body to be echoed. With
-- RATE, requests begin at that rate a second, so long as answers come fast enough; behind it they are not made up for.
local thread_number = 0
function setup(thread)
    thread:set("number", thread_number)
    thread_number = thread_number + 1
end

local echo = os.getenv("ECHO") == "1"
local run = os.getenv("RUN") or "0"
local body = '{"customerId":"17850","country":"United Kingdom","currency":"GBP","placedAt":"2010-12-01T08:26:00Z","lines":['
    .. '{"sku":"85123A","description":"WHITE HANGING HEART T-LIGHT HOLDER","quantity":6,"unitPriceMicros":"2550000"},'
    .. '{"sku":"71053","description":"WHITE METAL LANTERN","quantity":6,"unitPriceMicros":"3390000"},'
    .. '{"sku":"84406B","description":"CREAM CUPID HEARTS COAT HANGER","quantity":8,"unitPriceMicros":"2750000"}]}'
local headers = { ["Content-Type"] = "application/json" }
local count = 0

local rate = tonumber(os.getenv("RATE") or "0")
if rate > 0 then
    local ffi = require("ffi")
    ffi.cdef("typedef struct { long seconds, nanoseconds; } instant; int clock_gettime(int, instant *);")
    local instant = ffi.new("instant")
    local due = 0
    function delay()
        ffi.C.clock_gettime(1, instant)
        local now = tonumber(instant.seconds) * 1000 + tonumber(instant.nanoseconds) / 1e6
        due = math.max(due + 1000 / rate, now)
        return due - now
    end
end

function request()
    count = count + 1
    local path = echo and "/bench/echo" or ("/v1/order/" .. run .. "-" .. number .. "-" .. count .. "/place")
    return wrk.format("POST", path, headers, body)
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        'RESULT {"requests":%d,"seconds":%.6f,"p50":%.3f,"p99":%.3f,"p999":%.3f,"errors":%d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        latency:percentile(99.9) / 1e3, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
