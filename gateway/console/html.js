/** The two small libraries that draw the page, in one place. */
import { createElement } from "./vendor/preact-11.2.0/preact.mjs";
import htm from "./vendor/htm-3.1.1/htm.mjs";

export { Fragment, render } from "./vendor/preact-11.2.0/preact.mjs";
export {
  useCallback,
  useEffect,
  useErrorBoundary,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "./vendor/preact-11.2.0/hooks.mjs";

/** Turns a template into elements; what is inserted is text, never markup. */
export const html = htm.bind(createElement);
