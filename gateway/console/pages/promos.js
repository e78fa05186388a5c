/** All promos: searched while one types, filtered by the address, endless. */
import { formatNumber, fromLocalInput } from "../format.js";
import { html, useState } from "../html.js";
import { useList } from "../loading.js";
import { Meter, PageHead, Person, StatusBadge, Time, ZoneNote } from "../parts/bits.js";
import { Combobox } from "../parts/combobox.js";
import { Endless } from "../parts/endless.js";
import { Empty } from "../parts/feedback.js";
import { Icon } from "../parts/icons.js";
import { GrantPromo } from "../parts/promo_form.js";
import { go, linkTo } from "../router.js";
import { text } from "../strings.js";
import { suggestPromos } from "../searching.js";

const TIMES = ["ends_after", "ends_before", "created_after", "created_before"];
const FILTERS = ["status", "promo_type", "promo_code", "username", ...TIMES];

/** The list, its search and its filters. */
export function Promos({ query }) {
  const filters = Object.fromEntries(FILTERS.filter((name) => query[name]).map((name) => [name, query[name]]));
  const asked = { ...filters };
  for (const name of TIMES) if (asked[name]) asked[name] = fromLocalInput(asked[name]);
  const list = useList("/api/v1/promos", asked);
  const close = () => go("/promos", filters, { replace: true });
  return html`
    <${PageHead} title=${text.nav.promos} intro=${text.promos.intro}>
      <a class="button" href="#/bulk">${text.nav.bulk}</a>
      <a class="button primary" href=${linkTo("/promos", { ...filters, new: "1" })}><${Icon} name="plus" size="18" />${text.promos.grant}</a>
    <//>
    <${Filters} filters=${filters} />
    <${Endless} list=${list} empty=${html`<${Nothing} filters=${filters} />`}>
      <${PromoTable} promos=${list.items} />
    <//>
    <${ZoneNote} />
    ${query.new && html`<${GrantPromo} onClose=${close} onGranted=${(promo) => go(`/promos/${promo.id}`, {}, { replace: true })} />`}`;
}

function Filters({ filters }) {
  const [more, setMore] = useState(TIMES.some((name) => filters[name]) || Boolean(filters.promo_type));
  const put = (changes) => go("/promos", { ...filters, ...changes }, { replace: true });
  const choose = (value) => (value?.id ? go(`/promos/${value.id}`) : value && put(value));
  return html`<search class="filters" aria-label=${text.promos.filters}>
    <div class="filters-row">
      <${Combobox} icon="search" clears suggest=${suggestPromos} onChoose=${choose} placeholder=${text.promos.searchHint}
        attributes=${{ "aria-label": text.promos.search }} />
      <nav class="segments" aria-label=${text.promos.status}>
        ${["", "active", "expired"].map(
          (status) => html`<a key=${status} href=${linkTo("/promos", { ...filters, status })} aria-current=${(filters.status || "") === status ? "true" : null}>
            ${text.promos.statuses[status]}
          </a>`,
        )}
      </nav>
      <button type="button" class="button" aria-expanded=${more ? "true" : "false"} aria-controls="more-filters" onClick=${() => setMore(!more)}>${text.promos.more}</button>
    </div>
    <div id="more-filters" class="filters-grid" hidden=${!more}>
      <label>${text.fields.promo_type}
        <input type="text" value=${filters.promo_type || ""} onChange=${(event) => put({ promo_type: event.currentTarget.value.trim() })} />
      </label>
      ${TIMES.map(
        (name) => html`<label key=${name}>${text.promos[name]}
          <input type="datetime-local" value=${filters[name] || ""} onChange=${(event) => put({ [name]: event.currentTarget.value })} />
        </label>`,
      )}
    </div>
    <${Chips} filters=${filters} />
  </search>`;
}

function Chips({ filters }) {
  const chips = ["username", "promo_code", "promo_type", ...TIMES].filter((name) => filters[name]);
  if (!chips.length) return null;
  return html`<ul class="chips">
    ${chips.map(
      (name) => html`<li key=${name}>
        <a class="chip" href=${linkTo("/promos", { ...filters, [name]: "" })} aria-label=${text.promos.without(text.promos.chip[name], filters[name])}>
          ${text.promos.chip[name]}: <strong>${TIMES.includes(name) ? filters[name].replace("T", " ") : filters[name]}</strong><${Icon} name="close" size="14" />
        </a>
      </li>`,
    )}
    <li><a class="chip plain-chip" href="#/promos">${text.promos.clear}</a></li>
  </ul>`;
}

function Nothing({ filters }) {
  if (Object.keys(filters).length) {
    return html`<${Empty} icon="search" title=${text.promos.none}><a class="button" href="#/promos">${text.promos.clear}</a><//>`;
  }
  return html`<${Empty} icon="gift" title=${text.promos.empty}>
    <p>${text.promos.emptyBody}</p>
    <a class="button primary" href=${linkTo("/promos", { new: "1" })}>${text.promos.grant}</a>
  <//>`;
}

/** Promos as a table; on a phone each row is a card. */
export function PromoTable({ promos, withUser = true }) {
  return html`<div class="card table-card">
    <table class="stacking">
      <caption class="hidden">${text.nav.promos}</caption>
      <thead>
        <tr>
          <th scope="col">${text.promos.code}</th>
          ${withUser && html`<th scope="col">${text.promos.user}</th>`}
          <th scope="col">${text.promos.left}</th>
          <th scope="col">${text.promos.state}</th>
          <th scope="col">${text.promos.ends}</th>
        </tr>
      </thead>
      <tbody>${promos.map((promo) => html`<${Row} key=${promo.id} promo=${promo} withUser=${withUser} />`)}</tbody>
    </table>
  </div>`;
}

function Row({ promo, withUser }) {
  return html`<tr>
    <td><a class="strong code" href=${linkTo(`/promos/${promo.id}`)}>${promo.promo_code}</a><span class="faint small">${promo.promo_type}</span></td>
    ${withUser && html`<td><${Person} name=${promo.user.name} username=${promo.user.username} href=${linkTo(`/users/${promo.user.id}`)} /></td>`}
    <td class="cell-meter">
      <span class="numbers">${formatNumber(promo.remaining_points)} <span class="faint">/ ${formatNumber(promo.promo_amount)}</span></span>
      <${Meter} left=${promo.remaining_points} of=${promo.promo_amount} />
    </td>
    <td><${StatusBadge} status=${promo.status} /></td>
    <td class="nowrap" data-label=${text.promos.ends}><${Time} at=${promo.end_time} /></td>
  </tr>`;
}
