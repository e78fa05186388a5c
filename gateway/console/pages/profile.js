/** Who one is, and one's password. */
import { get, patch, post } from "../api.js";
import { html, useState } from "../html.js";
import { useResource } from "../loading.js";
import { PageHead } from "../parts/bits.js";
import { Refusal, Skeleton, toast } from "../parts/feedback.js";
import { FormRefusal, Submit, TextField, useSubmission } from "../parts/form.js";
import { ContactFields, contactChanges, contactOf } from "../parts/user_forms.js";
import { signIn } from "../session.js";
import { text } from "../strings.js";

const PATH = "/api/v1/users/me";

/** Profile and password, each a form of its own. */
export function Profile() {
  const { data: user, problem, reload, put } = useResource((signal) => get(PATH, {}, signal), []);
  return html`
    <${PageHead} title=${text.nav.profile} intro=${user && text.profile.intro(user.username, text.role[user.role])} />
    ${problem && html`<${Refusal} problem=${problem} retry=${reload} />`}
    ${!user && !problem && html`<${Skeleton} lines="1" kind="chart" />`}
    ${user && html`<div class="columns"><${Contact} user=${user} onSaved=${put} /><${Password} user=${user} /></div>`}`;
}

function Contact({ user, onSaved }) {
  const [values, setValues] = useState(contactOf(user));
  const { busy, problem, submit } = useSubmission(async () => {
    const saved = await patch(PATH, contactChanges(user, values));
    onSaved(saved);
    setValues(contactOf(saved));
    toast(text.profile.saved);
  });
  return html`<form class="card padded stack" onSubmit=${submit} novalidate aria-labelledby="contact-title">
    <h2 id="contact-title">${text.profile.contact}</h2>
    <${ContactFields} user=${user} values=${values} setValues=${setValues} problem=${problem} />
    <div><${Submit} busy=${busy}>${text.actions.save}<//></div>
  </form>`;
}

function Password({ user }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const { busy, problem, submit } = useSubmission(async () => {
    await post(`${PATH}/password`, { current_password: current, new_password: next });
    // That ended every session; this browser goes on with a new one.
    await signIn(user.username, next);
    setCurrent("");
    setNext("");
    toast(text.profile.passwordChanged);
  });
  return html`<form class="card padded stack" onSubmit=${submit} novalidate aria-labelledby="password-title">
    <h2 id="password-title">${text.profile.password}</h2>
    <p class="faint">${text.profile.passwordConsequence}</p>
    <input type="text" class="hidden" name="username" autocomplete="username" value=${user.username} readonly tabindex="-1" aria-hidden="true" />
    <${TextField} label=${text.fields.current_password} name="current_password" type="password" autocomplete="current-password" value=${current} onInput=${setCurrent} problem=${problem} />
    <${TextField} label=${text.fields.new_password} name="new_password" type="password" autocomplete="new-password" value=${next} onInput=${setNext} problem=${problem} hint=${text.register.passwordHint} />
    <${FormRefusal} problem=${problem} fields=${["current_password", "new_password"]} />
    <div><${Submit} busy=${busy}>${text.profile.changePassword}<//></div>
  </form>`;
}
