/** A place that there is none of. */
import { html } from "../html.js";
import { PageHead } from "../parts/bits.js";
import { Empty } from "../parts/feedback.js";
import { text } from "../strings.js";

/** Leads back to where something is. */
export function NotFound() {
  return html`<${PageHead} title=${text.notFound.title} />
    <${Empty} icon="search" title=${text.notFound.body}><a class="button" href="#/">${text.notFound.home}</a><//>`;
}
