/** Making users and changing them; what becomes of their promos is said beforehand. */
import { patch, post, remove } from "../api.js";
import { toMobileNumber } from "../format.js";
import { html, useState } from "../html.js";
import { text } from "../strings.js";
import { Dialog } from "./dialog.js";
import { toast } from "./feedback.js";
import { Confirmation, FormRefusal, Select, Submit, TextArea, TextField, useSubmission } from "./form.js";

const FIELDS = ["username", "password", "name", "address", "mobile_number", "role"];

/** Makes a user of either role. */
export function CreateUser({ onClose, onCreated }) {
  const [values, setValues] = useState({ username: "", password: "", name: "", address: "", mobile_number: "", role: "normal" });
  const isNormal = values.role === "normal";
  const { busy, problem, submit } = useSubmission(async () => {
    const { address, mobile_number, ...body } = values;
    if (address.trim()) body.address = address;
    if (isNormal) body.mobile_number = toMobileNumber(mobile_number);
    const { data } = await post("/api/v1/users", body);
    toast(text.userForm.created(data.name));
    onCreated(data);
  });
  const field = fieldsOf(values, setValues, problem);
  const roles = ["normal", "administrator"].map((role) => [role, text.role[role]]);
  return html`<${Dialog} title=${text.users.create} onClose=${onClose} busy=${busy} wide>
    <form onSubmit=${submit} novalidate>
      <div class="dialog-body">
        <${Select} ...${field("role")} options=${roles} hint=${text.userForm.roleHint[values.role]} />
        <div class="pair">
          <${TextField} ...${field("name")} autofocus />
          <${TextField} ...${field("username")} hint=${text.register.usernameHint} autocapitalize="none" spellcheck=${false} />
        </div>
        <${TextField} ...${field("password")} type="password" hint=${text.register.passwordHint} autocomplete="new-password" />
        ${isNormal && html`<${TextField} ...${field("mobile_number")} type="tel" hint=${text.register.mobileHint} />`}
        <${TextArea} ...${field("address")} optional />
        <${FormRefusal} problem=${problem} fields=${FIELDS} />
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button" disabled=${busy} onClick=${onClose}>${text.actions.cancel}</button>
        <${Submit} busy=${busy}>${text.users.create}<//>
      </footer>
    </form>
  <//>`;
}

/** Changes name, number and address. */
export function ModifyUser({ user, onClose, onModified }) {
  const [values, setValues] = useState(contactOf(user));
  const { busy, problem, submit } = useSubmission(async () => {
    onModified(await patch(`/api/v1/users/${user.id}`, contactChanges(user, values)));
    toast(text.userForm.saved);
    onClose();
  });
  return html`<${Dialog} title=${text.userForm.modify(user.name)} onClose=${onClose} busy=${busy}>
    <form onSubmit=${submit} novalidate>
      <div class="dialog-body">
        <${ContactFields} user=${user} values=${values} setValues=${setValues} problem=${problem} />
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button" disabled=${busy} onClick=${onClose}>${text.actions.cancel}</button>
        <${Submit} busy=${busy}>${text.actions.save}<//>
      </footer>
    </form>
  <//>`;
}

/** What a user and an administrator may both change of the user. */
export function ContactFields({ user, values, setValues, problem }) {
  const field = fieldsOf(values, setValues, problem);
  return html`
    <${TextField} ...${field("name")} autocomplete="name" />
    ${user.role === "normal" && html`<${TextField} ...${field("mobile_number")} type="tel" hint=${text.register.mobileHint} autocomplete="tel" />`}
    <${TextArea} ...${field("address")} optional autocomplete="street-address" />
    <${FormRefusal} problem=${problem} fields=${["name", "mobile_number", "address"]} />`;
}

/** The fields' values as they are now. */
export const contactOf = (user) => ({
  name: user.name,
  mobile_number: user.mobile_number || "",
  address: user.address || "",
});

/** What differs from the user as known; an emptied address is none. */
export function contactChanges(user, values) {
  const before = contactOf(user);
  const changes = Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== before[name]));
  if (changes.address === "") changes.address = null;
  if (changes.mobile_number) changes.mobile_number = toMobileNumber(changes.mobile_number);
  return changes;
}

/** Changes the role; becoming an administrator takes the promos away. */
export function ChangeRole({ user, onClose, onModified }) {
  const [number, setNumber] = useState("");
  const becomesNormal = user.role === "administrator";
  const words = becomesNormal ? text.userForm.toNormal : text.userForm.toAdministrator;
  const work = async () => {
    const body = becomesNormal ? { role: "normal", mobile_number: toMobileNumber(number) } : { role: "administrator" };
    onModified(await patch(`/api/v1/users/${user.id}`, body));
    toast(words.done(user.name));
    onClose();
  };
  return html`<${Confirmation} title=${words.title(user.name)} consequence=${words.consequence} action=${words.action} danger=${!becomesNormal} work=${work} onClose=${onClose} fields=${["mobile_number"]}>
    ${(problem) =>
      becomesNormal &&
      html`<${TextField} label=${text.fields.mobile_number} name="mobile_number" type="tel" autofocus value=${number} onInput=${setNumber} problem=${problem} hint=${text.register.mobileHint} />`}
  <//>`;
}

/** Suspends or lets in again. */
export function Suspend({ user, onClose, onModified }) {
  const words = user.is_active ? text.userForm.suspending : text.userForm.resuming;
  const work = async () => {
    onModified(await patch(`/api/v1/users/${user.id}`, { is_active: !user.is_active }));
    toast(words.done(user.name));
    onClose();
  };
  return html`<${Confirmation} title=${words.title(user.name)} consequence=${words.consequence} action=${words.action} danger=${user.is_active} work=${work} onClose=${onClose} />`;
}

/** Deletes for good. */
export function DeleteUser({ user, onClose, onDeleted }) {
  const words = text.userForm.deleting;
  const work = async () => {
    await remove(`/api/v1/users/${user.id}`);
    toast(words.done(user.name));
    onDeleted();
  };
  return html`<${Confirmation} title=${words.title(user.name)} consequence=${words.consequence(user.username)} action=${words.action} work=${work} onClose=${onClose} />`;
}

/** Sets a password, which ends the user's sessions. */
export function SetPassword({ user, onClose }) {
  const [password, setPassword] = useState("");
  const words = text.userForm.password;
  const work = async () => {
    await post(`/api/v1/users/${user.id}/password`, { new_password: password });
    toast(words.done(user.name));
    onClose();
  };
  return html`<${Confirmation} title=${words.title(user.name)} consequence=${words.consequence} action=${words.action} danger=${false} work=${work} onClose=${onClose} fields=${["new_password"]}>
    ${(problem) =>
      html`<${TextField} label=${text.fields.new_password} name="new_password" type="password" autofocus autocomplete="new-password" value=${password} onInput=${setPassword} problem=${problem} hint=${text.register.passwordHint} />`}
  <//>`;
}

function fieldsOf(values, setValues, problem) {
  return (name) => ({
    name,
    label: text.fields[name],
    value: values[name],
    problem,
    onInput: (value) => setValues((before) => ({ ...before, [name]: value })),
  });
}
