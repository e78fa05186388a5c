/** What the page says by itself: toasts, the outage, emptiness, refusals, and waiting. */
import { isBack, outage } from "../api.js";
import { html, useEffect, useState } from "../html.js";
import { makeStore, useStore } from "../store.js";
import { text } from "../strings.js";
import { Icon } from "./icons.js";

const SECONDS = 6;
const toasts = makeStore([]);
const timers = new Map();
let number = 0;

/** Says something for a few seconds, to screen readers too. */
export function toast(message, kind = "success") {
  const id = (number += 1);
  toasts.set([...toasts.get(), { id, message, kind }]);
  timers.set(id, setTimeout(() => dismiss(id), SECONDS * 1000));
}

function dismiss(id) {
  clearTimeout(timers.get(id));
  timers.delete(id);
  toasts.set(toasts.get().filter((each) => each.id !== id));
}

/** What somebody points at, or has the focus in, stays until they are done with it. */
function hold(isHeld) {
  for (const [id, timer] of timers) {
    clearTimeout(timer);
    timers.set(id, isHeld ? 0 : setTimeout(() => dismiss(id), SECONDS * 1000));
  }
}

/** Where toasts appear; always there, so that screen readers listen to it. */
export function Toasts() {
  const shown = useStore(toasts);
  return html`<div class="toasts" role="status" aria-live="polite"
    onMouseEnter=${() => hold(true)} onMouseLeave=${() => hold(false)} onFocusIn=${() => hold(true)} onFocusOut=${() => hold(false)}>
    ${shown.map(
      ({ id, message, kind }) => html`<div class=${`toast toast-${kind}`} key=${id}>
        <${Icon} name=${kind === "success" ? "check" : "warning"} />
        <span>${message}</span>
        <button type="button" class="ghost square" onClick=${() => (dismiss(id), hold(false))} aria-label=${text.actions.dismiss}>
          <${Icon} name="close" size="16" />
        </button>
      </div>`,
    )}
  </div>`;
}

/** Says that the API is away, and goes when it is back. */
export function OutageBanner() {
  const waiting = useStore(outage) > 0;
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (waiting) setSeen(true);
    else if (seen) {
      setSeen(false);
      if (isBack()) toast(text.outage.over);
    }
  }, [waiting]);
  return html`<div role="alert" class="outage" hidden=${!waiting}>
    ${waiting && html`<span class="spinner" aria-hidden="true"></span> ${text.outage.now}`}
  </div>`;
}

/** Nothing to show, and what to do about it. */
export function Empty({ icon = "promos", title, children }) {
  return html`<div class="empty">
    <span class="empty-icon"><${Icon} name=${icon} size="28" /></span>
    <p class="empty-title">${title}</p>
    ${children && html`<div class="empty-body">${children}</div>`}
  </div>`;
}

/** A refusal in the API's own words. */
export function Refusal({ problem, retry }) {
  if (!problem) return null;
  return html`<div class="refusal" role="alert">
    <${Icon} name="warning" />
    <div>
      <p>${problem.detail || problem.message}</p>
      ${problem.requestId && html`<p class="faint small">${text.errors.requestId(problem.requestId)}</p>`}
      ${retry && html`<button type="button" class="button small" onClick=${retry}>${text.actions.retry}</button>`}
    </div>
  </div>`;
}

/** Grey lines in the place of what is being loaded, as high as it will be. */
export function Skeleton({ lines = 3, kind = "line" }) {
  return html`<div class=${`skeletons skeletons-${kind}`} role="status" aria-label=${text.loading}>
    ${Array.from({ length: lines }, (_, index) => html`<div class=${`skeleton skeleton-${kind}`} key=${index}></div>`)}
  </div>`;
}
