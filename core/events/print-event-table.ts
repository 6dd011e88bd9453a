import { readFileSync } from 'node:fs';
import type { GeneratedFile } from '../generated-file.ts';
import { type EventTypeFacts, eventTypes } from './event-types.ts';

const path = 'docs/events.md';
const start = '<!-- types: generated -->\n';
const end = '<!-- end -->';

function printRow([type, { when, subject, data, severity }]: readonly [string, EventTypeFacts]): string {
  const fields = data.map((name) => `\`${name}\``).join(' ');
  return `| \`${type}\` | ${when} | ${subject} | ${fields} | ${severity} |\n`;
}

/** docs/events.md with the table of the types of events. Throws where its marks are missing. */
export function generateEventTable(): GeneratedFile {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const [before, rest] = text.split(start);
  const after = rest?.slice(rest.indexOf(end));
  if (before === undefined || after === undefined || !after.startsWith(end))
    throw new Error(`${path} has no marks for the table of types.`);
  const head = '\n| type | when | `subject` | `data` | severity |\n|---|---|---|---|---|\n';
  const rows = Object.entries<EventTypeFacts>(eventTypes).map(printRow);
  return { path, text: `${before}${start}${head}${rows.join('')}\n${after}` };
}
