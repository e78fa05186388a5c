dofile(os.getenv("BENCH_SCRIPTS") .. "/load.lua")

local holders

function prepare()
  holders = read_holders()
end

function request()
  local promo, holder = choose_promo(#holders)
  local path = "/api/v1/promos/" .. promo .. "/use"
  return build_keyed_post(path, holders[holder], '{"points": 1}')
end
