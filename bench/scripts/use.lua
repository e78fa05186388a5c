dofile(os.getenv("BENCH_SCRIPTS") .. "/load.lua")

local people

function prepare()
  people = read_people()
end

function request()
  local promo, person = choose_promo(people)
  return build_post("/api/v1/promos/" .. promo .. "/use", person, '{"points": 1}')
end
