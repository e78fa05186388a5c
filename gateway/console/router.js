/** Places of the page, kept behind the # of its address, filters included. */
import { makeStore } from "./store.js";

/** {path, query}: where the page is. */
export const place = makeStore(read());

window.addEventListener("hashchange", () => place.set(read()));

function read() {
  const [path, search = ""] = location.hash.replace(/^#/, "").split("?");
  return { path: path || "/", query: Object.fromEntries(new URLSearchParams(search)) };
}

/** The address of a place, for a link. */
export function linkTo(path, query = {}) {
  const set = Object.entries(query).filter(([, value]) => value);
  const search = new URLSearchParams(set).toString();
  return `#${path}${search ? `?${search}` : ""}`;
}

/** Goes to a place; `replace` leaves no step to go back to. */
export function go(path, query = {}, { replace = false } = {}) {
  const target = linkTo(path, query);
  if (replace) {
    history.replaceState(null, "", target);
    place.set(read());
  } else {
    location.hash = target;
  }
}

/** Matches a path such as /promos/:id; returns what the parts are, or null. */
export function match(pattern, path) {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const parts = {};
  for (const [index, part] of wanted.entries()) {
    if (part.startsWith(":") && given[index]) parts[part.slice(1)] = decode(given[index]);
    else if (part !== given[index]) return null;
  }
  return parts;
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
