-- What all loads share: who asks, for which promo, and whether the answers are right.
-- wrk runs a script once for itself and once for each thread, which has its own world.

local expected = tonumber(os.getenv("BENCH_EXPECTED"))
local host = os.getenv("BENCH_HOST")
local spread = tonumber(os.getenv("BENCH_SPREAD"))
local promos_a_holder = tonumber(os.getenv("BENCH_PROMOS_A_HOLDER"))

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
  prepare()
end

function read_lines(variable)
  local found = {}
  for line in io.lines(os.getenv(variable)) do
    table.insert(found, line)
  end
  return found
end

-- Holders as the heads of their requests; X-Holder is for the floor, which reads no
-- token.
function read_holders()
  local heads = {}
  for _, line in ipairs(read_lines("BENCH_HOLDERS")) do
    local id, token = line:match("^(%S+) (%S+)$")
    table.insert(heads, "Authorization: Bearer " .. token .. "\r\nX-Holder: " .. id .. "\r\n")
  end
  return heads
end

function read_administrator()
  return "Authorization: Bearer " .. os.getenv("BENCH_ADMINISTRATOR") .. "\r\n"
end

-- The id of that number in bench/filling.py.
function id_of(n)
  local high, low = math.floor(n / 65536), n % 65536
  return string.format("0190%04x-%04x-7000-8000-%012x", high, low, n)
end

-- A promo, and the number of its holder.
function choose_promo(holders)
  local promo = math.random(spread > 0 and spread or holders * promos_a_holder)
  return id_of(promo), math.floor((promo - 1) / promos_a_holder) + 1
end

-- Another one for each effect.
function make_key()
  sent = sent + 1
  return string.format("%s-%d-%d", os.getenv("BENCH_RUN"), number, sent)
end

function build_get(path, head)
  return "GET " .. path .. " HTTP/1.1\r\nHost: " .. host .. "\r\n" .. head .. "\r\n"
end

function build_post(path, head, body)
  return "POST " .. path .. " HTTP/1.1\r\nHost: " .. host .. "\r\n" .. head
    .. "Content-Type: application/json\r\nContent-Length: " .. #body
    .. "\r\n\r\n" .. body
end

function build_keyed_post(path, head, body)
  return build_post(path, head .. "Idempotency-Key: " .. make_key() .. "\r\n", body)
end

function response(status, _, body)
  if status ~= expected then
    wrong = wrong + 1
    if first_wrong == "" then
      first_wrong = status .. " " .. body:sub(1, 300):gsub("%s+", " ")
    end
  elseif receive then
    receive(body)
  end
end

function done(summary, latency)
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
