dofile(os.getenv("BENCH_SCRIPTS") .. "/load.lua")

local holders

function prepare()
  holders = read_holders()
end

function request()
  local promo, holder = choose_promo(#holders)
  return build_get("/api/v1/promos/" .. promo .. "/points", holders[holder])
end
