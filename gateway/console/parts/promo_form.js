/** Granting a promo, and changing one without overwriting somebody else's change. */
import { get, getTagged, patch } from "../api.js";
import { useAttempt } from "../attempts.js";
import { formatNumber, nameZone, toInteger, toLocalInput } from "../format.js";
import { html, useState } from "../html.js";
import { useResource } from "../loading.js";
import { readLocal, withOffset } from "../local_times.js";
import { suggestUsers } from "../people.js";
import { text } from "../strings.js";
import { Problem } from "../wire.js";
import { Combobox } from "./combobox.js";
import { Dialog } from "./dialog.js";
import { toast } from "./feedback.js";
import { Checkbox, Field, FormRefusal, Submit, TextArea, TextField, useSubmission } from "./form.js";
import { explained, Unanswered } from "./use_points.js";

const FIELDS = ["user_id", "username", "promo_type", "promo_code", "promo_amount", "description", "start_time", "end_time"];
const EMPTY = { promo_type: "", promo_code: "", promo_amount: "", description: "", start_time: "", end_time: "", is_active: true };

/** Grants a promo; `user` is chosen beforehand where one comes from a user's page. */
export function GrantPromo({ user = null, onClose, onGranted }) {
  const { kept, send } = useAttempt(`grant ${user?.id || ""}`);
  const [values, setValues] = useState(kept?.values || EMPTY);
  const [holder, setHolder] = useState(user || kept?.holder || null);
  const [typed, setTyped] = useState(kept?.typed || "");
  const [allowEnded, setAllowEnded] = useState(kept?.allowEnded || false);
  const { busy, problem, submit } = useSubmission(async () => {
    const named = holder ? { user_id: holder.id } : { username: typed.trim() };
    const allowed = allowEnded ? { allow_ended: true } : {};
    const body = { ...named, ...asGrant(values), ...allowed };
    const { data } = await send("/api/v1/promos", body, { values, holder, typed, allowEnded });
    toast(text.promoForm.granted(data.promo_amount, data.user.name));
    onGranted(data);
  });
  return html`<${Dialog} title=${text.promoForm.grantTitle} onClose=${onClose} busy=${busy} wide>
    <form onSubmit=${submit} novalidate>
      <div class="dialog-body">
        ${kept && html`<${Unanswered} />`}
        ${user
          ? html`<p>${text.promoForm.forUser(user.name, user.username)}</p>`
          : html`<${Field} label=${text.promoForm.user} hint=${text.promoForm.userHint} name=${holder ? "user_id" : "username"} problem=${problem}>
              ${(attributes) => html`<${Combobox} attributes=${{ ...attributes, autofocus: true }} initial=${holder ? `${holder.name} (@${holder.username})` : typed} placeholder=${text.promoForm.userPlaceholder}
                suggest=${(search, signal) => suggestUsers(search, signal, { role: "normal" })}
                onChoose=${(chosen, letters) => (setHolder(chosen), setTyped(letters || ""))} />`}
            <//>`}
        <${PromoFields} values=${values} setValues=${setValues} problem=${problem} autofocus=${Boolean(user)} />
        ${(allowEnded || isOver(problem)) && html`<${Checkbox} name="allow_ended" checked=${allowEnded} onInput=${setAllowEnded} label=${text.promoForm.allowEnded} />`}
        <${FormRefusal} problem=${explained(problem)} fields=${FIELDS} />
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button" disabled=${busy} onClick=${onClose}>${text.actions.cancel}</button>
        <${Submit} busy=${busy}>${text.promoForm.grant}<//>
      </footer>
    </form>
  <//>`;
}

const isOver = (problem) => problem?.errors?.some(({ code }) => code === "already_ended");

/** Changes a promo; a change by somebody else meanwhile is shown, not overwritten. */
export function ModifyPromo({ promo, onClose, onModified }) {
  const [base, setBase] = useState(promo);
  const [values, setValues] = useState(valuesOf(promo));
  const [theirs, setTheirs] = useState(null);
  const path = `/api/v1/promos/${promo.id}`;
  const { busy, problem, submit, clear } = useSubmission(async () => {
    const changes = changesBetween(valuesOf(base), values);
    try {
      const modified = await patch(path, changes, { etag: base.etag });
      toast(text.promoForm.saved);
      onModified(modified);
    } catch (refusal) {
      if (refusal.status !== 412) throw refusal;
      const found = await getTagged(path);
      // Where it is what was typed, an answer got lost: there is nothing left to change.
      if (Object.keys(touched(valuesOf(found), values)).length) {
        setTheirs(found);
        throw refusal;
      }
      toast(text.promoForm.saved);
      onModified(found);
    }
  });
  const takeTheirs = () => {
    // What was not touched here follows the other change; what was typed stays.
    setValues({ ...valuesOf(theirs), ...touched(valuesOf(base), values) });
    setBase(theirs);
    setTheirs(null);
    clear();
  };
  return html`<${Dialog} title=${text.promoForm.modifyTitle(promo.promo_code)} onClose=${onClose} busy=${busy} wide>
    <form onSubmit=${submit} novalidate>
      <div class="dialog-body">
        ${theirs && html`<${ChangedMeanwhile} base=${base} theirs=${theirs} typed=${values} onTake=${takeTheirs} />`}
        <${PromoFields} values=${values} setValues=${setValues} problem=${problem} used=${base.used_points} />
        ${!theirs && html`<${FormRefusal} problem=${problem} fields=${FIELDS} />`}
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button" disabled=${busy} onClick=${onClose}>${text.actions.cancel}</button>
        ${!theirs && html`<${Submit} busy=${busy}>${text.actions.save}<//>`}
      </footer>
    </form>
  <//>`;
}

function ChangedMeanwhile({ base, theirs, typed, onTake }) {
  const [before, after] = [valuesOf(base), valuesOf(theirs)];
  const names = Object.keys(before).filter((name) => before[name] !== after[name]);
  return html`<div class="notice" role="alert">
    <p><strong>${text.promoForm.changedTitle}</strong></p>
    <ul>
      ${names.map((name) => html`<li key=${name}>${text.fields[name]}: ${shownValue(name, before[name])} → ${shownValue(name, after[name])}${typed[name] !== before[name] && ` ${text.promoForm.youTyped(shownValue(name, typed[name]))}`}</li>`)}
    </ul>
    <p>${text.promoForm.changedBody}</p>
    <button type="button" class="button" onClick=${onTake}>${text.promoForm.changedAction}</button>
  </div>`;
}

function PromoFields({ values, setValues, problem, used = 0, autofocus = false }) {
  const types = useTypes();
  const put = (name) => (value) => setValues((before) => ({ ...before, [name]: value }));
  const zone = text.promoForm.zone(nameZone());
  const common = (name) => ({ name, label: text.fields[name], value: values[name], onInput: put(name), problem });
  return html`
    <div class="pair">
      <${TextField} ...${common("promo_code")} hint=${text.promoForm.codeHint} autofocus=${autofocus} spellcheck=${false} autocapitalize="characters" />
      <${TextField} ...${common("promo_type")} hint=${text.promoForm.typeHint} list="promo-types" spellcheck=${false} autocapitalize="none" />
    </div>
    <${TextField} ...${common("promo_amount")} inputmode="numeric" hint=${used > 0 ? text.promoForm.amountUsed(formatNumber(used)) : text.promoForm.amountHint} />
    <div class="pair">
      <${TextField} ...${common("start_time")} type="datetime-local" optional hint=${text.promoForm.startHint(zone)} />
      <${TextField} ...${common("end_time")} type="datetime-local" optional hint=${text.promoForm.endHint(zone)} />
    </div>
    <${TextArea} ...${common("description")} optional />
    <datalist id="promo-types">${types.map((type) => html`<option key=${type} value=${type} />`)}</datalist>
    <${Checkbox} name="is_active" checked=${values.is_active} onInput=${put("is_active")} label=${text.fields.is_active} hint=${text.promoForm.activeHint} />`;
}

/** The types of the newest promos, as suggestions; without an answer there are none. */
function useTypes() {
  const { data } = useResource((signal) => get("/api/v1/promos", { page_size: 100 }, signal), []);
  return [...new Set(data?.results.map((promo) => promo.promo_type))].sort();
}

function valuesOf(promo) {
  return {
    promo_code: promo.promo_code,
    promo_type: promo.promo_type,
    promo_amount: String(promo.promo_amount),
    start_time: toLocalInput(promo.start_time),
    end_time: toLocalInput(promo.end_time),
    description: promo.description || "",
    is_active: promo.is_active,
  };
}

function touched(before, now) {
  return Object.fromEntries(Object.entries(now).filter(([name, value]) => value !== before[name]));
}

function changesBetween(before, now) {
  const changes = touched(before, now);
  if ("promo_type" in changes) changes.promo_type = changes.promo_type.toLowerCase();
  if ("promo_amount" in changes) changes.promo_amount = toInteger(changes.promo_amount);
  for (const name of ["start_time", "end_time"]) {
    if (changes[name]) changes[name] = readTime(name, changes[name]);
  }
  for (const name of ["end_time", "description"]) if (changes[name] === "") changes[name] = null;
  if (changes.start_time === "") delete changes.start_time;
  return changes;
}

/** What the clocks never show, or show twice, is refused: it would be guessed. */
function readTime(name, value) {
  const { moment, fault, moments = [] } = readLocal(value);
  if (!fault) return moment.toISOString().replace(".000Z", "Z");
  if (fault === "time") return value; // for the API to judge
  const detail = text.times[fault](nameZone(), moments.map(withOffset));
  throw new Problem(400, { code: "validation_error", errors: [{ field: name, detail }] });
}

function asGrant(values) {
  const grant = { ...changesBetween({ ...EMPTY, is_active: null }, values) };
  grant.promo_type = values.promo_type.toLowerCase();
  grant.promo_code = values.promo_code;
  grant.promo_amount = toInteger(values.promo_amount);
  return grant;
}

function shownValue(name, value) {
  if (value === true) return text.yes;
  if (value === false) return text.no;
  if (value === "") return text.none;
  return name.endsWith("_time") ? value.replace("T", " ") : value;
}
