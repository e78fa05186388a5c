/** The frame around every page: where one can go, who one is, and how to leave. */
import { html, useEffect, useRef, useState } from "../html.js";
import { place } from "../router.js";
import { session, signOut } from "../session.js";
import { useStore } from "../store.js";
import { text } from "../strings.js";
import { toast } from "./feedback.js";
import { Icon } from "./icons.js";

const ADMINISTRATORS = [
  ["/", "overview", text.nav.overview],
  ["/promos", "promos", text.nav.promos],
  ["/users", "users", text.nav.users],
  ["/bulk", "bulk", text.nav.bulk],
];
const USERS = [
  ["/", "promos", text.nav.mine],
  ["/history", "history", text.nav.history],
];
const THEMES = ["system", "light", "dark"];

/** Draws navigation beside (or, on a phone, below) the page. */
export function Layout({ user, children }) {
  const { path } = useStore(place);
  const places = [...(user.role === "administrator" ? ADMINISTRATORS : USERS), ["/profile", "profile", text.nav.profile]];
  const isHere = (target) => (target === "/" ? path === "/" : path === target || path.startsWith(`${target}/`));
  return html`<div class="frame">
    <a class="skip" href="#main" onClick=${skip}>${text.nav.skip}</a>
    <header class="side">
      <a class="brand" href="#/"><img src="/console/icon.svg" width="28" height="28" alt="" />${text.product}</a>
      <nav class="places" aria-label=${text.nav.label}>
        ${places.map(
          ([target, icon, title]) => html`<a key=${target} href=${`#${target}`} aria-current=${isHere(target) ? "page" : null}>
            <${Icon} name=${icon} /><span>${title}</span>
          </a>`,
        )}
      </nav>
      <div class="account">
        <p class="account-name"><span class="account-user">${user.username}</span><span class="faint small">${text.role[user.role]}</span></p>
        <${ThemeButton} />
        <${SignOutButton} />
      </div>
    </header>
    <main id="main" tabindex="-1">${children}</main>
  </div>`;
}

function skip(event) {
  event.preventDefault();
  document.querySelector("main").focus();
}

/** Goes from the system's theme to light to dark. */
export function ThemeButton() {
  const [theme, setTheme] = useState(document.documentElement.dataset.theme || "system");
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  const change = () => {
    if (next === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try {
      if (next === "system") localStorage.removeItem("theme");
      else localStorage.setItem("theme", next);
    } catch {
      // Then it is not remembered.
    }
    setTheme(next);
  };
  const icon = { system: "screen", light: "sun", dark: "moon" }[theme];
  const label = text.theme.change(text.theme[theme], text.theme[next]);
  return html`<button type="button" class="ghost square" onClick=${change} aria-label=${label} title=${label}><${Icon} name=${icon} /></button>`;
}

function SignOutButton() {
  const leave = async () => {
    // At once: by the time that the system was told, one may be on the way elsewhere.
    const stop = session.watch(() => (stop(), (location.hash = "#/")));
    const told = await signOut();
    if (told) toast(text.account.signedOut);
    else toast(text.account.signedOutHere, "warning");
  };
  return html`<button type="button" class="ghost square" onClick=${leave} aria-label=${text.account.signOut} title=${text.account.signOut}>
    <${Icon} name="out" />
  </button>`;
}

/** Names the page in the window's title, and moves focus to its heading on arrival. */
export function usePageTitle(title, isFirst) {
  const { path } = useStore(place);
  const arrived = useRef(isFirst ? path : null);
  useEffect(() => {
    document.title = `${title} · ${text.product}`;
  }, [title]);
  useEffect(() => {
    if (arrived.current === path) return;
    arrived.current = path;
    window.scrollTo(0, 0);
    document.querySelector("main h1")?.focus({ preventScroll: true });
  }, [path]);
}
