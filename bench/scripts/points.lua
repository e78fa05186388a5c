dofile(os.getenv("BENCH_SCRIPTS") .. "/load.lua")

local people

function prepare()
  people = read_people()
end

function request()
  local promo, person = choose_promo(people)
  return build_get("/api/v1/promos/" .. promo .. "/points", person)
end
