/** What pages read from the API, with the wait and the refusal that come with it. */
import { get } from "./api.js";
import { useCallback, useEffect, useRef, useState } from "./html.js";

/** Loads once for each set of `needs`; returns {data, problem, loading, reload, put}. */
export function useResource(load, needs) {
  const [turn, setTurn] = useState(0);
  const [held, setHeld] = useState({ loading: true });
  useEffect(() => {
    const control = new AbortController();
    setHeld((before) => ({ ...before, problem: null, loading: true }));
    load(control.signal).then(
      (data) => control.signal.aborted || setHeld({ data, loading: false }),
      (problem) => {
        if (!control.signal.aborted) setHeld((before) => ({ ...before, problem, loading: false }));
      },
    );
    return () => control.abort();
  }, [...needs, turn]);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  const put = useCallback((data) => setHeld({ data, loading: false }), []);
  return { ...held, reload, put };
}

const EMPTY = { items: [], next: null, started: false, loading: true, problem: null };

/** A list that grows page by page over the API's cursor: {items, done, more, reload, …}. */
export function useList(path, query) {
  const key = `${path} ${JSON.stringify(query)}`;
  const [held, setHeld] = useState(EMPTY);
  const [turn, setTurn] = useState(0);
  const control = useRef(null);

  useEffect(() => {
    if (!path) return undefined;
    control.current = new AbortController();
    const { signal } = control.current;
    setHeld((before) => (before.key === key ? { ...before, loading: true } : { ...EMPTY, key }));
    readPage(path, query, signal).then(
      (page) => signal.aborted || setHeld({ ...started(page), key }),
      (problem) => signal.aborted || setHeld({ ...EMPTY, key, loading: false, problem }),
    );
    return () => control.current.abort();
  }, [key, turn]);

  const more = useCallback(() => {
    if (held.loading || !held.next) return;
    const { signal } = control.current;
    setHeld({ ...held, loading: true, problem: null });
    readPage(held.next, {}, signal).then(
      (page) => signal.aborted || setHeld((before) => joined(before, page)),
      (problem) => signal.aborted || setHeld((before) => ({ ...before, loading: false, problem })),
    );
  }, [held]);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  return { ...held, done: held.started && !held.next, more, reload };
}

/** Reads every page, for lists that are short by nature; `most` pages at most. */
export async function getAll(path, query, signal, most = 10) {
  const items = [];
  let next = path;
  for (let page = 0; next && page < most; page += 1) {
    const read = await readPage(next, page === 0 ? { ...query, page_size: 200 } : {}, signal);
    items.push(...read.results);
    next = read.next;
  }
  return { items, complete: !next };
}

async function readPage(path, query, signal) {
  const page = await get(path, query, signal);
  return { ...page, next: page.next && pathOf(page.next) };
}

function started(page) {
  return { items: page.results, next: page.next, started: true, loading: false, problem: null };
}

function joined(before, page) {
  return { ...before, ...started(page), items: [...before.items, ...page.results] };
}

/** Of a link its path and query alone: the page talks to its own origin, whatever it says. */
function pathOf(link) {
  const { pathname, search } = new URL(link, location.origin);
  return pathname + search;
}
