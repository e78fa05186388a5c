/**
 * Granting a file, 500 rows at a time. The key of a chunk comes of the file, the chunk's
 * number and what is sent, so that whatever was granted before is answered again.
 */
import { post } from "../api.js";
import { digestOf } from "./reading.js";

export const CHUNK = 500;
const LEFT_OUT = "bulk-left-out";
const FINISHED = "bulk-finished";

/** What became of a row. */
export const OUTCOMES = { waiting: "waiting", granted: "granted", faulty: "faulty", refused: "refused", leftOut: "left-out" };

/** Cuts a file into chunks by place, and gives each row its outcome so far. */
export function planGrant(file) {
  const leftOut = new Set(recall(LEFT_OUT, file));
  for (const row of file.rows) {
    row.outcome = row.faults.length ? OUTCOMES.faulty : OUTCOMES.waiting;
    if (leftOut.has(row.number)) row.outcome = OUTCOMES.leftOut;
  }
  const chunks = [];
  for (let start = 0; start < file.rows.length; start += CHUNK) {
    const rows = file.rows.slice(start, start + CHUNK);
    chunks.push({ number: chunks.length, rows, state: "waiting", replayed: false });
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
  const left = [];
  for (const chunk of chunks.filter(({ state }) => state === "refused")) {
    for (const row of chunk.rows) {
      if (row.outcome === OUTCOMES.refused) {
        row.outcome = OUTCOMES.leftOut;
        left.push(row.number);
      }
    }
    chunk.state = "waiting";
  }
  remember(LEFT_OUT, file, [...(recall(LEFT_OUT, file) || []), ...left]);
}

async function grantChunk(file, chunk, { signal, onWait }) {
  const rows = chunk.rows.filter(({ outcome }) => outcome === OUTCOMES.waiting);
  if (!rows.length) {
    chunk.state = "done";
    return;
  }
  const body = JSON.stringify({ promos: rows.map(({ grant }) => grant) });
  const key = `csv-${file.digest}-${chunk.number}-${(await digestOf(body)).slice(0, 32)}`;
  try {
    const options = { key, signal, attempts: Infinity, onWait };
    const { data, replayed } = await post("/api/v1/promos/bulk", body, options);
    data.results.forEach((promo, place) => {
      rows[place].outcome = OUTCOMES.granted;
      rows[place].promoId = promo.id;
    });
    chunk.replayed = replayed;
    chunk.state = "done";
  } catch (problem) {
    if (problem.code !== "validation_error") throw problem;
    markRefused(rows, problem);
    chunk.state = "refused";
  }
}

/** The API names rows by their place in what was sent. */
function markRefused(rows, problem) {
  for (const { field, detail } of problem.errors) {
    const [, place, name = ""] = /^promos\.(\d+)(?:\.(.+))?$/.exec(field) || [];
    const row = rows[Number(place)];
    if (!row) throw problem;
    row.outcome = OUTCOMES.refused;
    row.faults.push([name, detail]);
  }
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
