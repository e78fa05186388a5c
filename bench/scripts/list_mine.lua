dofile(os.getenv("BENCH_SCRIPTS") .. "/load.lua")

local holders

function prepare()
  holders = read_holders()
end

function request()
  return build_get("/api/v1/promos/me", holders[math.random(#holders)])
end
