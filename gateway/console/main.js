/** Starts the console: finds out who is signed in, and draws the page of the place. */
import { html, render, useEffect, useErrorBoundary, useRef } from "./html.js";
import { OutageBanner, Toasts } from "./parts/feedback.js";
import { Layout, usePageTitle } from "./parts/layout.js";
import { Bulk } from "./pages/bulk.js";
import { History } from "./pages/history.js";
import { MyPromo } from "./pages/my_promo.js";
import { MyPromos } from "./pages/my_promos.js";
import { NotFound } from "./pages/not_found.js";
import { Overview } from "./pages/overview.js";
import { Profile } from "./pages/profile.js";
import { PromoPage } from "./pages/promo.js";
import { Promos } from "./pages/promos.js";
import { Register } from "./pages/register.js";
import { SignIn, SignInAgain } from "./pages/sign_in.js";
import { UserPage } from "./pages/user.js";
import { Users } from "./pages/users.js";
import { match, place } from "./router.js";
import { session, startSession } from "./session.js";
import { useStore } from "./store.js";
import { text } from "./strings.js";

const ROUTES = {
  administrator: [
    ["/", Overview, text.nav.overview],
    ["/promos", Promos, text.nav.promos],
    ["/promos/:id", PromoPage, text.promo.title],
    ["/users", Users, text.nav.users],
    ["/users/:id", UserPage, text.user.title],
    ["/bulk", Bulk, text.nav.bulk],
    ["/profile", Profile, text.nav.profile],
  ],
  normal: [
    ["/", MyPromos, text.nav.mine],
    ["/promos/:id", MyPromo, text.promo.title],
    ["/history", History, text.nav.history],
    ["/profile", Profile, text.nav.profile],
  ],
};

function App() {
  const { state, user } = useStore(session);
  const { path } = useStore(place);
  if (state === "starting") return html`<${Starting} />`;
  if (!user) return path === "/register" ? html`<${Register} />` : html`<${SignIn} />`;
  return html`<${Inside} key=${user.id + user.role} user=${user} ended=${state === "ended"} />`;
}

function Inside({ user, ended }) {
  const { path, query } = useStore(place);
  const [Page, title, parts] = findPage(ROUTES[user.role] || [], path);
  const first = useRef(true);
  usePageTitle(title, first.current);
  useEffect(() => {
    first.current = false;
  }, []);
  return html`<${Layout} user=${user}>
      <${Guarded} key=${path}><${Page} key=${path} user=${user} query=${query} ...${parts} /><//>
    <//>
    ${ended && html`<${SignInAgain} user=${user} />`}`;
}

function findPage(routes, path) {
  for (const [pattern, Page, title] of routes) {
    const parts = match(pattern, path);
    if (parts) return [Page, title, parts];
  }
  return [NotFound, text.notFound.title, {}];
}

/** A page that breaks says so and leaves the way to the others open. */
function Guarded({ children }) {
  const [error, reset] = useErrorBoundary((thrown) => console.error(thrown));
  if (!error) return children;
  return html`<section class="refusal" role="alert">
    <p>${text.errors.page}</p>
    <button type="button" class="button" onClick=${reset}>${text.actions.retry}</button>
  </section>`;
}

function Starting() {
  const { waiting } = useStore(session);
  return html`<div class="starting" role="status">
    <span class="spinner large" aria-hidden="true"></span>
    <p>${waiting ? text.outage.now : text.loading}</p>
  </div>`;
}

render(
  html`<${OutageBanner} /><${App} /><${Toasts} />`,
  document.getElementById("app"),
);
startSession();
