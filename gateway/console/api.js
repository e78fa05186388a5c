/** The API as the pages use it: signed in, patient, and repeated only where that is safe. */
import { makeStore } from "./store.js";
import { getAccess, replaceAccess } from "./session.js";
import { backoff, exchange, Problem, wait } from "./wire.js";

/** How many requests wait for the API to come back. */
export const outage = makeStore(0);

/** Whether the last one that stopped waiting did so because the API answered. */
export const isBack = () => answered;

const SAFE_ATTEMPTS = 4;
// A minute; then the page says so, and asks again when it is told to.
const READ_ATTEMPTS = 12;
let answered = true;
const TOKEN_REFUSED = ["not_authenticated", "invalid_token", "token_expired"];

/** Reads; while the API is away it asks again, for a minute. */
export async function get(path, query, signal) {
  const target = withQuery(path, query);
  const read = () => authorized("GET", target, { signal });
  return (await patiently(read, { signal, attempts: READ_ATTEMPTS })).data;
}

/** Reads a promo along with the ETag that a change of it must name. */
export async function getTagged(path, signal) {
  const read = () => authorized("GET", path, { signal });
  const { data, headers } = await patiently(read, { signal, attempts: READ_ATTEMPTS });
  return { ...data, etag: headers.get("ETag") };
}

/**
 * Posts. With a key it takes effect once however often it is sent, so a lost answer is
 * asked for again; returns the answer and whether it had been given before.
 */
export async function post(path, body, { key, signal, attempts, onWait } = {}) {
  const headers = key ? { "Idempotency-Key": key } : {};
  const send = () => authorized("POST", path, { body, headers, signal });
  const { data, headers: said } = key
    ? await patiently(send, { signal, attempts: attempts || SAFE_ATTEMPTS, onWait })
    : await once(send);
  return { data, replayed: said.get("Idempotent-Replayed") === "true" };
}

/** Changes; `etag` refuses to overwrite what somebody else changed meanwhile. */
export async function patch(path, body, { etag } = {}) {
  const headers = etag ? { "If-Match": etag } : {};
  const send = () => authorized("PATCH", path, { body, headers });
  const { data, headers: said } = await once(send);
  return { ...data, etag: said.get("ETag") };
}

/** Deletes. */
export async function remove(path, { etag } = {}) {
  const headers = etag ? { "If-Match": etag } : {};
  await once(() => authorized("DELETE", path, { headers }));
}

/** Posts to what is open to all: registration. */
export async function postOpenly(path, body) {
  return (await exchange("POST", path, { body })).data;
}

/** A key for one effect: make it when a form opens, send it with every attempt. */
export function makeKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `console-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Adds what is set of a query to a path. */
export function withQuery(path, query = {}) {
  const set = Object.entries(query || {}).filter(
    ([, value]) => value !== undefined && value !== null && value !== "",
  );
  const search = new URLSearchParams(set).toString();
  return search ? `${path}?${search}` : path;
}

async function authorized(method, path, options) {
  const access = await getAccess(options.signal);
  const headers = { ...options.headers, Authorization: `Bearer ${access}` };
  try {
    return await exchange(method, path, { ...options, headers });
  } catch (problem) {
    if (!TOKEN_REFUSED.includes(problem.code)) throw problem;
    // Not carried out, so it can be sent again with another token, once.
    await replaceAccess(access);
    const next = await getAccess(options.signal);
    headers.Authorization = `Bearer ${next}`;
    return exchange(method, path, { ...options, headers });
  }
}

async function patiently(send, { signal, attempts, onWait }) {
  let away = false;
  let last = null;
  try {
    for (let attempt = 0; ; attempt += 1) {
      try {
        last = null;
        return await send();
      } catch (problem) {
        last = problem;
        const hopeless = !(problem instanceof Problem) || !problem.isPassing;
        if (hopeless || attempt + 1 >= attempts) throw problem;
        if (!away && problem.status !== 429) outage.set(outage.get() + 1);
        away ||= problem.status !== 429;
        onWait?.(problem);
        const pause = (problem.retryAfter || 0) * 1000;
        await wait(Math.max(pause, backoff(attempt)), signal);
      }
    }
  } finally {
    if (away) {
      answered = !last?.isPassing;
      outage.set(outage.get() - 1);
    }
  }
}

async function once(send) {
  try {
    return await send();
  } catch (problem) {
    // What is not repeated by itself still has the page say when the API is back.
    if ([0, 502, 503, 504].includes(problem.status)) watchOutage();
    throw problem;
  }
}

let watching = false;

async function watchOutage() {
  if (watching) return;
  watching = true;
  outage.set(outage.get() + 1);
  try {
    await wait(backoff(0));
    await get("/api/v1/users/me");
    await get("/api/v1/promos/me", { page_size: 1 });
    answered = true;
  } catch (problem) {
    // Refused or not: it answers.
    answered = !problem.isPassing;
  } finally {
    watching = false;
    outage.set(outage.get() - 1);
  }
}
