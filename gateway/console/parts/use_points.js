/** Using points, of one promo or of all: sent once, and plainly said. */
import { useAttempt } from "../attempts.js";
import { formatNumber, toInteger } from "../format.js";
import { html, useState } from "../html.js";
import { text } from "../strings.js";
import { Dialog } from "./dialog.js";
import { FormRefusal, Submit, TextField, useSubmission } from "./form.js";
import { Icon } from "./icons.js";

/** `promo` is one's promo, or null for all of them; `left` is what can be used. */
export function UsePoints({ promo, left, onClose, onUsed }) {
  const path = promo ? `/api/v1/promos/${promo.id}/use` : "/api/v1/promos/me/use";
  // Whatever is clicked, it happens once.
  const { kept, send } = useAttempt(path);
  const [points, setPoints] = useState(kept?.points || "");
  const [task, setTask] = useState(kept?.task || "");
  const [done, setDone] = useState(null);
  const { busy, problem, submit } = useSubmission(async () => {
    const body = { points: toInteger(points), ...(task.trim() && { task }) };
    const answer = await send(path, body, { points, task });
    setDone(answer);
    onUsed(answer.data);
  });
  const title = promo ? text.use.title(promo.promo_code) : text.use.titleAll;
  if (done) return html`<${Done} title=${title} done=${done} promo=${promo} onClose=${onClose} />`;
  return html`<${Dialog} title=${title} onClose=${onClose} busy=${busy}>
    <form onSubmit=${submit} novalidate>
      <div class="dialog-body">
        ${kept && html`<${Unanswered} />`}
        <p class="use-left"><strong>${formatNumber(left)}</strong> ${text.use.left}</p>
        ${!promo && html`<p class="faint">${text.use.order}</p>`}
        <${TextField} label=${text.use.points} name="points" inputmode="numeric" autofocus value=${points} onInput=${setPoints} problem=${problem}
          hint=${text.use.pointsHint} />
        <${TextField} label=${text.use.task} name="task" optional value=${task} onInput=${setTask} problem=${problem}
          hint=${text.use.taskHint} />
        <${FormRefusal} problem=${explained(problem)} fields=${["points", "task"]} />
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button" disabled=${busy} onClick=${onClose}>${text.actions.cancel}</button>
        <${Submit} busy=${busy}>${text.use.action}<//>
      </footer>
    </form>
  <//>`;
}

/** Says in a form that it holds what was sent before, of which nothing is known. */
export function Unanswered() {
  return html`<p class="notice" role="status">${text.errors.unanswered}</p>`;
}

/**
 * The key was used by an attempt whose answer got lost: that one took effect. Where no
 * answer came at all, it may have.
 */
export function explained(problem) {
  if ([0, 502, 503, 504].includes(problem?.status)) {
    return { ...problem, detail: `${problem.detail} ${text.errors.noAnswer}`, errors: [], of: () => null };
  }
  if (problem?.code !== "idempotency_key_reused") return problem;
  return { ...problem, detail: text.errors.wentThrough, errors: [], of: () => null };
}

function Done({ title, done, promo, onClose }) {
  const { data, replayed } = done;
  const sentence = promo ? text.use.done : text.use.doneAll;
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <div class="dialog-body done" role="status">
      <span class="done-icon"><${Icon} name="check" size="28" /></span>
      <p class="done-title">${text.use.used(data.points)}</p>
      ${data.task && html`<p>${text.use.for(data.task)}</p>`}
      <p class="faint">${sentence(data.remaining_points)}</p>
      ${data.parts.length > 1 && html`<p class="faint small">${text.use.parts(data.parts.length)}</p>`}
      ${replayed && html`<p class="faint small">${text.use.replayed}</p>`}
    </div>
    <footer class="dialog-foot">
      <button type="button" class="button primary" autofocus onClick=${onClose}>${text.actions.done}</button>
    </footer>
  <//>`;
}
