/** A chart of columns over time, for eyes, keyboards and screen readers. */
import { formatCompact, formatDay, formatNumber, formatShortDay, sumOf } from "../format.js";
import { html, useEffect, useId, useRef, useState } from "../html.js";
import { text } from "../strings.js";

const MOST_COLUMNS = 92;
const MARGIN = { left: 44, right: 4, top: 8, bottom: 22 };

/** `days` are [{day, value}]; many of them are drawn as weeks. */
export function Columns({ title, days, tone, height = 180 }) {
  const columns = days.length > MOST_COLUMNS ? byWeek(days) : days;
  const total = sumOf(days.map(({ value }) => value));
  const [frame, width] = useWidth();
  const [active, setActive] = useState(null);
  const id = useId();
  const move = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const from = active ?? (step > 0 ? -1 : columns.length);
    setActive(Math.max(0, Math.min(columns.length - 1, from + step)));
  };
  const shown = active === null ? null : columns[active];
  return html`<figure class="card chart" aria-labelledby=${id}>
    <figcaption>
      <span class="chart-title" id=${id}>${title}</span>
      <span class="chart-value" role="status">
        ${shown ? `${labelOf(shown)}: ${formatNumber(shown.value)}` : text.chart.total(formatNumber(total))}
      </span>
    </figcaption>
    <div ref=${frame} class="chart-frame" tabindex="0" role="group" aria-label=${text.chart.keys(title)} style=${{ height: `${height}px` }}
      onKeyDown=${move} onBlur=${() => setActive(null)} onMouseLeave=${() => setActive(null)}>
      ${width > 0 && html`<${Drawing} ...${{ columns, width, height, tone, active, setActive }} />`}
    </div>
  </figure>`;
}

function Drawing({ columns, width, height, tone, active, setActive }) {
  // What is drawn may be rounded; what is said is not.
  const heights = columns.map(({ value }) => Number(value));
  const lowest = Math.min(0, ...heights);
  const ticks = ticksFor(lowest, Math.max(1, ...heights));
  const [bottom, top] = [ticks[0], ticks.at(-1)];
  const inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  const y = (value) => MARGIN.top + inner.height * (1 - (value - bottom) / (top - bottom));
  const slot = inner.width / columns.length;
  const every = Math.ceil(columns.length / Math.max(2, Math.floor(inner.width / 80)));
  return html`<svg width=${width} height=${height} aria-hidden="true" focusable="false" class=${`tone-${tone}`}>
    ${ticks.map(
      (tick) => html`<g key=${tick}>
        <line class=${tick === 0 ? "chart-zero" : "chart-grid"} x1=${MARGIN.left} x2=${width - MARGIN.right} y1=${y(tick)} y2=${y(tick)} />
        <text class="chart-label" x=${MARGIN.left - 8} y=${y(tick) + 4} text-anchor="end">${formatCompact(tick)}</text>
      </g>`,
    )}
    ${columns.map((column, index) => {
      const x = MARGIN.left + slot * index;
      const [from, to] = [y(0), y(heights[index])];
      return html`<g key=${column.day} class=${index === active ? "chart-active" : ""} onMouseEnter=${() => setActive(index)}>
        <rect class="chart-slot" x=${x} y=${MARGIN.top} width=${slot} height=${inner.height} />
        ${heights[index] !== 0 &&
        html`<rect class="chart-column" x=${x + slot * 0.14} y=${Math.min(from, to)} width=${Math.max(1, slot * 0.72)}
          height=${Math.max(2, Math.abs(from - to))} rx=${Math.min(3, slot * 0.2)} />`}
        ${index % every === 0 &&
        html`<text class="chart-label" x=${x + slot / 2} y=${height - 5} text-anchor=${index === 0 ? "start" : "middle"}>${formatShortDay(column.day)}</text>`}
      </g>`;
    })}
  </svg>`;
}

const labelOf = ({ day, until }) =>
  until ? text.chart.span(formatDay(day), formatDay(until)) : formatDay(day);

function byWeek(days) {
  const weeks = [];
  for (let start = 0; start < days.length; start += 7) {
    const week = days.slice(start, start + 7);
    const value = sumOf(week.map((each) => each.value));
    weeks.push({ day: week[0].day, until: week.at(-1).day, value });
  }
  return weeks;
}

/** Round values from at most the lowest to at least the highest, 0 among them. */
function ticksFor(lowest, highest) {
  const rough = (highest - lowest) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].find((each) => each * power >= rough) * power);
  const ticks = [];
  for (let tick = Math.floor(lowest / step) * step; ; tick += step) {
    ticks.push(tick);
    if (tick >= highest) return ticks;
  }
}

function useWidth() {
  const element = useRef(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, width];
}
