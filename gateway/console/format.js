/** Numbers and times as the viewer reads them. */

const numbers = new Intl.NumberFormat();
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 0 });
const dates = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const times = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const zoned = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const utcDays = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const shortUtcDays = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  timeZone: "UTC",
});
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "always" });

/** 1234567 as 1,234,567. */
export const formatNumber = (value) => numbers.format(value);

/** 1234567 as 1.2M. */
export const formatCompact = (value) => compact.format(value);

/** A figure of a report, to its last digit: a BigInt where a number would be rounded. */
export function figureOf(figures, name) {
  const digits = figures.exact?.[name];
  return digits === undefined ? figures[name] : BigInt(digits);
}

/** The sum of figures, to its last digit. */
export function sumOf(values) {
  const sum = values.reduce((total, value) => total + BigInt(value), 0n);
  return BigInt(Number(sum)) === sum && Number.isSafeInteger(Number(sum)) ? Number(sum) : sum;
}

/** 0.42 as 42%; what is not nothing or all is never said to be. */
export function formatShare(value) {
  if (value > 0 && value < 0.005) return `<${percent.format(0.01)}`;
  if (value < 1 && value >= 0.995) return `>${percent.format(0.99)}`;
  return percent.format(value);
}

/** +30 or −30. */
export const formatSigned = (value) =>
  value > 0 ? `+${numbers.format(value)}` : `−${numbers.format(-value)}`;

/** Day and minute, in the viewer's zone. */
export const formatTime = (time) => times.format(new Date(time));

/** The day alone, in the viewer's zone. */
export const formatDate = (time) => dates.format(new Date(time));

/** All of it, the zone too, for a tooltip. */
export const formatFully = (time) => zoned.format(new Date(time));

/** A UTC day such as 2026-11-23. */
export const formatDay = (day) => utcDays.format(new Date(`${day}T00:00:00Z`));

/** A UTC day, without the year. */
export const formatShortDay = (day) => shortUtcDays.format(new Date(`${day}T00:00:00Z`));

// From when on a unit is said, in seconds, and how long one is.
const STEPS = [
  ["year", 63_072_000, 31_536_000],
  ["month", 5_184_000, 2_592_000],
  ["day", 86_400, 86_400],
  ["hour", 3600, 3600],
  ["minute", 60, 60],
];

/** "in 3 days", "2 hours ago". */
export function formatDistance(time, now = Date.now()) {
  const seconds = (new Date(time) - now) / 1000;
  const step = STEPS.find(([, from]) => Math.abs(seconds) >= from);
  if (!step) return relative.format(Math.trunc(seconds), "second");
  return relative.format(Math.trunc(seconds / step[2]), step[0]);
}

/** The viewer's zone, such as "Africa/Cairo (GMT+2)". */
export function nameZone(time = Date.now()) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const parts = new Intl.DateTimeFormat(undefined, { timeZoneName: "shortOffset" });
  const offset = parts.formatToParts(time).find((part) => part.type === "timeZoneName");
  return timeZone === offset?.value ? timeZone : `${timeZone} (${offset?.value})`;
}

/** A time as the value of an input of a local date and time. */
export function toLocalInput(time) {
  if (!time) return "";
  const moment = new Date(time);
  const shifted = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

/** And back, in UTC, for a search; what is no time stays as typed, for the API to judge. */
export function fromLocalInput(value) {
  const moment = new Date(value);
  return Number.isNaN(moment.getTime()) ? value : moment.toISOString().replace(".000Z", "Z");
}

/** A number as people write it, +20 (100) 123-4567, without what is between its digits. */
export const toMobileNumber = (value) => value.replace(/[\s().\u00a0\u202f-]/g, "");

/** Typed digits, in groups of three or not, as an integer; the API judges the rest. */
export function toInteger(value) {
  const typed = String(value).trim();
  const isInteger = /^(\d{1,15}|\d{1,3}([ ,_\u202f\u00a0]\d{3})+)$/.test(typed);
  return isInteger ? Number(typed.replace(/\D/g, "")) : value;
}
