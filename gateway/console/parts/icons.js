/** Line icons, 20 by 20, drawn in the colour of the text around them. */
import { html } from "../html.js";

const SHAPES = {
  overview: "M3 17h14M5.5 13.5v-4M10 13.5V4.5M14.5 13.500v-6.5",
  promos: "M3 7.500V5.500h14v2a2.5 2.5 0 0 0 0 5v2H3v-2a2.5 2.5 0 0 0 0-5zM12.5 5.500v2M12.5 9v2M12.5 12.500v2",
  users: "M7.5 9.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 16.500c0-3 2.5-4.5 5.5-4.500s5.5 1.5 5.5 4.500M13 3.800a3 3 0 0 1 0 5.400M15 12.500c2 .5 3 2 3 4",
  bulk: "M5 2.500h7l3.5 3.500v11.500h-10.500zM12 2.500v3.500h3.500M7.5 10h5.500M7.5 13.500h5.5",
  history: "M10 5.500v5l3 2M3.5 10a6.5 6.5 0 1 0 2-4.700M3.5 3v3h3",
  profile: "M10 10a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3.5 17c0-3.5 3-5 6.5-5s6.5 1.5 6.5 5",
  search: "M9 14.500a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM13 13l4 4",
  plus: "M10 4v12M4 10h12",
  close: "M5 5l10 10M15 5L5 15",
  out: "M8 3.500H4v13h4M12.5 6.500L16 10l-3.5 3.500M8 10h8",
  sun: "M10 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM10 2.500v1.500M10 16v1.500M2.5 10h1.500M16 10h1.500M4.700 4.700l1 1M14.300 14.300l1 1M15.300 4.700l-1 1M5.700 14.300l-1 1",
  moon: "M16.5 11.500A7 7 0 1 1 8.5 3.500a5.5 5.5 0 0 0 8 8z",
  screen: "M3 4h14v9.500H3zM7 17h6M10 13.500V17",
  check: "M4 10.500l4 4 8-9",
  warning: "M10 3l7.5 13.500h-15zM10 8.500v3.500M10 14v.5",
  back: "M12 4l-6 6 6 6",
  upload: "M10 13V3.500M6 7l4-4 4 4M3.5 13v3.500h13V13",
  gift: "M3.5 9.500v7.500h13V9.500M2.5 6h15v3.500h-15zM10 6v11M10 6C8 6 6 5.5 6 4s2.5-1.5 4 2c1.5-3.5 4-3.5 4-2s-2 2-4 2z",
  clock: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6v4l2.5 2",
};

/** An icon; the words beside it say what it means. */
export function Icon({ name, size = 20 }) {
  return html`<svg class="icon" width=${size} height=${size} viewBox="0 0 20 20"
    fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"
    stroke-linejoin="round" aria-hidden="true" focusable="false"><path d=${SHAPES[name]} /></svg>`;
}
