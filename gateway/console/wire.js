/** One exchange with the API: JSON out, JSON in, and every refusal a Problem. */
import { text } from "./strings.js";

/** Refusals that are about one field, though not of its form: they are shown there too. */
const FIELDS = {
  amount_below_used: "promo_amount",
  duplicate_promo_code: "promo_code",
  insufficient_points: "points",
  promo_deleted: "points",
  reversal_exceeds_redemption: "points",
  username_taken: "username",
};

/** A refusal, or an answer that never came (status 0). */
export class Problem extends Error {
  constructor(status, body = {}) {
    super(body.detail || body.title || text.errors.unreadable);
    this.status = status;
    this.code = body.code || "unreadable";
    this.title = body.title || "";
    this.detail = this.message;
    this.errors = Array.isArray(body.errors) ? body.errors : [];
    const field = FIELDS[this.code];
    if (field && !this.errors.length) this.errors = [{ field, detail: this.detail }];
    // Of a reversal: what promos that are not deleted can still take.
    this.reversiblePoints = body.reversible_points ?? null;
    if (this.code === "promo_deleted" && this.reversiblePoints !== null) this.errors[0].detail = text.reverse.deleted(this.reversiblePoints);
    this.requestId = body.request_id || null;
    this.retryAfter = null;
  }

  /** Whether the same request may well succeed a little later. */
  get isPassing() {
    return [0, 429, 502, 503, 504].includes(this.status);
  }

  /** What is wrong with one field, if the API said so. */
  of(field) {
    return this.errors.find((error) => error.field === field)?.detail || null;
  }
}

/** Sends one request; returns {status, data, headers} or throws a Problem. */
export async function exchange(method, path, { body, headers, signal, keepalive } = {}) {
  const options = {
    method,
    headers: { Accept: "application/json", ...headers },
    signal,
    keepalive,
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
  };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = typeof body === "string" ? body : JSON.stringify(body);
  }
  const answer = await fetchOrFail(path, options);
  const data = await readJson(answer, signal);
  if (answer.ok) return { status: answer.status, data, headers: answer.headers };
  const problem = new Problem(answer.status, data || {});
  problem.retryAfter = Number(answer.headers.get("Retry-After")) || null;
  throw problem;
}

async function fetchOrFail(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    throw asUnreachable(error, options.signal);
  }
}

async function readJson(answer, signal) {
  if (answer.status === 204) return null;
  let body;
  try {
    body = await answer.text();
  } catch (error) {
    throw asUnreachable(error, signal);
  }
  try {
    return JSON.parse(body);
  } catch {
    return answer.ok ? Promise.reject(new Problem(answer.status)) : null;
  }
}

function asUnreachable(error, signal) {
  if (signal?.aborted) return error;
  return new Problem(0, { code: "unreachable", detail: text.errors.unreachable });
}

/** Waits; ends early, with an error, when the signal says so. */
export function wait(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}

/** The n-th pause between attempts, in milliseconds: doubling, with jitter, 8 s at most. */
export function backoff(attempt) {
  return Math.min(8000, 400 * 2 ** attempt) * (0.75 + Math.random() / 2);
}
