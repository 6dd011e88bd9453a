/**
 * Measures the rule `pii` at texts that others wrote: reads the lines of texts.py from standard input, and writes for each kind how many values stand in
 * them, how many are found, and findings where no value of the kind stands. With `--missed N` also N of each that are missed, and N that are wrong.
 */
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { pii } from '../../rules/pii/pii.ts';
import { findIn } from '../measure.ts';

const span = z.object({ kind: z.string(), start: z.int(), end: z.int() });
const line = z.object({ text: z.string(), spans: z.array(span) });
const { values } = parseArgs({ options: { missed: { type: 'string', default: '0' } } });
const shownMax = Number(values.missed);

interface Counts {
  values: number;
  found: number;
  wrong: number;
  readonly shown: string[];
}

const byKind = new Map<string, Counts>();
function findCounts(kind: string): Counts {
  let counts = byKind.get(kind);
  if (counts === undefined) {
    counts = { values: 0, found: 0, wrong: 0, shown: [] };
    byKind.set(kind, counts);
  }
  return counts;
}

type Span = z.infer<typeof span>;
const isAt = (one: Span, other: Span) =>
  one.kind === other.kind && one.start < other.end && other.start < one.end;
const rule = pii.prepare({}, {});
for (const written of (await text(process.stdin)).trim().split('\n')) {
  const { text: sentence, spans } = line.parse(JSON.parse(written));
  const findings = await findIn(rule, sentence);
  const show = (what: string, { kind, start, end }: Span) => {
    const { shown } = findCounts(kind);
    if (shown.filter((one) => one.startsWith(what)).length < shownMax) {
      shown.push(`${what}: ${sentence.slice(Math.max(0, start - 60), start)}[${sentence.slice(start, end)}]`);
    }
  };
  for (const value of spans) {
    const counts = findCounts(value.kind);
    counts.values += 1;
    if (findings.some((finding) => isAt(finding, value))) counts.found += 1;
    else show('missed', value);
  }
  for (const finding of findings) {
    if (spans.some((value) => isAt(finding, value))) continue;
    findCounts(finding.kind).wrong += 1;
    show('wrong', finding);
  }
}
for (const [kind, { values: all, found, wrong, shown }] of byKind) {
  const share = all === 0 ? '' : ` (${(found / all).toFixed(2)})`;
  console.log(`${kind}: ${found} of ${all} found${share}, ${wrong} wrong`);
  for (const one of shown) console.log(`  ${one}`);
}
