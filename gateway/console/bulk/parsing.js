/** CSV as RFC 4180 has it, read piece by piece so that the page stays alive. */

const PIECE = 1000;
// The first line by which a spreadsheet is told what stands between cells.
const SEPARATOR = /^"?sep=([,;\t|])"?(?:\r\n?|\n|$)/i;

/**
 * Gives {line, cells, fault} row by row; rows whose cells are all blank are passed over,
 * as spreadsheets leave them below the others. A fault is the name of a sentence.
 */
export async function* readRows(content, onProgress) {
  const mark = SEPARATOR.exec(content);
  const delimiter = mark ? mark[1] : findDelimiter(content);
  const state = mark ? { at: mark[0].length, line: 2 } : { at: 0, line: 1 };
  for (let count = 1; state.at < content.length; count += 1) {
    const row = readRow(content, delimiter, state);
    if (row.fault || row.cells.some((cell) => cell.trim() !== "")) yield row;
    if (count % PIECE === 0) {
      onProgress?.(state.at / content.length);
      await pause();
    }
  }
}

/** Lets the page draw and answer. */
export const pause = () => new Promise((resolve) => setTimeout(resolve));

/** Of comma, semicolon and tab the one that the first line has most of. */
function findDelimiter(content) {
  const end = content.search(/[\r\n]/);
  const head = end < 0 ? content : content.slice(0, end);
  const counts = [",", ";", "\t"].map((each) => [head.split(each).length, each]);
  return counts.sort(([one], [other]) => other - one)[0][1];
}

function readRow(content, delimiter, state) {
  const row = { line: state.line, cells: [], fault: null };
  for (;;) {
    row.cells.push(readCell(content, delimiter, state, row));
    const stop = content[state.at];
    state.at += 1;
    if (stop === delimiter) continue;
    if (stop === "\r" && content[state.at] === "\n") state.at += 1;
    state.line += 1;
    return row;
  }
}

/** A cell is within quotation marks or has none at its start: nothing stands beside them. */
function readCell(content, delimiter, state, row) {
  if (content[state.at] !== '"') {
    const cell = readPlain(content, delimiter, state);
    if (cell.trimStart().startsWith('"')) row.fault ||= "besideQuotes";
    return cell;
  }
  const cell = readQuoted(content, state, row);
  const beside = readPlain(content, delimiter, state);
  if (beside.trim() !== "") row.fault ||= "besideQuotes";
  return beside.trim() === "" ? cell : cell + beside;
}

function readPlain(content, delimiter, state) {
  const start = state.at;
  while (state.at < content.length) {
    const letter = content[state.at];
    if (letter === delimiter || letter === "\n" || letter === "\r") break;
    state.at += 1;
  }
  return content.slice(start, state.at);
}

function readQuoted(content, state, row) {
  let cell = "";
  let start = state.at + 1;
  for (;;) {
    const end = content.indexOf('"', start);
    if (end < 0) {
      row.fault = "unclosed";
      state.at = content.length;
      return cell + content.slice(start);
    }
    cell += content.slice(start, end);
    state.line += countLines(content, start, end);
    if (content[end + 1] !== '"') {
      state.at = end + 1;
      return cell;
    }
    cell += '"';
    start = end + 2;
  }
}

function countLines(content, from, to) {
  let lines = 0;
  for (let at = content.indexOf("\n", from); at >= 0 && at < to; at = content.indexOf("\n", at + 1)) lines += 1;
  return lines;
}
