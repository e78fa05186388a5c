/**
 * Granting a file, 500 rows at a time. The key of a chunk comes of the file, the chunk's
 * number and what is sent, so that whatever was granted before is answered again.
 */
import { post } from "../api.js";
import { getAll } from "../loading.js";
import { text } from "../strings.js";
import { digestOf } from "./reading.js";

export const CHUNK = 500;
const LEFT_OUT = "bulk-left-out";
const FINISHED = "bulk-finished";

const DUPLICATE = "duplicate_promo_code";

/**
 * What became of a row: `before` was granted by an earlier run, `gone` too, but its promo
 * was deleted since; of `present` the user has a promo with the code, be it of this file.
 */
export const OUTCOMES = {
  waiting: "waiting",
  granted: "granted",
  before: "before",
  gone: "gone",
  present: "present",
  faulty: "faulty",
  refused: "refused",
  leftOut: "left-out",
};

const isUndecided = ({ outcome }) => [OUTCOMES.refused, OUTCOMES.present].includes(outcome);

/** Cuts a file into chunks by place, and gives each row its outcome so far. */
export function planGrant(file) {
  const leftOut = new Set(recall(LEFT_OUT, file) || []);
  for (const row of file.rows) {
    row.outcome = row.faults.length ? OUTCOMES.faulty : OUTCOMES.waiting;
    if (leftOut.has(row.number)) row.outcome = OUTCOMES.leftOut;
  }
  const chunks = [];
  for (let start = 0; start < file.rows.length; start += CHUNK) {
    const rows = file.rows.slice(start, start + CHUNK);
    chunks.push({ number: chunks.length, rows, state: "waiting" });
  }
  return chunks;
}

/** Grants every chunk that waits; `onChange` is told after each, and of each pause. */
export async function grantChunks(file, chunks, { signal, onChange }) {
  for (const chunk of chunks) {
    if (chunk.state !== "waiting") continue;
    signal.throwIfAborted();
    await grantChunk(file, chunk, { signal, onWait: (problem) => onChange({ waitsFor: problem }) });
    onChange({ waitsFor: null });
  }
  if (chunks.every(({ state }) => state === "done")) remember(FINISHED, file, Date.now());
}

/** When a file was last granted to its end in this browser, in milliseconds, or null. */
export const finishedAt = (file) => recall(FINISHED, file);

/** Leaves the refused rows of every refused chunk out, for good, so that the others can go. */
export function leaveOutRefused(file, chunks) {
  for (const chunk of chunks.filter(({ state }) => state === "refused")) {
    leaveOut(file, chunk.rows.filter(isUndecided));
    chunk.state = "waiting";
  }
}

/** Has those rows wait that were granted before and whose promos were deleted since. */
export function grantGoneAgain(chunks) {
  for (const chunk of chunks) {
    for (const row of chunk.rows.filter(({ outcome }) => outcome === OUTCOMES.gone)) {
      row.outcome = OUTCOMES.waiting;
      chunk.state = "waiting";
    }
  }
}

async function grantChunk(file, chunk, options) {
  const rows = chunk.rows.filter(({ outcome }) => outcome === OUTCOMES.waiting);
  if (rows.length) {
    try {
      await sendRows(file, chunk, rows, options);
    } catch (problem) {
      if (problem.code !== "validation_error") throw problem;
      markRefused(rows, problem);
      // Before it is looked further: what is not refused may not go without being asked.
      chunk.state = "refused";
      if (!(await findGrantedElsewhere(file, chunk, rows, options))) return;
    }
  }
  chunk.state = "done";
}

async function sendRows(file, chunk, rows, { signal, onWait }) {
  const body = JSON.stringify({ promos: rows.map(({ grant }) => grant) });
  // What was deleted and is granted again is another effect than what was granted first.
  const deleted = rows.map(({ promoId }) => promoId || "").join(" ").trim();
  const digest = await digestOf(deleted ? `${body} ${deleted}` : body);
  const key = `csv-${file.digest}-${chunk.number}-${digest.slice(0, 32)}`;
  const options = { key, signal, attempts: Infinity, onWait };
  const { data, replayed } = await post("/api/v1/promos/bulk", body, options);
  const left = replayed ? await findLeft(data.results, signal) : null;
  data.results.forEach((promo, place) => {
    const row = rows[place];
    row.promoId = promo.id;
    row.faults = [];
    row.outcome = replayed ? OUTCOMES.before : OUTCOMES.granted;
    if (left && !left.has(promo.id)) row.outcome = OUTCOMES.gone;
  });
}

/**
 * Finds those of promos that were granted together, at one moment, that are there still:
 * a first answer given again says nothing of that. Null if they are too many to tell.
 */
async function findLeft(promos, signal) {
  const moment = promos[0].creation_time;
  const after = new Date(Date.parse(moment) + 1000).toISOString();
  const { items, complete } = await getAll("/api/v1/promos", { created_after: moment, created_before: after }, signal, 30);
  const found = new Set(items.map(({ id }) => id));
  return complete || promos.every(({ id }) => found.has(id)) ? found : null;
}

/**
 * Another browser may have granted this chunk, less the rows that were refused and left
 * out there: then that is answered again, and these rows are left out here too.
 */
async function findGrantedElsewhere(file, chunk, rows, options) {
  const present = rows.filter(({ outcome }) => outcome === OUTCOMES.present);
  const refused = rows.filter(({ outcome }) => outcome === OUTCOMES.refused);
  if (!present.length || !refused.length) return false;
  try {
    await sendRows(file, chunk, rows.filter((row) => !refused.includes(row)), options);
  } catch (problem) {
    if (problem.code !== "validation_error") throw problem;
    return false;
  }
  leaveOut(file, refused);
  return true;
}

function leaveOut(file, rows) {
  for (const row of rows) row.outcome = OUTCOMES.leftOut;
  remember(LEFT_OUT, file, [...(recall(LEFT_OUT, file) || []), ...rows.map(({ number }) => number)]);
}

/** The API names rows by their place in what was sent. */
function markRefused(rows, problem) {
  const faults = new Map();
  for (const { field, code, detail } of problem.errors) {
    const [, place, name = ""] = /^promos\.(\d+)(?:\.(.+))?$/.exec(field) || [];
    const row = rows[Number(place)];
    if (!row) throw problem;
    const told = detail.replace(/\bpromos\.(\d+)/g, (whole, other) => (rows[other] ? text.bulk.lineOf(rows[other].line) : whole));
    faults.set(row, [...(faults.get(row) || []), { name, code, told }]);
  }
  for (const [row, found] of faults) {
    const isPresent = found.every(({ code }) => code === DUPLICATE) && !hasTwin(row, faults);
    row.outcome = isPresent ? OUTCOMES.present : OUTCOMES.refused;
    row.faults = found.map(({ name, told }) => [name, told]);
  }
}

/** Whether another refused row may mean the same user, by the other of id and username. */
function hasTwin({ grant }, faults) {
  const isTwin = (other) => Boolean(other.user_id) !== Boolean(grant.user_id) && other.promo_code.toUpperCase() === grant.promo_code.toUpperCase();
  return [...faults.keys()].some((row) => isTwin(row.grant));
}

/** What was kept of a file: which rows were left out, so that it asks for the same again. */
function recall(what, file) {
  try {
    return JSON.parse(localStorage.getItem(`${what}-${file.digest}`));
  } catch {
    return null;
  }
}

function remember(what, file, value) {
  try {
    localStorage.setItem(`${what}-${file.digest}`, JSON.stringify(value));
  } catch {
    // Then these rows are refused once more, and can be left out again.
  }
}
