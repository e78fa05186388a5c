/** Forms: a field with its label, hint and fault; and one submission at a time. */
import { html, useId, useLayoutEffect, useRef, useState } from "../html.js";
import { text } from "../strings.js";
import { Dialog } from "./dialog.js";
import { Refusal } from "./feedback.js";

/** Runs `work` once at a time; returns {busy, problem, submit, clear}. */
export function useSubmission(work) {
  const [state, setState] = useState({ busy: false, problem: null });
  const running = useRef(false);
  const form = useRef(null);
  // Before the fault is painted: a focus moved later would catch what is typed elsewhere.
  useLayoutEffect(() => {
    if (state.problem) focusFault(form.current);
  }, [state.problem]);
  const submit = async (event) => {
    event?.preventDefault();
    // State is drawn later than a second click arrives.
    if (running.current) return;
    running.current = true;
    form.current = event?.currentTarget;
    setState({ busy: true, problem: null });
    try {
      await work();
      setState({ busy: false, problem: null });
    } catch (problem) {
      setState({ busy: false, problem });
    } finally {
      running.current = false;
    }
  };
  return { ...state, submit, clear: () => setState({ busy: false, problem: null }) };
}

function focusFault(form) {
  form?.querySelector('[aria-invalid="true"]')?.focus();
}

/** A labelled control; `children` gets the attributes that tie it to its fault. */
export function Field({ label, hint, name, problem, optional = false, children }) {
  const id = useId();
  const fault = problem?.of?.(name);
  const described = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ");
  const attributes = {
    id,
    name,
    "aria-describedby": described || null,
    "aria-invalid": fault ? "true" : null,
  };
  return html`<div class=${fault ? "field field-faulty" : "field"}>
    <label for=${id}>${label}${optional && html` <span class="faint">${text.optional}</span>`}</label>
    ${children(attributes)}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${fault && html`<p class="fault" id=${`${id}-fault`}>${fault}</p>`}
  </div>`;
}

/** A field of one line of text; a password can be looked at. */
export function TextField({ value, onInput, problem, name, label, hint, optional, ...more }) {
  const input = (attributes, shown) =>
    html`<input type="text" autocomplete="off" ...${attributes} ...${more} ...${shown} value=${value}
      onInput=${(event) => onInput(event.currentTarget.value)} />`;
  return html`<${Field} ...${{ label, hint, name, problem, optional }}>
    ${(attributes) => (more.type === "password" ? html`<${Concealed} input=${input} attributes=${attributes} />` : input(attributes))}
  <//>`;
}

function Concealed({ input, attributes }) {
  const [isShown, setIsShown] = useState(false);
  const shown = isShown ? { type: "text", spellcheck: false, autocapitalize: "none" } : {};
  return html`<div class="concealed">
    ${input(attributes, shown)}
    <button type="button" class="link small" aria-pressed=${isShown ? "true" : "false"} aria-label=${text.actions.showTyped}
      onClick=${() => setIsShown(!isShown)}>${text.actions.show}</button>
  </div>`;
}

/** A field of several lines. */
export function TextArea({ value, onInput, problem, name, label, hint, optional, ...more }) {
  return html`<${Field} ...${{ label, hint, name, problem, optional }}>
    ${(attributes) =>
      html`<textarea rows="3" ...${attributes} ...${more} value=${value}
        onInput=${(event) => onInput(event.currentTarget.value)}></textarea>`}
  <//>`;
}

/** A choice of a few: options are [value, label]. */
export function Select({ value, onInput, problem, name, label, hint, options }) {
  return html`<${Field} ...${{ label, hint, name, problem }}>
    ${(attributes) =>
      html`<select ...${attributes} value=${value} onChange=${(event) => onInput(event.currentTarget.value)}>
        ${options.map(([each, shown]) => html`<option value=${each} selected=${each === value}>${shown}</option>`)}
      </select>`}
  <//>`;
}

/** A yes or no. */
export function Checkbox({ checked, onInput, label, hint, name }) {
  const id = useId();
  return html`<div class="checkbox">
    <input type="checkbox" id=${id} name=${name} checked=${checked} aria-describedby=${hint ? `${id}-hint` : null}
      onChange=${(event) => onInput(event.currentTarget.checked)} />
    <div>
      <label for=${id}>${label}</label>
      ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    </div>
  </div>`;
}

/** The refusal of a form as a whole: what none of its `fields` shows. */
export function FormRefusal({ problem, fields = [] }) {
  if (!problem) return null;
  const elsewhere = (problem.errors || []).filter((error) => !fields.includes(error.field));
  if (problem.errors?.length && !elsewhere.length) return null;
  const detail = elsewhere.length
    ? elsewhere.map((error) => `${error.field}: ${error.detail}`).join(" ")
    : problem.detail || problem.message;
  return html`<${Refusal} problem=${{ detail, requestId: problem.status >= 500 && problem.requestId }} />`;
}

/** A button that submits, and shows the wait in its place. */
export function Submit({ busy, danger = false, children, ...more }) {
  return html`<button type="submit" class=${danger ? "button danger" : "button primary"} aria-disabled=${busy ? "true" : null} ...${more}>
    ${busy && html`<span class="spinner" aria-hidden="true"></span>`}${children}
  </button>`;
}

/** A dialog that asks once before `work`, which may be refused right there. */
export function Confirmation({ title, consequence, action, danger = true, work, onClose, children, fields = [] }) {
  const { busy, problem, submit } = useSubmission(work);
  const fieldsOfIt = children?.(problem);
  return html`<${Dialog} title=${title} onClose=${onClose} busy=${busy}>
    <form onSubmit=${submit} novalidate>
      <div class="dialog-body">
        <p>${consequence}</p>
        ${fieldsOfIt}
        <${FormRefusal} problem=${problem} fields=${fields} />
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button" autofocus=${danger && !fieldsOfIt} disabled=${busy} onClick=${onClose}>${text.actions.cancel}</button>
        <${Submit} busy=${busy} danger=${danger} autofocus=${!danger && !fieldsOfIt}>${action}<//>
      </footer>
    </form>
  <//>`;
}
