dofile(os.getenv("BENCH_SCRIPTS") .. "/load.lua")

local people

function prepare()
  people = read_people()
end

function request()
  return build_get("/api/v1/promos/me", people[math.random(#people)])
end
