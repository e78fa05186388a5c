dofile(os.getenv("BENCH_SCRIPTS") .. "/load.lua")

local administrator

function prepare()
  administrator = read_administrator()
end

function request()
  return build_get("/api/v1/promos", administrator)
end
