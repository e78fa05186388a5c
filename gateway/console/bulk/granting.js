/**
 * Granting a file, 500 rows at a time. The key of a chunk comes of the file, the chunk's
 * number and what is sent, so that whatever was granted before is answered again.
 */
import { post } from "../api.js";
import { digestOf } from "./reading.js";

export const CHUNK = 500;
const MEMORY = "bulk-left-out";

/** What became of a row. */
export const OUTCOMES = { waiting: "waiting", granted: "granted", faulty: "faulty", refused: "refused", leftOut: "left-out" };

/** Cuts a file into chunks by place, and gives each row its outcome so far. */
export function planGrant(file) {
  const leftOut = new Set(recall(file.digest));
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
}

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
  remember(file.digest, [...recall(file.digest), ...left]);
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

/** Numbers of rows left out before, so that the same file asks for the same again. */
function recall(digest) {
  try {
    return JSON.parse(localStorage.getItem(`${MEMORY}-${digest}`)) || [];
  } catch {
    return [];
  }
}

function remember(digest, numbers) {
  try {
    localStorage.setItem(`${MEMORY}-${digest}`, JSON.stringify(numbers));
  } catch {
    // Then these rows are refused once more, and can be left out again.
  }
}
