/** Giving points of a redemption back, partly or whole. */
import { get } from "../api.js";
import { useAttempt } from "../attempts.js";
import { formatNumber, toInteger } from "../format.js";
import { html, useLayoutEffect, useRef, useState } from "../html.js";
import { useResource } from "../loading.js";
import { text } from "../strings.js";
import { Facts, Time } from "./bits.js";
import { Dialog } from "./dialog.js";
import { Refusal, Skeleton, toast } from "./feedback.js";
import { FormRefusal, Submit, TextField, useSubmission } from "./form.js";
import { explained, Unanswered } from "./use_points.js";

/** Shows a redemption and gives back what is asked for. */
export function Reverse({ redemptionId, onClose, onReversed }) {
  const path = `/api/v1/redemptions/${redemptionId}`;
  const { data, problem, reload } = useResource((signal) => get(path, {}, signal), [path]);
  return html`<${Dialog} title=${text.reverse.title} onClose=${onClose}>
    ${problem && html`<div class="dialog-body"><${Refusal} problem=${problem} retry=${reload} /></div>`}
    ${!data && !problem && html`<div class="dialog-body"><${Skeleton} lines="6" /></div>`}
    ${data && data.reversed_points >= data.points && html`<p class="dialog-body">${text.reverse.nothing}</p>`}
    ${data && data.reversed_points < data.points && html`<${ReverseForm} redemption=${data} onClose=${onClose} onReversed=${onReversed} />`}
  <//>`;
}

function ReverseForm({ redemption, onClose, onReversed }) {
  const left = redemption.points - redemption.reversed_points;
  const path = `/api/v1/redemptions/${redemption.id}/reverse`;
  const { kept, send } = useAttempt(path);
  const [points, setPoints] = useState(kept?.points || String(left));
  const [reason, setReason] = useState(kept?.reason || "");
  const field = useRef(null);
  // The dialog was open before there was a field that it could give the focus to.
  useLayoutEffect(() => {
    const input = field.current.querySelector("input");
    input.focus();
    input.select();
  }, []);
  const { busy, problem, submit, clear } = useSubmission(async () => {
    const body = { points: toInteger(points), ...(reason.trim() && { reason }) };
    const { data } = await send(path, body, { points, reason });
    toast(text.reverse.done(formatNumber(data.reversed_points), formatNumber(data.points)));
    onReversed(data);
    onClose();
  });
  return html`<form onSubmit=${submit} novalidate>
    <div class="dialog-body" ref=${field}>
      ${kept && html`<${Unanswered} />`}
      <${Facts} facts=${[
        [text.redemption.task, redemption.task || text.redemption.noTask],
        [text.redemption.when, html`<${Time} at=${redemption.creation_time} />`],
        [text.redemption.used, formatNumber(redemption.points)],
        [text.redemption.reversed, formatNumber(redemption.reversed_points)],
      ]} />
      <p>${text.reverse.consequence(redemption.parts.length)}</p>
      <${TextField} label=${text.reverse.points} name="points" inputmode="numeric" value=${points} onInput=${setPoints} problem=${problem}
        hint=${text.reverse.pointsHint(formatNumber(left))} />
      <${TextField} label=${text.reverse.reason} name="reason" optional value=${reason} onInput=${setReason} problem=${problem}
        hint=${text.reverse.reasonHint} />
      <${FormRefusal} problem=${explained(problem)} fields=${["points", "reason"]} />
      ${problem?.reversiblePoints > 0 && html`<p><button type="button" class="button small" onClick=${() => (setPoints(String(problem.reversiblePoints)), clear())}>${text.reverse.only(formatNumber(problem.reversiblePoints))}</button></p>`}
    </div>
    <footer class="dialog-foot">
      <button type="button" class="button" disabled=${busy} onClick=${onClose}>${text.actions.cancel}</button>
      <${Submit} busy=${busy}>${text.reverse.action}<//>
    </footer>
  </form>`;
}
