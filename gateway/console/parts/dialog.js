/** Native dialogs: focus goes in, stays in, and returns to where it was. */
import { html, useId, useLayoutEffect, useRef } from "../html.js";
import { text } from "../strings.js";
import { Icon } from "./icons.js";

/** A dialog that is open as long as it is drawn; `busy` keeps it open. */
export function Dialog({ title, onClose, busy = false, wide = false, children }) {
  const id = useId();
  const element = useRef(null);
  useLayoutEffect(() => {
    const dialog = element.current;
    const opener = document.activeElement;
    dialog.showModal();
    return () => {
      dialog.close();
      if (opener?.isConnected) opener.focus();
    };
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    if (!busy && onClose) onClose();
  };
  return html`<dialog ref=${element} class=${wide ? "dialog wide" : "dialog"} aria-labelledby=${id} onCancel=${cancel}>
    <header class="dialog-head">
      <h2 id=${id}>${title}</h2>
      ${onClose &&
      html`<button type="button" class="ghost square" disabled=${busy} onClick=${onClose} aria-label=${text.actions.close}>
        <${Icon} name="close" />
      </button>`}
    </header>
    ${children}
  </dialog>`;
}
