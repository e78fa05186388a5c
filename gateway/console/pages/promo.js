/** One promo, for administrators: what it is, what happened, what can be done. */
import { getTagged, patch, remove } from "../api.js";
import { formatNumber } from "../format.js";
import { html, useState } from "../html.js";
import { useList, useResource } from "../loading.js";
import { Facts, Meter, PageHead, Person, StatusBadge, Tabs, Time, ZoneNote } from "../parts/bits.js";
import { Refusal, Skeleton, toast } from "../parts/feedback.js";
import { Confirmation } from "../parts/form.js";
import { ModifyPromo } from "../parts/promo_form.js";
import { Redemptions } from "../parts/redemptions.js";
import { Reverse } from "../parts/reverse.js";
import { Timeline } from "../parts/timeline.js";
import { UsePoints } from "../parts/use_points.js";
import { go, linkTo } from "../router.js";
import { text } from "../strings.js";

/** The page of a promo. */
export function PromoPage({ id, query }) {
  const path = `/api/v1/promos/${encodeURIComponent(id)}`;
  const promo = useResource((signal) => getTagged(path, signal), [path]);
  const ledger = useList(`${path}/ledger`, {});
  const revisions = useList(`${path}/revisions`, {});
  const redemptions = useList("/api/v1/redemptions", { promo_id: id });
  const [dialog, setDialog] = useState(null);
  const close = () => setDialog(null);
  const refresh = () => [promo, ledger, revisions, redemptions].forEach((each) => each.reload());
  const deleted = promo.problem?.status === 404 && revisions.items.length > 0;
  const onReverse = (redemption) => setDialog({ reverse: redemption });
  const tab = query.tab === "redemptions" ? "redemptions" : "timeline";
  return html`
    <${Head} promo=${promo.data} deleted=${deleted && revisions.items[0]} setDialog=${setDialog} />
    ${promo.problem && !deleted && html`<${Refusal} problem=${promo.problem} retry=${promo.reload} />`}
    ${!promo.data && !promo.problem && html`<${Skeleton} lines="1" kind="chart" />`}
    ${promo.data && html`<${Summary} promo=${promo.data} />`}
    ${(promo.data || deleted) &&
    html`<${Tabs} label=${text.promo.tabs} current=${tab} tabs=${["timeline", "redemptions"].map((name) => ({
        name,
        title: text.promo.tab[name],
        href: linkTo(`/promos/${id}`, { tab: name === "timeline" ? "" : name }),
      }))} />
      <section class="card padded">
        ${tab === "timeline"
          ? html`<${Timeline} promoId=${id} ledger=${ledger} revisions=${revisions} redemptions=${redemptions} onReverse=${deleted ? null : onReverse} />`
          : html`<${Redemptions} list=${redemptions} onReverse=${deleted ? null : onReverse} />`}
      </section>
      <${ZoneNote} />`}
    ${dialog?.reverse && html`<${Reverse} redemptionId=${dialog.reverse} onClose=${close} onReversed=${refresh} />`}
    ${dialog === "modify" && html`<${ModifyPromo} promo=${promo.data} onClose=${close} onModified=${() => (close(), refresh())} />`}
    ${dialog === "use" && html`<${UsePoints} promo=${promo.data} left=${promo.data.remaining_points} onClose=${close} onUsed=${refresh} />`}
    ${dialog === "switch" && html`<${Switch} promo=${promo.data} onClose=${close} onDone=${refresh} onStale=${refresh} />`}
    ${dialog === "delete" && html`<${Delete} promo=${promo.data} onClose=${close} onStale=${refresh} />`}`;
}

function Head({ promo, deleted, setDialog }) {
  const back = { href: "#/promos", label: text.nav.promos };
  if (deleted) return html`<${PageHead} title=${deleted.promo_code} intro=${text.promo.deleted} back=${back} />`;
  if (!promo) return html`<${PageHead} title=${text.promo.title} back=${back} />`;
  return html`<${PageHead} title=${promo.promo_code} back=${back}
    intro=${html`<${StatusBadge} status=${promo.status} /> ${text.promo.typed(promo.promo_type)}`}>
    <button type="button" class="button" disabled=${promo.status !== "active"} onClick=${() => setDialog("use")}>${text.use.open}</button>
    <button type="button" class="button" onClick=${() => setDialog("switch")}>${promo.is_active ? text.promo.deactivate : text.promo.activate}</button>
    <button type="button" class="button danger-outline" onClick=${() => setDialog("delete")}>${text.promo.delete}</button>
    <button type="button" class="button primary" onClick=${() => setDialog("modify")}>${text.promo.modify}</button>
  <//>`;
}

function Summary({ promo }) {
  return html`<section class="card padded promo-summary">
    <div class="promo-left">
      <p class="big-number">${formatNumber(promo.remaining_points)}</p>
      <p class="faint">${text.promo.leftOfUsed(formatNumber(promo.promo_amount), formatNumber(promo.used_points))}</p>
      <${Meter} left=${promo.remaining_points} of=${promo.promo_amount} />
    </div>
    <${Facts} facts=${[
      [text.promos.user, html`<${Person} name=${promo.user.name} username=${promo.user.username} href=${linkTo(`/users/${promo.user.id}`)} />`],
      [text.fields.start_time, html`<${Time} at=${promo.start_time} />`],
      [text.fields.end_time, html`<${Time} at=${promo.end_time} />`],
      [text.promo.granted, html`<${Time} at=${promo.creation_time} />`],
      promo.description && [text.fields.description, html`<span class="lines">${promo.description}</span>`],
    ]} />
  </section>`;
}

function Switch({ promo, onClose, onDone, onStale }) {
  const words = promo.is_active ? text.promo.deactivating : text.promo.activating;
  const work = async () => {
    const change = { is_active: !promo.is_active };
    await patch(`/api/v1/promos/${promo.id}`, change, { etag: promo.etag }).catch(whenStale(onStale));
    toast(words.done);
    onDone();
    onClose();
  };
  return html`<${Confirmation} title=${words.title} consequence=${words.consequence} action=${words.action} danger=${promo.is_active} work=${work} onClose=${onClose} />`;
}

function Delete({ promo, onClose, onStale }) {
  const work = async () => {
    await remove(`/api/v1/promos/${promo.id}`, { etag: promo.etag }).catch(whenStale(onStale));
    toast(text.promo.deleting.done);
    go("/promos");
  };
  const consequence = text.promo.deleting.consequence(promo.user.name, formatNumber(promo.remaining_points));
  return html`<${Confirmation} title=${text.promo.deleting.title(promo.promo_code)} consequence=${consequence} action=${text.promo.deleting.action} work=${work} onClose=${onClose} />`;
}

/** Somebody else's change is shown in the question, which is asked once more. */
function whenStale(onStale) {
  return (problem) => {
    if (problem.status === 412) onStale();
    throw problem;
  };
}
