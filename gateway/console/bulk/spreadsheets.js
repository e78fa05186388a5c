/** What spreadsheets make of cells by themselves. */

// The errors of formulas, in English and as the German, French and Spanish ones say them.
const ERRORS = new Set(
  [
    ...["#NAME?", "#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#BUSY!", "#UNKNOWN!", "#GETTING_DATA", "#ERROR!"],
    ...["#BEZUG!", "#WERT!", "#NV", "#ZAHL!", "#NOM?", "#VALEUR!", "#NOMBRE!", "#\u00a1REF!", "#\u00a1VALOR!", "#\u00bfNOMBRE?", "#\u00a1DIV/0!"],
  ],
);

const MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)";
const MADE = [
  /^\d+(?:[.,]\d+)?e[+-]\d+$/i, // a long number
  /^\d{15}0+$/, // a number longer than 15 digits
  new RegExp(`^\\d{1,2}[-/ .]${MONTH}(?:[-/ .]\\d{2,4})?$`, "i"), // dates
  new RegExp(`^${MONTH}[-/ .]\\d{2,4}$`, "i"),
  /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}$/,
  /^\d{1,2}\/\d{1,2}$/,
  /^\d{1,2}:\d\d(?::\d\d)?$/, // times
  /^(?:true|false)$/i,
];

/** Whether it is what a formula that failed shows. */
export const isFormulaError = (cell) => ERRORS.has(cell.trim().toUpperCase());

/** Whether a code was probably something else before a spreadsheet saw it. */
export const isMadeBySpreadsheet = (code) => MADE.some((pattern) => pattern.test(code));
