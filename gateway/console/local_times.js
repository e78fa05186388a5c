/** Days and times without a zone, in the viewer's: there is such a time once, or not. */

const LOCAL = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?$/;
const ZONED = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:Z|[+-](\d\d):(\d\d))$/i;
const DAY = 86_400_000;
// Who writes an earlier year has left out a digit or two.
const FIRST_YEAR = 1970;

/** Reads a time with a zone: null, or {fault}, "time" or "year"; the API reads the rest. */
export function checkZoned(value) {
  const [year, month, day, hour, minute, second, ...offset] = numbersOf(ZONED.exec(value));
  const [hours = 0, minutes = 0] = offset;
  if (!isDay(year, month, day) || !isClock(hour, minute, second) || !isClock(hours, minutes, 0)) return { fault: "time" };
  return year < FIRST_YEAR ? { fault: "year" } : null;
}

/**
 * Reads a local day or time: {moment, isDay} or {fault}: "time", "year", "gap" where
 * clocks are put forward past it, "twice" where they are put back to it, with {moments}.
 */
export function readLocal(value) {
  const match = LOCAL.exec(value);
  const [year, month, day, hour = 0, minute = 0, second = 0] = numbersOf(match);
  if (!isDay(year, month, day) || !isClock(hour, minute, second)) return { fault: "time" };
  if (year < FIRST_YEAR) return { fault: "year" };
  // A day begins with its first moment, whatever the clocks show then.
  if (match[4] === undefined) return { moment: new Date(year, month - 1, day), isDay: true };
  const shown = Date.UTC(year, month - 1, day, hour, minute, second);
  const moments = [...new Set([-DAY, DAY].map((beside) => shown + offsetAt(shown + beside)))]
    .filter((moment) => moment - offsetAt(moment) === shown)
    .sort((one, other) => one - other)
    .map((moment) => new Date(moment));
  if (moments.length === 1) return { moment: moments[0], isDay: false };
  return { fault: moments.length ? "twice" : "gap", moments };
}

/** A moment as RFC 3339 in the viewer's zone, with its offset. */
export function withOffset(moment) {
  const offset = offsetAt(moment.getTime());
  const local = new Date(moment.getTime() - offset).toISOString().slice(0, 19);
  const minutes = Math.abs(offset) / 60_000;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0"));
  return `${local}${offset > 0 ? "-" : "+"}${hours}:${rest}`;
}

/** What is added to the local time to get UTC, in milliseconds. */
const offsetAt = (time) => new Date(time).getTimezoneOffset() * 60_000;

const numbersOf = (match) => (match || []).slice(1).map((part) => (part === undefined ? undefined : Number(part)));

function isDay(year, month, day) {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

const isClock = (hour, minute, second) => hour < 24 && minute < 60 && second < 60;
