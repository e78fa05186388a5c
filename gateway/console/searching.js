/** What the search of promos offers while one types: promos, users, codes, types. */
import { get } from "./api.js";
import { formatNumber } from "./format.js";
import { suggestUsers } from "./people.js";
import { text } from "./strings.js";

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const TYPE = /^[a-z0-9]+([-_][a-z0-9]+)*$/;
const CODE = /^[!-~]{1,50}$/;

/** Suggestions: a value with an id is a promo, any other a filter. */
export async function suggestPromos(typed, signal) {
  const searches = [findById, findByCode, findByUser, findByType].map((search) => search(typed, signal));
  return (await Promise.all(searches)).flat();
}

async function findById(typed, signal) {
  if (!ID.test(typed)) return [];
  try {
    return [asPromo(await get(`/api/v1/promos/${typed}`, {}, signal))];
  } catch {
    return [];
  }
}

async function findByCode(typed, signal) {
  if (!CODE.test(typed)) return [];
  const { results, next } = await get("/api/v1/promos", { promo_code: typed, page_size: 4 }, signal);
  if (!results.length) return [];
  const code = results[0].promo_code;
  const filter = { key: "code", label: text.search.withCode(code), detail: next ? text.search.many : text.search.some(results.length), value: { promo_code: code } };
  return [filter, ...results.slice(0, 3).map(asPromo)];
}

async function findByUser(typed, signal) {
  const users = await suggestUsers(typed, signal, { role: "normal", page_size: 5 });
  return users.map((user) => ({
    ...user,
    label: text.search.ofUser(user.value.name),
    value: { username: user.value.username },
  }));
}

async function findByType(typed, signal) {
  const type = typed.toLowerCase();
  if (!TYPE.test(type) || type.length > 50) return [];
  const { results } = await get("/api/v1/promos", { promo_type: type, page_size: 1 }, signal);
  return results.map(() => ({ key: "type", label: text.search.ofType(type), detail: text.fields.promo_type, value: { promo_type: type } }));
}

function asPromo(promo) {
  return {
    key: promo.id,
    label: `${promo.promo_code} · ${promo.user.name}`,
    detail: text.promo.leftOf(formatNumber(promo.remaining_points), formatNumber(promo.promo_amount)),
    value: promo,
  };
}
