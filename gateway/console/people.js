/** Users as suggestions, and names for the ids that the ledger holds. */
import { get } from "./api.js";
import { html, useEffect, useState } from "./html.js";
import { session } from "./session.js";
import { text } from "./strings.js";

const names = new Map();

/** Users whose name or username begins with what was typed. */
export async function suggestUsers(typed, signal, filters = {}) {
  const query = { search: typed, page_size: 8, ...filters };
  const { results } = await get("/api/v1/users", query, signal);
  return results.map((user) => ({
    key: user.id,
    label: user.name,
    detail: `@${user.username}${user.is_active ? "" : ` · ${text.users.suspended}`}`,
    chosen: `${user.name} (@${user.username})`,
    value: user,
  }));
}

/** Who did something, by name for administrators, by role for everybody else. */
export function Actor({ actor }) {
  const { user } = session.get();
  const [name, setName] = useState(names.get(actor.id));
  const isMe = actor.id === user?.id;
  const asks = !isMe && user?.role === "administrator";
  useEffect(() => {
    if (!asks) return;
    if (!names.has(actor.id)) names.set(actor.id, findName(actor.id));
    Promise.resolve(names.get(actor.id)).then((found) => {
      names.set(actor.id, found);
      setName(found);
    });
  }, [actor.id, asks]);
  if (isMe) return html`<span>${text.actor.you}</span>`;
  const known = typeof name === "string" ? name : null;
  return html`<span>${known || text.actor.role[actor.role] || actor.role}</span>`;
}

async function findName(id) {
  try {
    return (await get(`/api/v1/users/${id}`)).name;
  } catch {
    return null;
  }
}
