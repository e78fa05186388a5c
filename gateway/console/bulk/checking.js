/** Rows of a file as grants, by the API's own rules, so that faults are seen beforehand. */
import { checkZoned, readLocal, withOffset } from "../local_times.js";
import { nameZone } from "../format.js";
import { text } from "../strings.js";
import { isFormulaError, isMadeBySpreadsheet } from "./spreadsheets.js";

export const COLUMNS = ["username", "user_id", "promo_type", "promo_code", "promo_amount", "description", "start_time", "end_time", "is_active", "allow_ended"];
const REQUIRED = ["promo_type", "promo_code", "promo_amount"];
const LARGEST_AMOUNT = 1_000_000_000;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const USERNAME = /^[A-Za-z0-9._-]{3,50}$/;
const TYPE = /^[a-z0-9]+(?:[-_][a-z0-9]+)*$/;
const CODE = /^[!-~]+$/;
const HAS_ZONE = /(Z|[+-]\d\d:\d\d)$/i;
const BOOLEANS = new Map([["true", true], ["yes", true], ["1", true], ["false", false], ["no", false], ["0", false]]);
const LAST_YEAR = 9999;

/** Reads the head: {columns} or {fault}, a sentence. */
export function readHead(cells) {
  const columns = withoutBlankEnd(cells).map((cell) => cell.trim().toLowerCase().replace(/[\s-]+/g, "_"));
  if (columns.includes("")) return { fault: text.bulk.faults.unnamedColumn(columns.indexOf("") + 1) };
  const unknown = columns.filter((column) => !COLUMNS.includes(column));
  const missing = REQUIRED.filter((column) => !columns.includes(column));
  if (!columns.includes("username") && !columns.includes("user_id")) missing.unshift("username");
  if (new Set(columns).size < columns.length) return { fault: text.bulk.faults.columnTwice };
  if (unknown.length) return { fault: text.bulk.faults.unknownColumns(unknown, COLUMNS) };
  if (missing.length) return { fault: text.bulk.faults.missingColumns(missing) };
  return { columns };
}

/** Makes a checker that remembers what came before: a user's code may come once. */
export function makeChecker(columns) {
  const seen = new Map();
  return (row, number) => {
    const found = withoutBlankEnd(row.cells, columns.length);
    const cells = Object.fromEntries(columns.map((column, index) => [column, found[index] ?? ""]));
    const checked = { number, line: row.line, cells: found, grant: null, faults: [], warnings: [] };
    if (row.fault) checked.faults.push(["", text.bulk.faults[row.fault]]);
    else if (found.length !== columns.length) checked.faults.push(["", text.bulk.faults.cells(found.length, columns.length)]);
    else checked.grant = readGrant(cells, (field, fault) => checked.faults.some(([known]) => known === field) || checked.faults.push([field, fault]));
    if (!checked.faults.length) findTwin(checked, seen);
    if (!checked.faults.length && isMadeBySpreadsheet(checked.grant.promo_code)) {
      checked.warnings.push(["promo_code", text.bulk.faults.madeBySpreadsheet]);
    }
    return checked;
  };
}

/** Cells without the blank ones at their end, but for the first `least` of them. */
function withoutBlankEnd(cells, least = 0) {
  let end = cells.length;
  while (end > least && cells[end - 1].trim() === "") end -= 1;
  return cells.slice(0, end);
}

function findTwin(checked, seen) {
  const { username, user_id: id, promo_code: code } = checked.grant;
  const key = `${(id || username).toLowerCase()} ${code.toUpperCase()}`;
  if (seen.has(key)) checked.faults.push(["promo_code", text.bulk.faults.twin(seen.get(key))]);
  else seen.set(key, checked.line);
}

function readGrant(cells, fault) {
  const grant = {};
  for (const [name, cell] of Object.entries(cells)) if (isFormulaError(cell)) fault(name, text.bulk.faults.formula);
  readUser(cells, grant, fault);
  grant.promo_type = readText(cells.promo_type, "promo_type", 50, fault, [TYPE, text.bulk.faults.type]);
  grant.promo_code = readText(cells.promo_code, "promo_code", 50, fault, [CODE, text.bulk.faults.code]);
  grant.promo_amount = readAmount(cells.promo_amount, fault);
  if (cells.description?.trim()) grant.description = readText(cells.description, "description", 500, fault, null, true);
  for (const name of ["start_time", "end_time"]) if (cells[name]?.trim()) grant[name] = readTime(cells[name], name, fault);
  for (const name of ["is_active", "allow_ended"]) if (cells[name]?.trim()) grant[name] = readBoolean(cells[name], name, fault);
  if (grant.start_time && grant.end_time && new Date(grant.end_time) <= new Date(grant.start_time)) {
    fault("end_time", text.bulk.faults.endBeforeStart);
  }
  return grant;
}

function readUser(cells, grant, fault) {
  const [id, username] = [(cells.user_id || "").trim(), (cells.username || "").trim()];
  if (Boolean(id) === Boolean(username)) fault("username", id ? text.bulk.faults.bothUsers : text.bulk.faults.noUser);
  else if (id && !ID.test(id)) fault("user_id", text.bulk.faults.id);
  else if (username && !USERNAME.test(username)) fault("username", text.bulk.faults.username);
  Object.assign(grant, id ? { user_id: id } : { username });
}

/** Text as the API keeps it: NFC, trimmed, without control characters. */
function readText(cell, field, most, fault, pattern, lines = false) {
  const value = cell.replace(/\r\n?/g, "\n").normalize("NFC").trim();
  const control = lines ? /[^\P{Cc}\n]/u : /\p{Cc}/u;
  if (value === "") fault(field, text.bulk.faults.blank);
  else if (control.test(value)) fault(field, text.bulk.faults.control);
  else if ([...value].length > most) fault(field, text.bulk.faults.long(most));
  else if (pattern && !pattern[0].test(value)) fault(field, pattern[1]);
  return value;
}

function readAmount(cell, fault) {
  const value = cell.trim();
  const amount = Number(value);
  if (!/^\d{1,10}$/.test(value) || amount < 1 || amount > LARGEST_AMOUNT) fault("promo_amount", text.bulk.faults.amount);
  return amount;
}

/**
 * A time with its zone as it is; one without, in the viewer's zone. A day is all of it:
 * it starts with its first moment and ends with its last, as people mean it.
 */
function readTime(cell, field, fault) {
  const value = cell.trim();
  const isZoned = HAS_ZONE.test(value) && value.includes(":");
  const read = isZoned ? checkZoned(value) : readLocal(value);
  if (read?.fault) {
    fault(field, sentenceOf(read));
    return value;
  }
  if (isZoned) return value;
  if (field === "end_time" && read.isDay) read.moment.setDate(read.moment.getDate() + 1);
  if (Math.max(read.moment.getUTCFullYear(), read.moment.getFullYear()) > LAST_YEAR) fault(field, text.bulk.faults.never);
  return read.moment.toISOString().replace(".000Z", "Z");
}

function sentenceOf({ fault, moments = [] }) {
  return fault === "time" ? text.times.time : text.times[fault](nameZone(), moments.map(withOffset));
}

function readBoolean(cell, field, fault) {
  const value = BOOLEANS.get(cell.trim().toLowerCase());
  if (value === undefined) fault(field, text.bulk.faults.boolean);
  return value;
}
