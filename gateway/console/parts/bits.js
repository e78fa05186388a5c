/** Small things that many pages show: times, points, states, people. */
import { formatDistance, formatFully, formatNumber, formatTime, nameZone } from "../format.js";
import { html } from "../html.js";
import { text } from "../strings.js";

/** A time in the viewer's zone, which the tooltip names. */
export function Time({ at, distance = false }) {
  if (!at) return text.promo.never;
  return html`<time datetime=${at} title=${formatFully(at)}>${distance ? formatDistance(at) : formatTime(at)}</time>`;
}

/** Says once a page which zone its times are in. */
export function ZoneNote() {
  return html`<p class="faint small zone-note">${text.zone(nameZone())}</p>`;
}

/** What a promo is just now. */
export function StatusBadge({ status }) {
  return html`<span class=${`badge badge-${status}`}>${text.status[status] || status}</span>`;
}

/** What is left of what was given, as a bar. */
export function Meter({ left, of, label }) {
  const share = of > 0 ? Math.max(0, Math.min(1, left / of)) : 0;
  return html`<div class="meter" role="meter" aria-label=${label || text.promo.left} aria-valuemin="0" aria-valuemax=${of}
    aria-valuenow=${left} aria-valuetext=${text.promo.leftOf(formatNumber(left), formatNumber(of))}>
    <div class="meter-fill" style=${{ width: `${share * 100}%` }}></div>
  </div>`;
}

/** A name above a username. */
export function Person({ name, username, href }) {
  const shown = href ? html`<a href=${href}>${name}</a>` : name;
  return html`<span class="person">
    <span class="person-name">${shown}</span>
    <span class="faint small">@${username}</span>
  </span>`;
}

/** The head of a page: where it is, what can be done. */
export function PageHead({ title, intro, back, children }) {
  return html`<header class="page-head">
    <div>
      ${back && html`<a class="back" href=${back.href}>${back.label}</a>`}
      <h1 tabindex="-1">${title}</h1>
      ${intro && html`<p class="intro">${intro}</p>`}
    </div>
    ${children && html`<div class="page-actions">${children}</div>`}
  </header>`;
}

/** Terms and what they are. */
export function Facts({ facts }) {
  return html`<dl class="facts">
    ${facts.filter(Boolean).map(
      ([term, value]) => html`<div key=${term}><dt>${term}</dt><dd>${value}</dd></div>`,
    )}
  </dl>`;
}

/** One of a few views, as links. */
export function Tabs({ label, tabs, current }) {
  return html`<nav class="tabs" aria-label=${label}>
    ${tabs.map(
      ({ name, title, href }) =>
        html`<a key=${name} href=${href} aria-current=${name === current ? "page" : null}>${title}</a>`,
    )}
  </nav>`;
}
