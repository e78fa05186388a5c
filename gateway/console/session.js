/**
 * Who is signed in. The access token is in memory alone, the refresh token in
 * sessionStorage; tabs tell each other, so that one refreshes for all of them.
 */
import { makeStore } from "./store.js";
import { exchange, wait } from "./wire.js";

const KEY = "refresh-token";
const LOCK = "promo-session";
const EARLY_SECONDS = 60;
// For an answer of another tab: there may be none; or there is, since it held the lock.
const PATIENCE_MILLISECONDS = 120;
const LONG_PATIENCE_MILLISECONDS = 2000;
const AGAIN_MILLISECONDS = 15_000;

/** {state: "starting" | "out" | "in" | "ended", user}; ended: sign in again to go on. */
export const session = makeStore({ state: "starting", user: null });

const channel = "BroadcastChannel" in window ? new BroadcastChannel(LOCK) : null;
let pair = null;
let timer = 0;
let queue = Promise.resolve();

channel?.addEventListener("message", ({ data }) => {
  if (data.kind === "ask" && pair && session.get().state === "in") tell();
  if (data.kind === "pair") adoptFromOther(data.pair, data.instead);
  if (data.kind === "out" && pair?.sid === data.sid) forget("out");
});

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && isStale()) refresh().catch(() => {});
});

/** Finds out whether this tab, or another one, is signed in. */
export async function startSession() {
  const kept = sessionStorage.getItem(KEY);
  if (kept) pair = { refresh: kept, access: "", sid: claimsOf(kept).sid, expiresAt: 0 };
  await askOthers(isGood);
  if (session.get().state !== "starting") return;
  if (!pair) return session.set({ state: "out", user: null });
  await refreshUntilAnswered();
}

/** Signs in; `instead` is the session that this one replaces in the other tabs. */
export async function signIn(username, password, instead = pair?.sid) {
  const body = { username, password };
  const { data } = await exchange("POST", "/api/v1/auth/token", { body });
  adopt(data);
  tell(instead);
}

/** Signs out here, in every tab and on the server; false if the server was not told. */
export async function signOut() {
  const leaving = pair;
  if (!leaving) return true;
  return locked(async () => {
    const body = { refresh: pair?.refresh || leaving.refresh };
    channel?.postMessage({ kind: "out", sid: leaving.sid });
    forget("out");
    try {
      await exchange("POST", "/api/v1/auth/logout", { body, keepalive: true });
      return true;
    } catch (problem) {
      return problem.status === 401;
    }
  });
}

/** An access token that is good for a while; waits while nobody is signed in. */
export async function getAccess(signal) {
  if (session.get().state !== "in") await signedIn(signal);
  if (isStale()) await refresh();
  return session.get().state === "in" ? pair.access : getAccess(signal);
}

/** Says that the API refused this token, which it may do before it expires. */
export async function replaceAccess(refused) {
  if (pair?.access === refused) {
    pair.expiresAt = 0;
    await refresh();
  }
}

/** Reads what a token says; the API alone checks whether it is true. */
function claimsOf(token) {
  try {
    const part = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(new TextDecoder().decode(
      Uint8Array.from(atob(part), (letter) => letter.charCodeAt(0)),
    ));
  } catch {
    return {};
  }
}

function adopt(tokens, expiresAt = Date.now() + tokens.expires_in * 1000) {
  const claims = claimsOf(tokens.access);
  pair = { access: tokens.access, refresh: tokens.refresh, sid: claims.sid, expiresAt };
  sessionStorage.setItem(KEY, pair.refresh);
  const user = { id: claims.sub, role: claims.role, username: claims.username };
  const known = session.get();
  const same = known.state === "in" && JSON.stringify(known.user) === JSON.stringify(user);
  if (!same) session.set({ state: "in", user });
  clearTimeout(timer);
  const early = (EARLY_SECONDS + Math.random() * 10) * 1000;
  timer = setTimeout(refreshEarly, expiresAt - Date.now() - early);
}

async function refreshEarly() {
  const before = pair?.access;
  try {
    await refresh(() => pair?.access !== before);
  } catch {
    timer = setTimeout(refreshEarly, AGAIN_MILLISECONDS);
  }
}

function adoptFromOther(other, instead) {
  const { state, user } = session.get();
  const mine = pair && (other.sid === pair.sid || instead === pair.sid);
  const goesOn = state === "ended" && claimsOf(other.access).sub === user?.id;
  // The same token again is no newer one: the API may have refused it here.
  const isNewer = other.access !== pair?.access && other.expiresAt > pair?.expiresAt;
  const fresh = !pair || other.sid !== pair.sid || isNewer;
  const awaited = !pair && state !== "ended";
  if (fresh && (mine || goesOn || awaited)) adopt(other, other.expiresAt);
}

function tell(instead) {
  channel?.postMessage({ kind: "pair", pair, instead });
}

async function askOthers(isEnough, patience = PATIENCE_MILLISECONDS) {
  channel?.postMessage({ kind: "ask" });
  const until = Date.now() + patience;
  while (channel && Date.now() < until && !isEnough()) await wait(10);
}

function forget(state) {
  clearTimeout(timer);
  pair = null;
  sessionStorage.removeItem(KEY);
  session.set({ state, user: state === "ended" ? session.get().user : null });
}

function isStale() {
  return !pair || pair.expiresAt - Date.now() < (EARLY_SECONDS / 2) * 1000;
}

const isGood = () => !isStale();

/** Refreshes unless another tab did so meanwhile; throws while the API is away. */
async function refresh(isEnough = isGood) {
  await locked(async (patience) => {
    if (!pair || isEnough()) return;
    // This tab may have slept through what another one told, or has not heard it yet.
    await askOthers(isEnough, patience);
    if (!pair || isEnough()) return;
    const body = { refresh: pair.refresh };
    try {
      const { data } = await exchange("POST", "/api/v1/auth/token/refresh", { body });
      adopt(data);
      tell();
    } catch (problem) {
      if (![400, 401].includes(problem.status)) throw problem;
      forget(session.get().user ? "ended" : "out");
    }
  });
}

async function refreshUntilAnswered() {
  for (let attempt = 0; session.get().state === "starting"; attempt += 1) {
    try {
      await refresh();
    } catch {
      session.set({ ...session.get(), waiting: true });
      await wait(Math.min(5000, 500 * 2 ** attempt));
    }
  }
}

function signedIn(signal) {
  return new Promise((resolve, reject) => {
    const stop = session.watch(({ state }) => {
      if (state === "in") stop(), resolve();
    });
    const give = () => (stop(), reject(signal.reason));
    if (signal?.aborted) give();
    signal?.addEventListener("abort", give, { once: true });
  });
}

/**
 * One tab at a time; `work` gets how long to wait for what others say. Where there is no
 * Web Lock (a page without TLS), a queue within this tab.
 */
async function locked(work) {
  if (!navigator.locks) {
    const result = queue.then(() => work());
    queue = result.catch(() => {});
    return result;
  }
  const atOnce = async (lock) => lock && { result: await work() };
  const done = await navigator.locks.request(LOCK, { ifAvailable: true }, atOnce);
  if (done) return done.result;
  return navigator.locks.request(LOCK, () => work(LONG_PATIENCE_MILLISECONDS));
}
