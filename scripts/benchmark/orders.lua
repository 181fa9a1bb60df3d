-- wrk's side of the benchmark: each request places an order of its own, or, with ECHO=1, sends the same body to be echoed.
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
