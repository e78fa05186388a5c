dofile(os.getenv("BENCH_SCRIPTS") .. "/load.lua")

local bodies = {}

function prepare()
  for _, line in ipairs(read_lines("BENCH_USERS")) do
    local name, password = line:match("^(%S+) (%S+)$")
    local body = '{"username": "%s", "password": "%s"}'
    table.insert(bodies, string.format(body, name, password))
  end
end

function request()
  return build_post("/api/v1/auth/token", "", bodies[math.random(#bodies)])
end
