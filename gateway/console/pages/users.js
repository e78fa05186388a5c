/** All users: searched while one types, filtered by the address, endless. */
import { html, useEffect, useState } from "../html.js";
import { useList } from "../loading.js";
import { PageHead, Person, Time, ZoneNote } from "../parts/bits.js";
import { Endless } from "../parts/endless.js";
import { Empty } from "../parts/feedback.js";
import { Icon } from "../parts/icons.js";
import { CreateUser } from "../parts/user_forms.js";
import { go, linkTo } from "../router.js";
import { text } from "../strings.js";

const FILTERS = ["search", "role", "is_active"];
const PAUSE_MILLISECONDS = 250;

/** The list, its search and its filters. */
export function Users({ query }) {
  const filters = Object.fromEntries(FILTERS.filter((name) => query[name]).map((name) => [name, query[name]]));
  const list = useList("/api/v1/users", filters);
  const close = () => go("/users", filters, { replace: true });
  const none = html`<${Empty} icon="users" title=${text.users.none}><a class="button" href="#/users">${text.promos.clear}</a><//>`;
  return html`
    <${PageHead} title=${text.nav.users} intro=${text.users.intro}>
      <a class="button primary" href=${linkTo("/users", { ...filters, new: "1" })}><${Icon} name="plus" size="18" />${text.users.create}</a>
    <//>
    <${Filters} filters=${filters} />
    <${Endless} list=${list} empty=${none}><${UserTable} users=${list.items} /><//>
    <${ZoneNote} />
    ${query.new && html`<${CreateUser} onClose=${close} onCreated=${(user) => go(`/users/${user.id}`, {}, { replace: true })} />`}`;
}

function Filters({ filters }) {
  const [typed, setTyped] = useState(filters.search || "");
  useEffect(() => {
    if (typed.trim() === (filters.search || "")) return undefined;
    const search = () => go("/users", { ...filters, search: typed.trim() }, { replace: true });
    const timer = setTimeout(search, PAUSE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [typed]);
  useEffect(() => {
    if ((filters.search || "") !== typed.trim()) setTyped(filters.search || "");
  }, [filters.search]);
  const segments = (name, values, label) => html`<nav class="segments" aria-label=${label}>
    ${values.map(
      (value) => html`<a key=${value} href=${linkTo("/users", { ...filters, [name]: value })} aria-current=${(filters[name] || "") === value ? "true" : null}>
        ${text.users.filter[name][value]}
      </a>`,
    )}
  </nav>`;
  return html`<search class="filters" aria-label=${text.users.filters}>
    <div class="filters-row">
      <div class="combobox">
        <span class="combobox-icon"><${Icon} name="search" size="18" /></span>
        <input type="search" class="with-icon" value=${typed} onInput=${(event) => setTyped(event.currentTarget.value)}
          aria-label=${text.users.search} placeholder=${text.users.search} autocomplete="off" spellcheck=${false} autocapitalize="none" />
      </div>
      ${segments("role", ["", "normal", "administrator"], text.fields.role)}
      ${segments("is_active", ["", "true", "false"], text.users.state)}
    </div>
  </search>`;
}

function UserTable({ users }) {
  return html`<div class="card table-card">
    <table class="stacking">
      <caption class="hidden">${text.nav.users}</caption>
      <thead>
        <tr>
          <th scope="col">${text.promos.user}</th>
          <th scope="col">${text.fields.role}</th>
          <th scope="col">${text.users.state}</th>
          <th scope="col">${text.fields.mobile_number}</th>
          <th scope="col">${text.users.since}</th>
        </tr>
      </thead>
      <tbody>
        ${users.map(
          (user) => html`<tr key=${user.id}>
            <td><${Person} name=${user.name} username=${user.username} href=${linkTo(`/users/${user.id}`)} /></td>
            <td>${text.role[user.role]}</td>
            <td><${UserBadge} user=${user} /></td>
            <td class="nowrap">${user.mobile_number || text.none}</td>
            <td class="nowrap" data-label=${text.users.since}><${Time} at=${user.creation_time} /></td>
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Whether a user may come in. */
export function UserBadge({ user }) {
  const state = user.is_active ? "active" : "suspended";
  return html`<span class=${`badge badge-${state}`}>${text.users.states[state]}</span>`;
}
