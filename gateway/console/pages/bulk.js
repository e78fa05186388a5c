/** Granting many promos from a CSV file: dropped, looked at, granted, reported. */
import { formatNumber, nameZone } from "../format.js";
import { html, useRef, useState } from "../html.js";
import { COLUMNS } from "../bulk/checking.js";
import { readFile } from "../bulk/reading.js";
import { download } from "../bulk/reporting.js";
import { PageHead } from "../parts/bits.js";
import { Refusal } from "../parts/feedback.js";
import { Icon } from "../parts/icons.js";
import { text } from "../strings.js";
import { BulkGrant } from "./bulk_grant.js";

const EXAMPLE = `${COLUMNS.filter((column) => !["user_id", "allow_ended"].includes(column)).join(",")}\r\nmona,welcome,WELCOME-100,100,"Welcome, and thank you",,2027-12-31,true\r\n`;

/** Asks for a file, then shows it. */
export function Bulk() {
  const [file, setFile] = useState(null);
  const [reading, setReading] = useState(null);
  const [fault, setFault] = useState(null);
  const read = async (chosen) => {
    if (!chosen || reading !== null) return;
    setFault(null);
    setFile(null);
    setReading(0);
    try {
      setFile(await readFile(chosen, setReading));
    } catch (error) {
      setFault(error);
    } finally {
      setReading(null);
    }
  };
  return html`
    <${PageHead} title=${text.nav.bulk} intro=${text.bulk.intro} />
    ${!file && html`<${Drop} reading=${reading} onFile=${read} />`}
    ${fault && html`<${Refusal} problem=${fault} />`}
    ${!file && html`<${Format} />`}
    ${file && html`<${BulkGrant} key=${file.digest} file=${file} onAgain=${() => setFile(null)} />`}`;
}

function Drop({ reading, onFile }) {
  const [over, setOver] = useState(false);
  const input = useRef(null);
  const onDrop = (event) => {
    event.preventDefault();
    setOver(false);
    onFile(event.dataTransfer.files[0]);
  };
  const busy = reading !== null;
  return html`<div class=${over ? "drop drop-over" : "drop"} onDragOver=${(event) => (event.preventDefault(), setOver(true))} onDragLeave=${() => setOver(false)} onDrop=${onDrop}>
    <span class="empty-icon"><${Icon} name="upload" size="28" /></span>
    <p class="empty-title">${busy ? text.bulk.reading : text.bulk.drop}</p>
    ${busy
      ? html`<progress value=${reading} max="1" aria-label=${text.bulk.reading}></progress>`
      : html`<button type="button" class="button primary" onClick=${() => input.current.click()}>${text.bulk.choose}</button>`}
    <input ref=${input} type="file" accept=".csv,text/csv,text/plain" hidden aria-label=${text.bulk.choose}
      onChange=${(event) => (onFile(event.currentTarget.files[0]), (event.currentTarget.value = ""))} />
    <p class="faint small">${text.bulk.resume}</p>
  </div>`;
}

function Format() {
  return html`<section class="card padded" aria-labelledby="format-title">
    <div class="section-head">
      <h2 id="format-title">${text.bulk.format}</h2>
      <button type="button" class="button small" onClick=${() => download(new Blob([EXAMPLE], { type: "text/csv" }), "promos.csv")}>${text.bulk.example}</button>
    </div>
    <p class="faint">${text.bulk.formatIntro(formatNumber(100_000))}</p>
    <dl class="format">
      ${COLUMNS.map((column) => html`<div key=${column}><dt><code>${column}</code></dt><dd>${text.bulk.columns[column](nameZone())}</dd></div>`)}
    </dl>
  </section>`;
}
