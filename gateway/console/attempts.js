/** Posts whose answer got lost: the form that is opened next goes on with their key. */
import { makeKey, post } from "./api.js";
import { useRef } from "./html.js";
import { session } from "./session.js";

/**
 * One effect of a form: {kept, send}. It has one key for as long as the form is open,
 * and for as long as nothing is known of what was sent, if the form is closed then:
 * `kept` is what was typed at that time, or null.
 */
export function useAttempt(purpose) {
  const name = `attempt ${session.get().user?.id} ${purpose}`;
  const kept = useRef(undefined);
  if (kept.current === undefined) kept.current = recall(name);
  const key = useRef(kept.current?.key || makeKey()).current;
  const send = async (path, body, typed) => {
    remember(name, { key, typed });
    try {
      const answer = await post(path, body, { key });
      remember(name, null);
      return answer;
    } catch (problem) {
      if (problem.isPassing === false) remember(name, null);
      throw problem;
    }
  };
  return { kept: kept.current?.typed || null, send };
}

function recall(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch {
    return null;
  }
}

function remember(name, attempt) {
  try {
    if (attempt) sessionStorage.setItem(name, JSON.stringify(attempt));
    else sessionStorage.removeItem(name);
  } catch {
    // Then it is kept for as long as the form is open.
  }
}
