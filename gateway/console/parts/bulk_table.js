/** The rows of a file, a page at a time; the faulty ones can be shown alone. */
import { formatNumber, formatTime } from "../format.js";
import { OUTCOMES } from "../bulk/granting.js";
import { html, useEffect, useState } from "../html.js";
import { linkTo } from "../router.js";
import { text } from "../strings.js";

const PAGE = 50;

/** Draws a page of the rows, each with its faults in their cells' words. */
export function BulkTable({ file, counts }) {
  const troubled = inTrouble(file.rows);
  const trouble = troubled.length;
  // What the system refused has to be decided about, what was seen before has not.
  const worst = counts.refused + counts.present > 0 ? 2 : Number(trouble > 0);
  const [only, setOnly] = useState(trouble > 0);
  const [page, setPage] = useState(0);
  useEffect(() => {
    if (worst > 0) setOnly(true);
    setPage(0);
  }, [worst]);
  const rows = only && trouble > 0 ? troubled : file.rows;
  const last = Math.max(0, Math.ceil(rows.length / PAGE) - 1);
  const at = Math.min(page, last);
  const choose = (value) => () => (setOnly(value), setPage(0));
  const segment = (value, title) =>
    html`<button type="button" aria-pressed=${only === value ? "true" : "false"} onClick=${choose(value)}>${title}</button>`;
  return html`<section aria-labelledby="rows-title">
    <div class="section-head">
      <h2 id="rows-title">${text.bulk.rows}</h2>
      ${trouble > 0 && html`<div class="segments" role="group" aria-label=${text.bulk.show}>${segment(false, text.bulk.all)}${segment(true, text.bulk.only(formatNumber(trouble)))}</div>`}
    </div>
    <div class="card table-card" tabindex="0" role="region" aria-label=${text.bulk.rows}>
      <table class="bulk-table">
        <thead>
          <tr>
            <th scope="col" class="number">${text.bulk.line}</th>
            <th scope="col">${text.bulk.outcome}</th>
            ${file.columns.map((column) => html`<th scope="col" key=${column}>${column}</th>`)}
          </tr>
        </thead>
        <tbody>${rows.slice(at * PAGE, (at + 1) * PAGE).map((row) => html`<${Row} key=${row.number} row=${row} columns=${file.columns} outcome=${row.outcome} />`)}</tbody>
      </table>
    </div>
    ${last > 0 &&
    html`<div class="pager">
      <button type="button" class="button small" disabled=${at === 0} onClick=${() => setPage(at - 1)}>${text.list.previous}</button>
      <span class="faint small">${text.list.page(formatNumber(at + 1), formatNumber(last + 1))}</span>
      <button type="button" class="button small" disabled=${at === last} onClick=${() => setPage(at + 1)}>${text.list.next}</button>
    </div>`}
  </section>`;
}

/** Refused rows come first. */
function inTrouble(rows) {
  const found = rows.filter((row) => row.faults.length || row.warnings.length || [OUTCOMES.leftOut, OUTCOMES.gone].includes(row.outcome));
  const isRefused = (row) => Number(row.outcome === OUTCOMES.refused);
  return found.sort((one, other) => isRefused(other) - isRefused(one));
}

function Row({ row, columns, outcome }) {
  const faulty = new Set(row.faults.map(([field]) => field));
  return html`<tr class=${`outcome-${outcome}`}>
    <td class="number faint">${row.line}</td>
    <td>
      ${row.promoId ? html`<a href=${linkTo(`/promos/${row.promoId}`)}>${text.bulk.outcomes[outcome]}</a>` : html`<span class=${`badge badge-${outcome}`}>${text.bulk.outcomes[outcome]}</span>`}
      ${row.faults.map(([field, fault]) => html`<p class="fault" key=${field + fault}>${field && html`<code>${field}</code> `}${fault}</p>`)}
      ${row.warnings.map(([field, warning]) => html`<p class="hint" key=${field}><code>${field}</code> ${warning}</p>`)}
    </td>
    ${columns.map((column, index) => html`<td key=${column} class=${classOf(column, faulty)}>${cellOf(row, column, index)}</td>`)}
  </tr>`;
}

function classOf(column, faulty) {
  const kind = column === "description" ? "cell-long" : "nowrap";
  return faulty.has(column) ? `${kind} cell-faulty` : kind;
}

/** Times are shown as they will be granted, anything else as it stands in the file. */
function cellOf(row, column, index) {
  const cell = row.cells[index] ?? "";
  const read = row.grant?.[column];
  const isTime = column.endsWith("_time") && read && !row.faults.some(([field]) => field === column);
  if (isTime) return formatTime(read);
  const most = column === "description" ? 80 : 50;
  return cell.length > most ? `${cell.slice(0, most)}…` : cell;
}
