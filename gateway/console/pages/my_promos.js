/** One's own promos as cards, and using points of one or of all. */
import { formatNumber } from "../format.js";
import { html, useState } from "../html.js";
import { getAll, useList, useResource } from "../loading.js";
import { Meter, PageHead, StatusBadge, Time, ZoneNote } from "../parts/bits.js";
import { Endless } from "../parts/endless.js";
import { Empty, Refusal } from "../parts/feedback.js";
import { UsePoints } from "../parts/use_points.js";
import { linkTo } from "../router.js";
import { text } from "../strings.js";

/** The users' first page. */
export function MyPromos({ query }) {
  const shown = ["active", "expired"].includes(query.show) ? query.show : query.show === "all" ? "" : "active";
  const list = useList("/api/v1/promos/me", { status: shown });
  const load = (signal) => getAll("/api/v1/promos/me", { status: "active" }, signal);
  const usable = useResource(load, []);
  const [using, setUsing] = useState(null);
  const total = usable.data?.items.reduce((sum, promo) => sum + promo.remaining_points, 0);
  const refresh = () => (list.reload(), usable.reload());
  return html`
    <${PageHead} title=${text.nav.mine} />
    ${usable.problem && !list.problem && html`<${Refusal} problem=${usable.problem} retry=${usable.reload} />`}
    <${Balance} total=${total} count=${usable.data?.items.length} complete=${usable.data?.complete} failed=${Boolean(usable.problem)} onUse=${() => setUsing("all")} />
    <nav class="segments" aria-label=${text.mine.filter}>
      ${["active", "all", "expired"].map(
        (show) => html`<a key=${show} href=${linkTo("/", { show: show === "active" ? "" : show })} aria-current=${(shown || "all") === show ? "true" : null}>${text.mine.show[show]}</a>`,
      )}
    </nav>
    <${Endless} list=${list} skeleton="card" empty=${html`<${Nothing} shown=${shown} />`}>
      <ul class="cards">${list.items.map((promo) => html`<${Card} key=${promo.id} promo=${promo} onUse=${() => setUsing(promo)} />`)}</ul>
    <//>
    <${ZoneNote} />
    ${using && html`<${UsePoints} promo=${using === "all" ? null : using} left=${using === "all" ? total : using.remaining_points} onClose=${() => setUsing(null)} onUsed=${refresh} />`}`;
}

function Balance({ total, count, complete, failed, onUse }) {
  const known = total !== undefined;
  if (!known && failed) return null;
  return html`<section class="card balance" aria-label=${text.mine.balance}>
    <div>
      <p class="balance-number">${known ? formatNumber(total) : html`<span class="skeleton skeleton-number"></span>`}</p>
      <p class="faint">${known ? text.mine.usable(count, complete) : text.loading}</p>
    </div>
    <button type="button" class="button primary" disabled=${!total} onClick=${onUse}>${text.use.openAll}</button>
  </section>`;
}

function Nothing({ shown }) {
  if (shown === "expired") return html`<${Empty} icon="clock" title=${text.mine.noneEnded} />`;
  return html`<${Empty} icon="gift" title=${text.mine.none}><p>${text.mine.noneBody}</p><//>`;
}

function Card({ promo, onUse }) {
  const usable = promo.status === "active";
  return html`<li class=${usable ? "card promo-card" : "card promo-card spent"}>
    <div class="promo-card-head">
      <h2><a href=${linkTo(`/promos/${promo.id}`)}>${promo.promo_code}</a></h2>
      <${StatusBadge} status=${promo.status} />
    </div>
    <p class="faint small">${promo.promo_type}</p>
    ${promo.description && html`<p class="promo-description lines">${promo.description}</p>`}
    <div class="promo-card-points">
      <p><span class="big-number">${formatNumber(promo.remaining_points)}</span> <span class="faint">${text.mine.of(formatNumber(promo.promo_amount))}</span></p>
      <${Meter} left=${promo.remaining_points} of=${promo.promo_amount} />
    </div>
    <div class="promo-card-foot">
      <p class="faint small">${endOf(promo)}</p>
      <button type="button" class="button" disabled=${!usable} onClick=${onUse} aria-label=${text.use.title(promo.promo_code)}>${text.use.open}</button>
    </div>
  </li>`;
}

/** When a promo starts or ends, as far as that still matters. */
export function endOf(promo) {
  if (promo.status === "scheduled") return html`${text.mine.starts} <${Time} at=${promo.start_time} />`;
  if (!promo.end_time) return text.mine.never;
  const word = promo.status === "expired" ? text.mine.ended : text.mine.ends;
  return html`${word} <${Time} at=${promo.end_time} distance /> · <${Time} at=${promo.end_time} />`;
}
