/** One user, for administrators: who they are, what they hold, what can be done. */
import { get } from "../api.js";
import { html, useState } from "../html.js";
import { useList, useResource } from "../loading.js";
import { Facts, PageHead, Tabs, Time, ZoneNote } from "../parts/bits.js";
import { Endless } from "../parts/endless.js";
import { Empty, Refusal, Skeleton } from "../parts/feedback.js";
import { GrantPromo } from "../parts/promo_form.js";
import { Redemptions } from "../parts/redemptions.js";
import { Reverse } from "../parts/reverse.js";
import { ChangeRole, DeleteUser, ModifyUser, SetPassword, Suspend } from "../parts/user_forms.js";
import { go, linkTo } from "../router.js";
import { text } from "../strings.js";
import { PromoTable } from "./promos.js";
import { UserBadge } from "./users.js";

/** The page of a user. */
export function UserPage({ id, query, user: me }) {
  const path = `/api/v1/users/${encodeURIComponent(id)}`;
  const { data: user, problem, reload, put } = useResource((signal) => get(path, {}, signal), [path]);
  const [dialog, setDialog] = useState(null);
  const [changes, setChanges] = useState(0);
  const change = () => setChanges((before) => before + 1);
  const close = () => setDialog(null);
  const holds = user?.role === "normal";
  const common = { user, onClose: close, onModified: put };
  return html`
    <${Head} user=${user} me=${me} setDialog=${setDialog} />
    ${problem && html`<${Refusal} problem=${problem} retry=${reload} />`}
    ${!user && !problem && html`<${Skeleton} lines="1" kind="chart" />`}
    ${user && html`<${Summary} user=${user} />`}
    ${holds && html`<${Holdings} key=${changes} user=${user} query=${query} setDialog=${setDialog} />`}
    ${user && !holds && html`<${Empty} icon="promos" title=${text.user.holdsNone} />`}
    ${user && html`<${ZoneNote} />`}
    ${dialog === "modify" && html`<${ModifyUser} ...${common} />`}
    ${dialog === "role" && html`<${ChangeRole} ...${common} />`}
    ${dialog === "suspend" && html`<${Suspend} ...${common} />`}
    ${dialog === "password" && html`<${SetPassword} ...${common} />`}
    ${dialog === "delete" && html`<${DeleteUser} ...${common} onDeleted=${() => go("/users")} />`}
    ${dialog === "grant" && html`<${GrantPromo} ...${common} onGranted=${() => (close(), change())} />`}
    ${dialog?.reverse && html`<${Reverse} redemptionId=${dialog.reverse} onClose=${close} onReversed=${change} />`}`;
}

function Head({ user, me, setDialog }) {
  const back = { href: "#/users", label: text.nav.users };
  if (!user) return html`<${PageHead} title=${text.user.title} back=${back} />`;
  const isMe = user.id === me.id;
  const button = (name, title, kind = "") =>
    html`<button type="button" class=${`button ${kind}`} onClick=${() => setDialog(name)}>${title}</button>`;
  return html`<${PageHead} title=${user.name} back=${back} intro=${html`<${UserBadge} user=${user} /> @${user.username}`}>
    ${button("role", user.role === "normal" ? text.user.promote : text.user.demote)}
    ${button("suspend", user.is_active ? text.user.suspend : text.user.resume)}
    ${!isMe && button("password", text.user.password)}
    ${button("delete", text.user.delete, "danger-outline")}
    ${button("modify", text.user.modify, "primary")}
  <//>`;
}

function Summary({ user }) {
  return html`<section class="card padded">
    <${Facts} facts=${[
      [text.fields.role, text.role[user.role]],
      user.mobile_number && [text.fields.mobile_number, user.mobile_number],
      [text.fields.address, html`<span class="lines">${user.address || text.none}</span>`],
      [text.users.since, html`<${Time} at=${user.creation_time} />`],
    ]} />
  </section>`;
}

function Holdings({ user, query, setDialog }) {
  const tab = query.tab === "redemptions" ? "redemptions" : "promos";
  const promos = useList("/api/v1/promos", { user_id: user.id });
  const redemptions = useList("/api/v1/redemptions", { user_id: user.id });
  const tabs = ["promos", "redemptions"].map((name) => ({
    name,
    title: text.user.tab[name],
    href: linkTo(`/users/${user.id}`, { tab: name === "promos" ? "" : name }),
  }));
  const grant = html`<button type="button" class="button" onClick=${() => setDialog("grant")}>${text.promos.grant}</button>`;
  return html`
    <div class="section-head">
      <${Tabs} label=${text.user.tabs} current=${tab} tabs=${tabs} />
      ${user.is_active && grant}
    </div>
    ${tab === "promos"
      ? html`<${Endless} list=${promos} empty=${html`<${Empty} icon="gift" title=${text.user.none} />`}>
          <${PromoTable} promos=${promos.items} withUser=${false} />
        <//>`
      : html`<section class="card padded"><${Redemptions} list=${redemptions} promos=${promos.items} onReverse=${(redemption) => setDialog({ reverse: redemption })} /></section>`}`;
}
