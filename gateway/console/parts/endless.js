/** The end of a list that loads more as one gets there, or on demand. */
import { html, useEffect, useRef } from "../html.js";
import { text } from "../strings.js";
import { Refusal, Skeleton } from "./feedback.js";

/** Draws a list's rows with its waits: `empty` when there is nothing. */
export function Endless({ list, empty, skeleton = "row", children }) {
  if (!list.started && list.problem) return html`<${Refusal} problem=${list.problem} retry=${list.reload} />`;
  if (!list.started) return html`<${Skeleton} lines="6" kind=${skeleton} />`;
  if (!list.items.length) return empty;
  return html`${children}<${Foot} list=${list} />`;
}

function Foot({ list }) {
  const sentinel = useRef(null);
  const { more, done, loading } = list;
  useEffect(() => {
    if (done || loading || list.problem) return undefined;
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && more(),
      { rootMargin: "600px" },
    );
    observer.observe(sentinel.current);
    return () => observer.disconnect();
  }, [more, done, loading]);
  if (list.problem) return html`<${Refusal} problem=${list.problem} retry=${more} />`;
  if (done) return html`<p class="list-end faint small">${text.list.end(list.items.length)}</p>`;
  return html`<div class="list-more" ref=${sentinel}>
    <button type="button" class="button" onClick=${more} aria-disabled=${loading ? "true" : null}>
      ${loading && html`<span class="spinner" aria-hidden="true"></span>`} ${loading ? text.loading : text.list.more}
    </button>
  </div>`;
}
