dofile(os.getenv("BENCH_SCRIPTS") .. "/load.lua")

local promos = {}

-- Lines of a promo and its holder's token.
function prepare()
  for _, line in ipairs(read_lines("BENCH_LISTED")) do
    local id, token = line:match("^(%S+) (%S+)$")
    table.insert(promos, { "/api/v1/promos/" .. id .. "/use", "Authorization: Bearer " .. token .. "\r\n" })
  end
end

function request()
  local promo = promos[math.random(#promos)]
  return build_keyed_post(promo[1], promo[2], '{"points": 1}')
end
