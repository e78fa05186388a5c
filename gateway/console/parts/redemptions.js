/** A list of redemptions, with what came back and what each took from which promo. */
import { formatNumber } from "../format.js";
import { html } from "../html.js";
import { linkTo } from "../router.js";
import { text } from "../strings.js";
import { Time } from "./bits.js";
import { Endless } from "./endless.js";
import { Empty } from "./feedback.js";

/**
 * `onReverse` gets a redemption's id; without it nothing can be reversed here. `promos`,
 * as far as they are known, give the parts their names.
 */
export function Redemptions({ list, promos = [], onReverse, empty }) {
  const codes = new Map(promos.map(({ id, promo_code }) => [id, promo_code]));
  const nothing = html`<${Empty} icon="history" title=${text.redemption.empty}>${empty}<//>`;
  return html`<${Endless} list=${list} empty=${nothing}>
    <ul class="rows">
      ${list.items.map((redemption) => html`<${Row} key=${redemption.id} redemption=${redemption} codes=${codes} onReverse=${onReverse} />`)}
    </ul>
  <//>`;
}

function Row({ redemption, codes, onReverse }) {
  const { points, reversed_points: reversed, task, parts } = redemption;
  return html`<li class="row">
    <div class="row-main">
      <p class="row-title">${task || html`<span class="faint">${text.redemption.noTask}</span>`}</p>
      <p class="faint small">
        <${Time} at=${redemption.creation_time} /> · ${text.redemption.after(formatNumber(redemption.remaining_points))}
        ${parts.length === 1 && codes.has(parts[0].promo_id) && html` · <${Code} part=${parts[0]} codes=${codes} />`}
      </p>
      ${parts.length > 1 &&
      html`<details class="parts small">
        <summary>${text.redemption.parts(parts.length)}</summary>
        <ul>
          ${parts.map(
            (part) => html`<li key=${part.promo_id}>
              <${Code} part=${part} codes=${codes} /> · ${text.redemption.part(part.points)}
              ${part.reversed_points > 0 && ` · ${text.redemption.back(formatNumber(part.reversed_points))}`}
            </li>`,
          )}
        </ul>
      </details>`}
    </div>
    <div class="event-points">
      <span class="minus">−${formatNumber(points)}</span>
      ${reversed > 0 && html`<span class="plus small">${text.redemption.back(formatNumber(reversed))}</span>`}
    </div>
    ${onReverse && reversed < points &&
    html`<button type="button" class="button small" onClick=${() => onReverse(redemption.id)}>${text.reverse.open}</button>`}
  </li>`;
}

function Code({ part, codes }) {
  return html`<a href=${linkTo(`/promos/${part.promo_id}`)}>${codes.get(part.promo_id) || text.promo.title}</a>`;
}
