/** A dropped file as checked rows, with its SHA-256. */
import { text } from "../strings.js";
import { makeChecker, readHead } from "./checking.js";
import { readRows } from "./parsing.js";

const MOST_BYTES = 100 * 1024 * 1024;

/** Reads and checks a file; throws an Error with a sentence where it is no such file. */
export async function readFile(file, onProgress) {
  if (file.size > MOST_BYTES) throw new Error(text.bulk.faults.large);
  if (!crypto.subtle) throw new Error(text.bulk.faults.insecure);
  const bytes = await file.arrayBuffer();
  const digest = await digestOf(bytes);
  const rows = readRows(decode(bytes), onProgress);
  const first = await rows.next();
  if (first.done) throw new Error(text.bulk.faults.empty);
  const { columns, fault } = readHead(first.value.cells);
  if (fault) throw new Error(fault);
  const check = makeChecker(columns);
  const checked = [];
  for await (const row of rows) checked.push(check(row, checked.length));
  if (!checked.length) throw new Error(text.bulk.faults.empty);
  return { name: file.name, digest, columns, rows: checked };
}

/** The SHA-256 of bytes or text, in hexadecimal. */
export async function digestOf(content) {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function decode(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error(text.bulk.faults.encoding);
  }
}
