/** One of one's own promos, with everything that happened to its points. */
import { get } from "../api.js";
import { formatNumber } from "../format.js";
import { html, useState } from "../html.js";
import { useList, useResource } from "../loading.js";
import { Facts, Meter, PageHead, StatusBadge, Time, ZoneNote } from "../parts/bits.js";
import { Refusal, Skeleton } from "../parts/feedback.js";
import { Timeline } from "../parts/timeline.js";
import { UsePoints } from "../parts/use_points.js";
import { text } from "../strings.js";

/** The page of a promo, for its owner. */
export function MyPromo({ id }) {
  const path = `/api/v1/promos/${encodeURIComponent(id)}`;
  const { data: promo, problem, reload } = useResource((signal) => get(path, {}, signal), [path]);
  const ledger = useList(`${path}/ledger`, {});
  const redemptions = useList("/api/v1/redemptions/me", {});
  const [using, setUsing] = useState(false);
  const back = { href: "#/", label: text.nav.mine };
  const refresh = () => (reload(), ledger.reload(), redemptions.reload());
  return html`
    <${PageHead} title=${promo?.promo_code || text.promo.title} back=${back} intro=${promo && html`<${StatusBadge} status=${promo.status} /> ${text.promo.typed(promo.promo_type)}`}>
      ${promo && html`<button type="button" class="button primary" disabled=${promo.status !== "active"} onClick=${() => setUsing(true)}>${text.use.open}</button>`}
    <//>
    ${problem && html`<${Refusal} problem=${problem} retry=${reload} />`}
    ${!promo && !problem && html`<${Skeleton} lines="1" kind="chart" />`}
    ${promo &&
    html`<section class="card padded promo-summary">
        <div class="promo-left">
          <p class="big-number">${formatNumber(promo.remaining_points)}</p>
          <p class="faint">${text.promo.leftOfUsed(formatNumber(promo.promo_amount), formatNumber(promo.used_points))}</p>
          <${Meter} left=${promo.remaining_points} of=${promo.promo_amount} />
        </div>
        <${Facts} facts=${[
          [text.fields.start_time, html`<${Time} at=${promo.start_time} />`],
          [text.fields.end_time, html`<${Time} at=${promo.end_time} />`],
          promo.description && [text.fields.description, html`<span class="lines">${promo.description}</span>`],
        ]} />
      </section>
      <h2>${text.promo.tab.timeline}</h2>
      <section class="card padded"><${Timeline} promoId=${id} ledger=${ledger} revisions=${null} redemptions=${redemptions} /></section>
      <${ZoneNote} />`}
    ${using && html`<${UsePoints} promo=${promo} left=${promo.remaining_points} onClose=${() => setUsing(false)} onUsed=${refresh} />`}`;
}
