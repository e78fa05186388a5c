/** What happened to a promo: its ledger and its revisions as one story, newest first. */
import { formatFully, formatNumber, formatSigned, formatTime } from "../format.js";
import { html } from "../html.js";
import { Actor } from "../people.js";
import { text } from "../strings.js";
import { Time } from "./bits.js";
import { Endless } from "./endless.js";
import { Empty } from "./feedback.js";

const COMPARED = ["promo_code", "promo_type", "promo_amount", "description", "start_time", "end_time", "is_active", "deleted"];

/**
 * `revisions` is null for who may not read them, `redemptions` tell what uses were for
 * and what came back, `onReverse` is offered on uses that something is left of.
 */
export function Timeline({ promoId, ledger, revisions, redemptions, onReverse }) {
  const known = new Map(redemptions.items.map((redemption) => [redemption.id, redemption]));
  const lists = [ledger, revisions].filter(Boolean);
  const both = {
    started: lists.every((list) => list.started),
    loading: lists.some((list) => list.loading),
    problem: lists.find((list) => list.problem)?.problem || null,
    done: lists.every((list) => list.done),
    reload: () => lists.forEach((list) => list.reload()),
    more: () => oldestEnd(lists)?.more(),
    items: eventsOf(ledger, revisions, frontierOf(lists)),
  };
  return html`<${Endless} list=${both} empty=${html`<${Empty} icon="history" title=${text.timeline.empty} />`}>
    <ol class="timeline">
      ${both.items.map((event) => html`<${Event} key=${event.at + event.key} event=${event} redemption=${known.get(event.entry?.redemption_id)} promoId=${promoId} onReverse=${onReverse} />`)}
    </ol>
  <//>`;
}

function Event({ event: { at, entry, changes, revision, actor }, redemption, promoId, onReverse }) {
  const kind = entry?.type || (revision?.deleted ? "void" : "change");
  const part = entry?.type === "use" && redemption?.parts.find((each) => each.promo_id === promoId);
  const isReversible = entry?.type === "use" && !(redemption?.reversed_points >= redemption?.points);
  return html`<li class=${`event event-${kind}`}>
    <div class="event-main">
      <p class="event-title">${entry ? text.timeline.entry[entry.type] || entry.type : titleOf(revision, changes)}</p>
      ${redemption?.task && html`<p>${redemption.task}</p>`}
      ${revision?.version === 1 && revision.description && html`<p class="faint">${revision.description}</p>`}
      ${changes?.length > 0 &&
      html`<ul class="changes">
        ${changes.map(([name, before, after]) => html`<li key=${name}><span class="faint">${text.fields[name]}</span> <s>${shown(name, before)}</s> → ${shown(name, after)}</li>`)}
      </ul>`}
      <p class="faint small"><${Actor} actor=${actor} /> · <${Time} at=${at} /></p>
    </div>
    ${entry &&
    html`<div class="event-points">
      <span class=${entry.points > 0 ? "plus" : "minus"}>${formatSigned(entry.points)}</span>
      <span class="faint small">${text.timeline.balance(formatNumber(entry.balance))}</span>
      ${part?.reversed_points > 0 && html`<span class="plus small">${text.redemption.back(formatNumber(part.reversed_points))}</span>`}
    </div>`}
    ${isReversible && onReverse &&
    html`<button type="button" class="button small" onClick=${() => onReverse(entry.redemption_id)}>${text.reverse.open}</button>`}
  </li>`;
}

function titleOf(revision, changes) {
  if (revision.version === 1) return text.timeline.entry.grant;
  if (revision.deleted) return text.timeline.deleted;
  const active = changes.find(([name]) => name === "is_active");
  if (changes.length === 1 && active) return active[2] ? text.timeline.activated : text.timeline.deactivated;
  return text.timeline.changed;
}

/** What happened at one moment, an entry and a revision together, is one event. */
function eventsOf(ledger, revisions, frontier) {
  const events = new Map();
  for (const entry of ledger.items) {
    const key = `entry ${entry.sequence}`;
    events.set(key, { key, at: entry.creation_time, entry, actor: entry.actor });
  }
  const bySecond = new Map(ledger.items.filter(joinsRevision).map((entry) => [entry.creation_time, `entry ${entry.sequence}`]));
  revisions?.items.forEach((revision, index) => {
    const older = revisions.items[index + 1];
    const changes = older ? differences(older, revision) : [];
    const key = bySecond.get(revision.creation_time) || `revision ${revision.version}`;
    events.set(key, { key, at: revision.creation_time, actor: revision.actor, ...events.get(key), revision, changes });
  });
  return [...events.values()].filter(({ at }) => at >= frontier).sort(newestFirst);
}

const joinsRevision = ({ type }) => ["grant", "adjust", "void"].includes(type);

function newestFirst(one, other) {
  if (one.at !== other.at) return one.at < other.at ? 1 : -1;
  return (other.entry?.sequence || 0) - (one.entry?.sequence || 0);
}

/** Older than this, something may still be missing: it is on a page not yet loaded. */
function frontierOf(lists) {
  const ends = lists.filter((list) => !list.done).map((list) => list.items.at(-1)?.creation_time || "");
  return ends.sort().at(-1) || "";
}

function oldestEnd(lists) {
  const open = lists.filter((list) => !list.done && list.items.length);
  return open.sort((one, other) => (one.items.at(-1).creation_time < other.items.at(-1).creation_time ? 1 : -1))[0];
}

function differences(before, after) {
  return COMPARED.filter((name) => before[name] !== after[name] && !(name === "deleted")).map((name) => [name, before[name], after[name]]);
}

function shown(name, value) {
  if (value === null || value === "") return text.none;
  if (name.endsWith("_time")) return html`<time datetime=${value} title=${formatFully(value)}>${formatTime(value)}</time>`;
  if (typeof value === "boolean") return value ? text.yes : text.no;
  return typeof value === "number" ? formatNumber(value) : value;
}
