-- Requests are written before wrk's clock runs, for it shares the processor with what it measures.
-- benchmarks/http.py puts numbers and a path in place of the words in capitals.
local requests, asked = {}, 0
init = function()
  math.randomseed(os.time())
  for number = 1, REQUESTS do
    local pair = string.format("C%02d/USD", math.random(0, 19))
    local at = os.date("!%Y-%m-%dT%H:%M:%S", NEWEST - math.random(0, 7000000))
    local path = string.gsub("PATH", "{pair}", pair) .. "&date_fin=" .. at
      .. string.format(".%06dZ", math.random(0, 999999))
    requests[number] = wrk.format("GET", path)
  end
end
request = function()
  asked = asked % REQUESTS + 1
  return requests[asked]
end
