/** Registration, open to all; whoever registers is signed in at once. */
import { postOpenly } from "../api.js";
import { toMobileNumber } from "../format.js";
import { html, useEffect, useState } from "../html.js";
import { FormRefusal, Submit, TextField, useSubmission } from "../parts/form.js";
import { go } from "../router.js";
import { signIn } from "../session.js";
import { text } from "../strings.js";
import { Outside } from "./sign_in.js";

const FIELDS = ["username", "password", "name", "mobile_number", "address"];

/** The form, and what it leads to. */
export function Register() {
  const [values, setValues] = useState({ username: "", password: "", name: "", mobile_number: "", address: "" });
  useEffect(() => {
    document.title = `${text.register.title} · ${text.product}`;
  }, []);
  const { busy, problem, submit } = useSubmission(async () => {
    const { address, mobile_number, ...needed } = values;
    const body = { ...needed, mobile_number: toMobileNumber(mobile_number), ...(address.trim() && { address }) };
    await postOpenly("/api/v1/auth/register", body);
    go("/", {}, { replace: true });
    await signIn(values.username, values.password);
  });
  const field = (name) => ({
    name,
    label: text.fields[name],
    value: values[name],
    problem,
    onInput: (value) => setValues((before) => ({ ...before, [name]: value })),
  });
  return html`<${Outside}>
    <h1>${text.register.title}</h1>
    <form class="stack" onSubmit=${submit} novalidate>
      <${TextField} ...${field("name")} autocomplete="name" autofocus />
      <${TextField} ...${field("username")} hint=${text.register.usernameHint} autocomplete="username" autocapitalize="none" spellcheck=${false} />
      <${TextField} ...${field("password")} type="password" hint=${text.register.passwordHint} autocomplete="new-password" />
      <${TextField} ...${field("mobile_number")} type="tel" hint=${text.register.mobileHint} autocomplete="tel" />
      <${TextField} ...${field("address")} optional autocomplete="street-address" />
      <${FormRefusal} problem=${problem} fields=${FIELDS} />
      <${Submit} busy=${busy}>${text.register.action}<//>
    </form>
    <p class="outside-foot">${text.register.have} <a href="#/">${text.register.signIn}</a></p>
  <//>`;
}
