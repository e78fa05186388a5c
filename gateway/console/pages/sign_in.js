/** Signing in, at the start or to go on where a session ended. */
import { html, useEffect, useState } from "../html.js";
import { Dialog } from "../parts/dialog.js";
import { FormRefusal, Submit, TextField, useSubmission } from "../parts/form.js";
import { ThemeButton } from "../parts/layout.js";
import { signIn, signOut } from "../session.js";
import { text } from "../strings.js";

/** The page of who is not signed in; where they wanted to go stays in the address. */
export function SignIn() {
  useEffect(() => {
    document.title = `${text.signIn.title} · ${text.product}`;
  }, []);
  return html`<${Outside}>
    <h1>${text.signIn.title}</h1>
    <${SignInForm} />
    <p class="outside-foot">${text.signIn.new} <a href="#/register">${text.signIn.register}</a></p>
  <//>`;
}

/** Over a page whose session ended: what was typed there is not lost. */
export function SignInAgain({ user }) {
  return html`<${Dialog} title=${text.signIn.againTitle}>
    <div class="dialog-body">
      <p>${text.signIn.againBody}</p>
      <${SignInForm} username=${user.username} />
      <p class="outside-foot"><button type="button" class="link" onClick=${forget}>${text.signIn.somebodyElse}</button></p>
    </div>
  <//>`;
}

async function forget() {
  await signOut();
  location.hash = "#/";
  location.reload();
}

/** The frame of the pages outside. */
export function Outside({ children }) {
  return html`<div class="outside">
    <div class="outside-corner"><${ThemeButton} /></div>
    <main class="outside-card">
      <p class="brand"><img src="/console/icon.svg" width="28" height="28" alt="" />${text.product}</p>
      ${children}
    </main>
  </div>`;
}

function SignInForm({ username = "" }) {
  const [name, setName] = useState(username);
  const [password, setPassword] = useState("");
  const { busy, problem, submit } = useSubmission(() => signIn(name.trim(), password));
  return html`<form class="stack" onSubmit=${submit} novalidate>
    <${TextField} label=${text.fields.username} name="username" value=${name} onInput=${setName} problem=${problem} readonly=${Boolean(username)}
      autocomplete="username" autocapitalize="none" spellcheck=${false} autofocus=${!username} />
    <${TextField} label=${text.fields.password} name="password" type="password" value=${password} onInput=${setPassword} problem=${problem}
      autocomplete="current-password" autofocus=${Boolean(username)} />
    <${FormRefusal} problem=${problem} fields=${["username", "password"]} />
    <${Submit} busy=${busy}>${text.signIn.action}<//>
  </form>`;
}
