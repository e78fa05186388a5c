dofile(os.getenv("BENCH_SCRIPTS") .. "/load.lua")

-- A token is spent by its refresh. Those that are not under way wait in a queue; each
-- thread has its own half, more than it has connections.
local threads = 2
local waiting, first, last = {}, 1, 0

local function put(token)
  last = last + 1
  waiting[last] = token
end

function prepare()
  for place, token in ipairs(read_lines("BENCH_SESSIONS")) do
    if place % threads == number then
      put(token)
    end
  end
end

function request()
  local token = waiting[first]
  waiting[first] = nil
  first = first + 1
  local body = string.format('{"refresh": "%s"}', token)
  return build_post("/api/v1/auth/token/refresh", "", body)
end

function receive(body)
  put(body:match('"refresh":"([^"]+)"'))
end
