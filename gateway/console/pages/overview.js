/** How the promos are doing: totals, by type, and day by day. */
import { get } from "../api.js";
import { figureOf, formatCompact, formatNumber, formatShare, fromLocalInput } from "../format.js";
import { html } from "../html.js";
import { useResource } from "../loading.js";
import { PageHead, ZoneNote } from "../parts/bits.js";
import { Columns } from "../parts/columns.js";
import { Empty, Refusal, Skeleton } from "../parts/feedback.js";
import { go, linkTo } from "../router.js";
import { text } from "../strings.js";

const RANGES = ["30", "90", "365"];
const TILES = ["outstanding", "issued", "used", "expiring_within_30_days"];
const COLUMNS = ["issued", "used", "reversed", "adjusted", "voided", "expired", "outstanding", "expiring_within_30_days"];
const LARGE = [["issued", "blue"], ["used", "accent"]];
const SMALL = [["reversed", "amber"], ["adjusted", "violet"], ["voided", "grey"]];

/** The administrators' first page. */
export function Overview({ query }) {
  const days = RANGES.includes(query.days) ? query.days : RANGES[0];
  const asOf = query.as_of ? fromLocalInput(query.as_of) : null;
  const load = (signal) => get("/api/v1/promos/summary", { as_of: asOf }, signal);
  const totals = useResource(load, [asOf]);
  // How high the totals are is known when they are there: what is below them waits.
  const waits = !totals.data && !totals.problem;
  return html`
    <${PageHead} title=${text.nav.overview} intro=${text.overview.intro}>
      <a class="button" href="#/bulk">${text.nav.bulk}</a>
      <a class="button primary" href=${linkTo("/promos", { new: "1" })}>${text.promos.grant}</a>
    <//>
    <${Totals} ...${totals} query=${query} />
    <${Days} days=${days} query=${query} hidden=${waits} />
    <${ZoneNote} />`;
}

function Totals({ query, data, problem, reload, loading }) {
  const change = (event) => go("/", { ...query, as_of: event.currentTarget.value }, { replace: true });
  return html`<section aria-labelledby="totals-title" aria-busy=${loading ? "true" : "false"}>
    <div class="section-head">
      <h2 id="totals-title">${text.overview.totals}</h2>
      <label class="inline">${text.overview.asOf}
        <input type="datetime-local" value=${query.as_of || ""} onChange=${change} />
      </label>
    </div>
    ${problem && html`<${Refusal} problem=${problem} retry=${reload} />`}
    ${!data && !problem && html`<div class="tiles"><${Skeleton} lines="4" kind="tile" /></div><${Skeleton} lines="6" kind="row" />`}
    ${data &&
    html`<dl class="tiles">
        ${TILES.map((name) => html`<${Tile} key=${name} name=${name} total=${data.total} />`)}
      </dl>
      <${ByType} rows=${data.by_type} total=${data.total} />`}
  </section>`;
}

function Tile({ name, total }) {
  const value = figureOf(total, name);
  const share = total.issued > 0 ? total[name] / total.issued : 0;
  return html`<div class=${`card tile tile-${name}`}>
    <dt>${text.overview.fields[name]}</dt>
    <dd>
      <span class="tile-value" title=${formatNumber(value)}>${value > 9_999_999 ? formatCompact(value) : formatNumber(value)}</span>
      <span class="faint small">${name === "issued" ? text.overview.points : text.overview.ofIssued(formatShare(share))}</span>
    </dd>
  </div>`;
}

function ByType({ rows, total }) {
  if (!rows.length) {
    return html`<${Empty} icon="gift" title=${text.overview.empty}>
      <p>${text.overview.emptyBody}</p>
      <div class="page-actions">
        <a class="button" href=${linkTo("/users", { new: "1" })}>${text.users.create}</a>
        <a class="button primary" href=${linkTo("/promos", { new: "1" })}>${text.promos.grant}</a>
      </div>
    <//>`;
  }
  const sorted = [...rows].sort((one, other) => other.issued - one.issued);
  return html`<div class="card table-card" tabindex="0" role="region" aria-label=${text.overview.byType}>
    <table>
      <caption>${text.overview.byType}</caption>
      <thead>
        <tr>
          <th scope="col">${text.fields.promo_type}</th>
          ${COLUMNS.map((name) => html`<th scope="col" class="number" key=${name}>${text.overview.short[name]}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${sorted.map(
          (row) => html`<tr key=${row.promo_type}>
            <th scope="row"><a href=${linkTo("/promos", { promo_type: row.promo_type })}>${row.promo_type}</a></th>
            ${COLUMNS.map((name) => html`<td class="number" key=${name}>${formatNumber(figureOf(row, name))}</td>`)}
          </tr>`,
        )}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">${text.overview.all}</th>
          ${COLUMNS.map((name) => html`<td class="number" key=${name}>${formatNumber(figureOf(total, name))}</td>`)}
        </tr>
      </tfoot>
    </table>
  </div>`;
}

function Days({ days, query, hidden }) {
  const load = (signal) => get("/api/v1/promos/timeline", { from: daysAgo(days - 1), to: daysAgo(0) }, signal);
  const { data, problem, reload } = useResource(load, [days]);
  const series = (name) => data.days.map((each) => ({ day: each.day, value: figureOf(each, name) }));
  const chart = (height) => ([name, tone]) =>
    html`<${Columns} key=${name} title=${text.overview.perDay[name]} tone=${tone} height=${height} days=${series(name)} />`;
  return html`<section aria-labelledby="days-title" hidden=${hidden}>
    <div class="section-head">
      <h2 id="days-title">${text.overview.movements}</h2>
      <nav class="segments" aria-label=${text.overview.range}>
        ${RANGES.map(
          (range) => html`<a key=${range} href=${linkTo("/", { ...query, days: range })} aria-current=${range === days ? "true" : null}>${text.overview.days(range)}</a>`,
        )}
      </nav>
    </div>
    ${problem && html`<${Refusal} problem=${problem} retry=${reload} />`}
    ${!data && !problem && html`<div class="charts"><${Skeleton} lines="2" kind="chart" /></div>`}
    ${data && html`<div class="charts">${LARGE.map(chart(200))}</div><div class="charts charts-small">${SMALL.map(chart(130))}</div>`}
    <p class="faint small">${text.overview.utc}</p>
  </section>`;
}

/** The UTC day so many days ago, as YYYY-MM-DD. */
function daysAgo(days) {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}
