/** Everything that one used points for. */
import { html } from "../html.js";
import { getAll, useList, useResource } from "../loading.js";
import { PageHead, ZoneNote } from "../parts/bits.js";
import { Redemptions } from "../parts/redemptions.js";
import { text } from "../strings.js";

/** One's own redemptions, newest first. */
export function History() {
  const list = useList("/api/v1/redemptions/me", {});
  const promos = useResource((signal) => getAll("/api/v1/promos/me", {}, signal), []);
  return html`
    <${PageHead} title=${text.nav.history} intro=${text.history.intro} />
    <section class="card padded">
      <${Redemptions} list=${list} promos=${promos.data?.items} empty=${html`<a class="button" href="#/">${text.history.go}</a>`} />
    </section>
    <${ZoneNote} />`;
}
