/** Rows of a file as grants, by the API's own rules, so that faults are seen beforehand. */
import { text } from "../strings.js";

export const COLUMNS = ["username", "user_id", "promo_type", "promo_code", "promo_amount", "description", "start_time", "end_time", "is_active"];
const REQUIRED = ["promo_type", "promo_code", "promo_amount"];
const LARGEST_AMOUNT = 1_000_000_000;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const USERNAME = /^[A-Za-z0-9._-]{3,50}$/;
const TYPE = /^[a-z0-9]+(?:[-_][a-z0-9]+)*$/;
const CODE = /^[!-~]+$/;
const ZONED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i;
const LOCAL = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?$/;
const BOOLEANS = { true: true, yes: true, 1: true, false: false, no: false, 0: false };

/** Reads the head: {columns} or {fault}, a sentence. */
export function readHead(cells) {
  const columns = cells.map((cell) => cell.trim().toLowerCase().replace(/[\s-]+/g, "_"));
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
    const cells = Object.fromEntries(columns.map((column, index) => [column, row.cells[index] ?? ""]));
    const checked = { number, line: row.line, cells: row.cells, grant: null, faults: [] };
    if (row.fault) checked.faults.push(["", text.bulk.faults.unclosed]);
    else if (row.cells.length !== columns.length) checked.faults.push(["", text.bulk.faults.cells(row.cells.length, columns.length)]);
    else checked.grant = readGrant(cells, (field, fault) => checked.faults.push([field, fault]));
    if (!checked.faults.length) findTwin(checked, seen);
    return checked;
  };
}

function findTwin(checked, seen) {
  const { username, user_id: id, promo_code: code } = checked.grant;
  const key = `${(id || username).toLowerCase()} ${code.toUpperCase()}`;
  if (seen.has(key)) checked.faults.push(["promo_code", text.bulk.faults.twin(seen.get(key))]);
  else seen.set(key, checked.line);
}

function readGrant(cells, fault) {
  const grant = {};
  readUser(cells, grant, fault);
  grant.promo_type = readText(cells.promo_type, "promo_type", 50, fault, [TYPE, text.bulk.faults.type]);
  grant.promo_code = readText(cells.promo_code, "promo_code", 50, fault, [CODE, text.bulk.faults.code]);
  grant.promo_amount = readAmount(cells.promo_amount, fault);
  if (cells.description?.trim()) grant.description = readText(cells.description, "description", 500, fault, null, true);
  for (const name of ["start_time", "end_time"]) if (cells[name]?.trim()) grant[name] = readTime(cells[name], name, fault);
  if (cells.is_active?.trim()) grant.is_active = readBoolean(cells.is_active, fault);
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
  if (ZONED.test(value) && !Number.isNaN(Date.parse(value))) return value;
  const local = LOCAL.exec(value);
  if (local) {
    const [year, month, day, hour = 0, minute = 0, second = 0] = local.slice(1).map((part) => part && Number(part));
    const moment = new Date(year, month - 1, day, hour, minute, second);
    const exists = moment.getMonth() === month - 1 && moment.getDate() === day && hour < 24 && minute < 60 && second < 60;
    if (exists && field === "end_time" && local[4] === undefined) moment.setDate(day + 1);
    if (exists) return moment.toISOString().replace(".000Z", "Z");
  }
  fault(field, text.bulk.faults.time);
  return value;
}

function readBoolean(cell, fault) {
  const value = BOOLEANS[cell.trim().toLowerCase()];
  if (value === undefined) fault("is_active", text.bulk.faults.boolean);
  return value;
}
