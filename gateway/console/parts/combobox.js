/** A box to type in, with suggestions that come while one types (ARIA combobox). */
import { html, useEffect, useId, useRef, useState } from "../html.js";
import { text } from "../strings.js";
import { Icon } from "./icons.js";

const PAUSE_MILLISECONDS = 200;

/**
 * `suggest(typed, signal)` gives [{key, label, detail, value}]; `onChoose(value)` gets
 * what was chosen. `attributes` tie the input to a field's label and fault.
 */
export function Combobox({ suggest, onChoose, attributes = {}, placeholder, initial = "", clears = false, icon }) {
  const id = useId();
  const [typed, setTyped] = useState(initial);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const { found, waiting } = useSuggestions(suggest, open ? typed : "");
  const input = useRef(null);
  const eager = useRef(false);

  const choose = (suggestion) => {
    setTyped(clears ? "" : suggestion.chosen || suggestion.label);
    setOpen(false);
    onChoose(suggestion.value);
  };
  const onKeyDown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found?.length) {
      event.preventDefault();
      setOpen(true);
      setActive((active + step + found.length) % found.length);
    } else if (event.key === "Enter" && open && typed) {
      event.preventDefault();
      // What is shown may still be for what was typed before.
      if (waiting) eager.current = true;
      else if (found?.[active]) choose(found[active]);
    } else if (event.key === "Escape" && open && typed) {
      event.preventDefault();
      event.stopPropagation();
      setOpen(false);
    }
  };
  useEffect(() => {
    if (!waiting && eager.current && found?.[active]) choose(found[active]);
    if (!waiting) eager.current = false;
  }, [waiting]);
  const shown = open && typed.trim() !== "";
  return html`<div class="combobox">
    ${icon && html`<span class="combobox-icon"><${Icon} name=${icon} size="18" /></span>`}
    <input type="text" role="combobox" autocomplete="off" spellcheck=${false} autocapitalize="none" ref=${input} ...${attributes}
      class=${icon ? "with-icon" : ""} placeholder=${placeholder} value=${typed}
      aria-expanded=${shown ? "true" : "false"} aria-controls=${`${id}-list`} aria-autocomplete="list"
      aria-activedescendant=${shown && found?.[active] ? `${id}-${active}` : null}
      onInput=${(event) => {
        setTyped(event.currentTarget.value);
        setActive(0);
        setOpen(true);
        if (!clears) onChoose(null, event.currentTarget.value);
      }}
      onBlur=${() => setOpen(false)} onKeyDown=${onKeyDown} />
    <div class="suggestions" hidden=${!shown}>
      <ul role="listbox" id=${`${id}-list`} aria-label=${text.search.suggestions}>
        ${(found || []).map(
          (suggestion, index) => html`<li key=${suggestion.key} id=${`${id}-${index}`} role="option"
            aria-selected=${index === active ? "true" : "false"} onMouseDown=${(event) => event.preventDefault()}
            onClick=${() => choose(suggestion)} onMouseEnter=${() => setActive(index)}>
            <span>${suggestion.label}</span><span class="faint small">${suggestion.detail}</span>
          </li>`,
        )}
      </ul>
      <p class="suggestions-note faint small" role="status">
        ${shown && waiting && text.search.looking}${shown && !waiting && found?.length === 0 && text.search.nothing}
      </p>
    </div>
  </div>`;
}

function useSuggestions(suggest, typed) {
  const wanted = typed.trim();
  const [state, setState] = useState({ found: null, of: "" });
  useEffect(() => {
    if (!wanted) {
      setState({ found: null, of: "" });
      return undefined;
    }
    const control = new AbortController();
    const timer = setTimeout(async () => {
      const found = await suggest(wanted, control.signal).catch(() => []);
      if (!control.signal.aborted) setState({ found, of: wanted });
    }, PAUSE_MILLISECONDS);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [wanted]);
  return { found: state.found, waiting: state.of !== wanted };
}
