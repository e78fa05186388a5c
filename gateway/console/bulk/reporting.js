/** The report of a bulk grant, safe to open in a spreadsheet. */
import { text } from "../strings.js";

/** Builds the report: the file's own columns, then what became of each row. */
export function buildReport(file) {
  const head = ["row", ...file.columns, "outcome", "promo_id", "fault"];
  const lines = file.rows.map((row) => [
    row.line,
    ...file.columns.map((_, index) => row.cells[index] ?? ""),
    text.bulk.outcomes[row.outcome],
    row.promoId || "",
    [...row.faults, ...row.warnings].map(([field, fault]) => (field ? `${field}: ${fault}` : fault)).join(" "),
  ]);
  return new Blob(["\ufeff", ...[head, ...lines].map(asLine)], { type: "text/csv;charset=utf-8" });
}

/** Hands a file to the browser's downloads. */
export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const asLine = (cells) => `${cells.map(asCell).join(",")}\r\n`;

/** What a spreadsheet would take for a formula is made text by an apostrophe. */
function asCell(value) {
  const cell = String(value);
  const safe = /^\s*[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return `"${safe.replace(/"/g, '""')}"`;
}
