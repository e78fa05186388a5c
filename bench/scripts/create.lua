dofile(os.getenv("BENCH_SCRIPTS") .. "/load.lua")

local administrator
local first_taker = tonumber(os.getenv("BENCH_FIRST_TAKER"))
local takers = tonumber(os.getenv("BENCH_TAKERS"))

function prepare()
  administrator = read_administrator()
end

function request()
  local taker = first_taker + math.random(takers) - 1
  local body = string.format(
    '{"user_id": "%s", "promo_type": "welcome", "promo_code": "%s", '
      .. '"promo_amount": 100, "description": "With thanks from all of us"}',
    id_of(taker), make_key())
  return build_keyed_post("/api/v1/promos", administrator, body)
end
