dofile(os.getenv("BENCH_SCRIPTS") .. "/load.lua")

local administrator
local first_taker = tonumber(os.getenv("BENCH_FIRST_TAKER"))
local rows_a_request = tonumber(os.getenv("BENCH_UNITS"))

function prepare()
  administrator = read_administrator()
end

-- One promo for each of so many users.
function request()
  local code, rows = make_key(), {}
  for row = 1, rows_a_request do
    rows[row] = string.format(
      '{"user_id": "%s", "promo_type": "welcome", "promo_code": "%s", '
        .. '"promo_amount": 100, "description": "With thanks from all of us"}',
      id_of(first_taker + row - 1), code)
  end
  local body = '{"promos": [' .. table.concat(rows, ", ") .. "]}"
  return build_keyed_post("/api/v1/promos/bulk", administrator, body)
end
