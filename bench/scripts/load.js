// The loads of the Lua scripts beside it, for k6: the same requests, the same checks.
import http from 'k6/http';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';

const env = __ENV;
const base = env.BENCH_BASE_URL;
const expected = Number(env.BENCH_EXPECTED);
const spread = Number(env.BENCH_SPREAD);
const promosAHolder = Number(env.BENCH_PROMOS_A_HOLDER);
const wrong = new Counter('wrong');

const readPairs = (variable) => (env[variable]
  ? open(env[variable]).trim().split('\n').map((line) => line.split(' '))
  : []);
const holders = readPairs('BENCH_HOLDERS');
const listed = readPairs('BENCH_LISTED');
const users = readPairs('BENCH_USERS');
const sessions = readPairs('BENCH_SESSIONS');
let refresh;

export const options = {
  vus: Number(env.BENCH_CONNECTIONS),
  duration: `${env.BENCH_SECONDS}s`,
  systemTags: [],
  summaryTrendStats: ['med', 'p(99)'],
};

const random = (count) => 1 + Math.floor(Math.random() * count);
const hex = (number, digits) => number.toString(16).padStart(digits, '0');
// The id of that number in bench/filling.py.
const idOf = (n) => `0190${hex(Math.floor(n / 65536), 4)}-${hex(n % 65536, 4)}-7000-8000-${hex(n, 12)}`;
const makeKey = () => `${env.BENCH_RUN}-${exec.vu.idInTest}-${exec.vu.iterationInInstance}`;

function choosePromo() {
  const promo = random(spread > 0 ? spread : holders.length * promosAHolder);
  return [idOf(promo), holders[Math.floor((promo - 1) / promosAHolder)]];
}

// X-Holder is for the floor, which reads no token.
const asHolder = ([id, token]) => ({ Authorization: `Bearer ${token}`, 'X-Holder': id });
const asAdministrator = () => ({ Authorization: `Bearer ${env.BENCH_ADMINISTRATOR}` });
const get = (path, headers) => http.get(base + path, { headers });
const post = (path, headers, body) => http.post(base + path, JSON.stringify(body), {
  headers: { 'Content-Type': 'application/json', ...headers },
});
const keyed = (headers) => ({ ...headers, 'Idempotency-Key': makeKey() });
const promoFor = (taker, code) => ({
  user_id: idOf(taker),
  promo_type: 'welcome',
  promo_code: code,
  promo_amount: 100,
  description: 'With thanks from all of us',
});

const loads = {
  use() {
    const [promo, holder] = choosePromo();
    return post(`/api/v1/promos/${promo}/use`, keyed(asHolder(holder)), { points: 1 });
  },
  use_listed() {
    const [promo, token] = listed[random(listed.length) - 1];
    return post(`/api/v1/promos/${promo}/use`, keyed({ Authorization: `Bearer ${token}` }), { points: 1 });
  },
  points() {
    const [promo, holder] = choosePromo();
    return get(`/api/v1/promos/${promo}/points`, asHolder(holder));
  },
  list_mine: () => get('/api/v1/promos/me', asHolder(holders[random(holders.length) - 1])),
  list_all: () => get('/api/v1/promos', asAdministrator()),
  create() {
    const taker = Number(env.BENCH_FIRST_TAKER) + random(Number(env.BENCH_TAKERS)) - 1;
    return post('/api/v1/promos', keyed(asAdministrator()), promoFor(taker, makeKey()));
  },
  bulk() {
    const rows = Array.from({ length: Number(env.BENCH_UNITS) }, (_, row) => (
      promoFor(Number(env.BENCH_FIRST_TAKER) + row, makeKey())
    ));
    return post('/api/v1/promos/bulk', keyed(asAdministrator()), { promos: rows });
  },
  obtain() {
    const [username, password] = users[random(users.length) - 1];
    return post('/api/v1/auth/token', {}, { username, password });
  },
  refresh() {
    [refresh] = refresh ? [refresh] : sessions[exec.vu.idInTest - 1];
    const answer = post('/api/v1/auth/token/refresh', {}, { refresh });
    refresh = answer.status === expected ? answer.json('refresh') : refresh;
    return answer;
  },
};
const ask = loads[env.BENCH_LOAD];

export default function main() {
  const answer = ask();
  if (answer.status !== expected) {
    wrong.add(1);
    console.error(`${answer.status} ${String(answer.body).slice(0, 300)}`);
  }
}

export function handleSummary(data) {
  const value = (metric, name) => (data.metrics[metric] ? data.metrics[metric].values[name] : 0);
  const result = {
    requests: value('http_reqs', 'count'),
    microseconds: Math.round(data.state.testRunDurationMs * 1000),
    bytes: value('data_received', 'count'),
    wrong: value('wrong', 'count'),
    broken: 0,
    latency_50: Math.round(value('http_req_duration', 'med') * 1000),
    latency_99: Math.round(value('http_req_duration', 'p(99)') * 1000),
  };
  return { stdout: `\nRESULT ${JSON.stringify(result)}\n` };
}
