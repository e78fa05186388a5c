-- What all loads share: who asks, for which promo, and whether the answers are right.
-- wrk runs a script once for itself and once for each thread, which has its own world.

local expected = tonumber(os.getenv("BENCH_EXPECTED"))
local run = os.getenv("BENCH_RUN")
local host = os.getenv("BENCH_HOST")
local promos_a_holder = 20

local threads = {}
local sent = 0
wrong = 0
first_wrong = ""

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init()
  math.randomseed(tonumber(os.getenv("BENCH_SEED")) + number)
  if prepare then
    prepare()
  end
end

-- Each line of the file of people: an id and an access token.
function read_people()
  local people = {}
  for line in io.lines(os.getenv("BENCH_PEOPLE")) do
    local id, token = line:match("^(%S+) (%S+)$")
    table.insert(people, { id = id, token = token })
  end
  return people
end

-- As bench/filling.py numbers promos: 20 a holder, one holder after the other.
function choose_promo(people)
  local spread = tonumber(os.getenv("BENCH_SPREAD"))
  local count = #people * promos_a_holder
  if spread > 0 then
    count = spread
  end
  local promo = math.random(0, count - 1)
  local high = math.floor(promo / 65536)
  local low = promo % 65536
  local id = string.format("0190%04x-%04x-7000-8000-%012x", high, low, promo)
  return id, people[math.floor(promo / promos_a_holder) + 1]
end

function build_get(path, person)
  return "GET " .. path .. " HTTP/1.1\r\nHost: " .. host
    .. "\r\nAuthorization: Bearer " .. person.token
    .. "\r\nX-Holder: " .. person.id .. "\r\n\r\n"
end

function build_post(path, person, body)
  sent = sent + 1
  return "POST " .. path .. " HTTP/1.1\r\nHost: " .. host
    .. "\r\nAuthorization: Bearer " .. person.token
    .. "\r\nX-Holder: " .. person.id
    .. "\r\nIdempotency-Key: " .. run .. "-" .. number .. "-" .. sent
    .. "\r\nContent-Type: application/json\r\nContent-Length: " .. #body
    .. "\r\n\r\n" .. body
end

function response(status, headers, body)
  if status ~= expected then
    wrong = wrong + 1
    if first_wrong == "" then
      first_wrong = status .. " " .. body:sub(1, 300)
    end
  elseif receive then
    receive(body)
  end
end

function done(summary, latency, requests)
  local all_wrong, example = 0, ""
  for _, thread in ipairs(threads) do
    all_wrong = all_wrong + thread:get("wrong")
    if example == "" then
      example = thread:get("first_wrong")
    end
  end
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests":%d,"microseconds":%d,"bytes":%d,"wrong":%d,"broken":%d,'
      .. '"latency_50":%d,"latency_99":%d}\nEXAMPLE %s\n',
    summary.requests, summary.duration, summary.bytes, all_wrong,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99), example))
end
