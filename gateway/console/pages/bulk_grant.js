/** A checked file: its preview, the grant's progress, and its report. */
import { formatNumber, formatTime, nameZone } from "../format.js";
import { html, useEffect, useMemo, useRef, useState } from "../html.js";
import { finishedAt, grantChunks, grantGoneAgain, leaveOutRefused, OUTCOMES, planGrant } from "../bulk/granting.js";
import { buildReport, download } from "../bulk/reporting.js";
import { Refusal, toast } from "../parts/feedback.js";
import { Checkbox, Confirmation } from "../parts/form.js";
import { text } from "../strings.js";
import { BulkTable } from "../parts/bulk_table.js";

/** Everything from the preview to the report; `onAgain` asks for another file. */
export function BulkGrant({ file, onAgain }) {
  const chunks = useMemo(() => planGrant(file), [file]);
  const before = useMemo(() => finishedAt(file), [file]);
  const [run, setRun] = useState({ state: "ready" });
  const [asking, setAsking] = useState(false);
  const [lookedAt, setLookedAt] = useState(false);
  const control = useRef(null);
  const counts = countRows(file.rows);
  useEffect(() => () => control.current?.abort(), []);
  useLeaveWarning(run.state === "running");

  const start = async () => {
    // State is drawn later than a second click arrives.
    if (control.current) return;
    control.current = new AbortController();
    const { signal } = control.current;
    const began = { at: Date.now(), rows: counts.settled };
    setRun({ state: "running", began });
    try {
      const onChange = (change) => signal.aborted || setRun((before) => ({ ...before, ...change, turn: (before.turn || 0) + 1 }));
      await grantChunks(file, chunks, { signal, onChange });
      const refused = chunks.some((chunk) => chunk.state === "refused");
      setRun({ state: refused ? "refused" : "done" });
      if (!refused) toast(countRows(file.rows).granted > 0 ? text.bulk.doneToast : text.bulk.nothingToast);
    } catch (problem) {
      setRun(signal.aborted ? { state: "ready", paused: true } : { state: "ready", problem });
    } finally {
      control.current = null;
    }
  };
  const grantOthers = () => (leaveOutRefused(file, chunks), start());
  const askAgain = () => (grantGoneAgain(chunks), setRun({ state: "ready" }), setAsking(true));
  const report = () => download(buildReport(file), text.bulk.reportName(file.name));
  const status = { run, counts };
  return html`
    <section class="card padded bulk-status" aria-labelledby="file-name">
      <div class="section-head">
        <h2 id="file-name">${file.name}</h2>
        <div class="page-actions">
          ${run.state !== "running" && html`<button type="button" class="button" onClick=${onAgain}>${text.bulk.another}</button>`}
          ${run.state !== "running" && html`<button type="button" class="button" onClick=${report}>${text.bulk.report}</button>`}
          ${run.state === "running" && html`<button type="button" class="button" onClick=${() => control.current?.abort()}>${text.bulk.pause}</button>`}
          ${run.state === "ready" && counts.waiting > 0 && html`<button type="button" class="button primary" onClick=${() => (run.paused ? start() : setAsking(true))}>${run.paused ? text.bulk.goOn : text.bulk.start(counts.waiting)}</button>`}
          ${run.state === "refused" && html`<button type="button" class="button primary" onClick=${grantOthers}>${text.bulk.others(formatNumber(counts.waiting))}</button>`}
          ${run.state === "done" && counts.gone > 0 && html`<button type="button" class="button" onClick=${askAgain}>${text.bulk.again(counts.gone)}</button>`}
        </div>
      </div>
      <${Counts} counts=${counts} />
      ${before && run.state === "ready" && html`<p class="faint">${text.bulk.before(formatTime(before))}</p>`}
      <${Progress} ...${status} />
      ${counts.warned > 0 && html`<p class="notice">${text.bulk.warned(counts.warned)}</p>`}
      ${run.problem && html`<${Refusal} problem=${run.problem} />`}
    </section>
    <${BulkTable} file=${file} counts=${counts} />
    <p class="faint small zone-note">${text.zone(nameZone())}</p>
    ${asking && html`<${Ask} counts=${counts} lookedAt=${lookedAt} setLookedAt=${setLookedAt} onClose=${() => setAsking(false)} onStart=${() => (setAsking(false), start())} />`}`;
}

/** What a spreadsheet probably made of codes is confirmed once for the file. */
function Ask({ counts, lookedAt, setLookedAt, onClose, onStart }) {
  const hasToLook = counts.warned > 0;
  const work = async () => {
    if (hasToLook && !lookedAt) throw new Error(text.bulk.lookFirst);
    onStart();
  };
  const consequence = text.bulk.consequence(counts.waiting, counts.points, counts.faulty);
  return html`<${Confirmation} title=${text.bulk.start(counts.waiting)} consequence=${consequence} action=${text.bulk.action} danger=${false} onClose=${onClose} work=${work}>
    ${() => hasToLook && html`<${Checkbox} name="looked_at" checked=${lookedAt} onInput=${setLookedAt} label=${text.bulk.lookedAt(counts.warned)} />`}
  <//>`;
}

function Counts({ counts }) {
  const shown = [
    ["rows", counts.rows],
    ["granted", counts.granted],
    ["before", counts.before],
    ["gone", counts.gone],
    ["present", counts.present],
    ["faulty", counts.faulty],
    ["refused", counts.refused],
    ["left-out", counts.leftOut],
  ].filter(([name, count]) => count > 0 || ["rows", "faulty"].includes(name));
  return html`<ul class="counts">
    ${shown.map(([name, count]) => html`<li key=${name} class=${`count count-${count ? name : "none"}`}><strong>${formatNumber(count)}</strong> ${text.bulk.counts[name]}</li>`)}
  </ul>`;
}

function Progress({ run, counts }) {
  if (run.state === "ready" && !run.paused) return null;
  const replayed = counts.before + counts.gone;
  return html`<div class="bulk-progress">
    <progress value=${counts.settled} max=${counts.rows} aria-label=${text.bulk.progress}></progress>
    <p role="status">${sentenceOf(run, counts)}</p>
    ${replayed > 0 && html`<p class="faint small">${text.bulk.replayed(formatNumber(replayed))}</p>`}
    ${counts.gone > 0 && html`<p class="faint small">${text.bulk.gone(counts.gone)}</p>`}
  </div>`;
}

function sentenceOf(run, counts) {
  if (run.waitsFor) return text.bulk.waits(run.waitsFor.detail);
  const settled = [formatNumber(counts.settled), formatNumber(counts.rows)];
  if (run.paused) return text.bulk.paused(...settled);
  if (run.state === "done") return text.bulk.done(counts.granted);
  if (run.state === "refused") return text.bulk.refused(counts.refused, counts.present, counts.waiting);
  const speed = run.began && (counts.settled - run.began.rows) / (Date.now() - run.began.at);
  const seconds = speed > 0 ? Math.ceil(counts.waiting / speed / 1000) : null;
  return text.bulk.running(...settled, seconds);
}

function countRows(rows) {
  const counts = { rows: rows.length, waiting: 0, granted: 0, before: 0, gone: 0, present: 0, faulty: 0, refused: 0, leftOut: 0, warned: 0, points: 0 };
  for (const row of rows) {
    const name = row.outcome === OUTCOMES.leftOut ? "leftOut" : row.outcome;
    counts[name] += 1;
    if (row.outcome !== OUTCOMES.waiting) continue;
    counts.points += row.grant.promo_amount;
    counts.warned += Number(row.warnings.length > 0);
  }
  counts.settled = counts.rows - counts.waiting;
  return counts;
}

function useLeaveWarning(active) {
  useEffect(() => {
    if (!active) return undefined;
    const warn = (event) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [active]);
}
