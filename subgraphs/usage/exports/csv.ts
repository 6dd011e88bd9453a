/** A cell: a text, or a number as its digits. Null: empty. */
export type CsvCell = string | null | { readonly digits: string };

/**
 * What a spreadsheet may take for a formula: OWASP, "CSV Injection". Such a text gets an apostrophe before it, as OWASP advises.
 */
const formulaStart = /^[=+\-@\t\r\n\uFF0B\uFF0D\uFF1D\uFF20]/;
const needsQuotes = /[",\r\n]/;

/** A line of a file as RFC 4180 states it, with its end. Texts are escaped so that no spreadsheet takes them for formulas. */
export function toCsvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(toText).join(',')}\r\n`;
}

function toText(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return cell.digits;
  const escaped = formulaStart.test(cell) ? `'${cell}` : cell;
  // An empty text is not the same as none.
  return escaped === '' || needsQuotes.test(escaped) ? `"${escaped.replaceAll('"', '""')}"` : escaped;
}
