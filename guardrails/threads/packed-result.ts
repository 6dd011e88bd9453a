import { type Finding, nothingFound, type RuleResult } from '../guardrail.ts';

type Fired = Extract<RuleResult, { readonly fired: true }>;

/** A result as threads send it: tens of thousands of findings are a copy of bytes, where objects would be read one by one. */
export type PackedResult =
  | { readonly fired: false }
  | (Omit<Fired, 'findings'> & {
      /** Four numbers for each finding: its text, start, end, and what else it states as an index of `others`. */
      readonly places: Uint32Array<ArrayBuffer>;
      readonly others: readonly Pick<Finding, 'kind' | 'replacement'>[];
    });

const numbersEach = 4;

/** What `unpackResult` makes an equal result of. */
export function packResult(result: RuleResult): PackedResult {
  if (!result.fired) return result;
  const { findings, ...rest } = result;
  const places = new Uint32Array(findings.length * numbersEach);
  const others: Pick<Finding, 'kind' | 'replacement'>[] = [];
  const indexes = new Map<string, number>();
  for (const [number, { text, start, end, ...other }] of findings.entries()) {
    const key = `${other.kind} ${other.replacement ?? ''} ${other.replacement !== undefined}`;
    let index = indexes.get(key);
    if (index === undefined) {
      index = others.push(other) - 1;
      indexes.set(key, index);
    }
    places.set([text, start, end, index], number * numbersEach);
  }
  return { ...rest, places, others };
}

/** The result that was packed. */
export function unpackResult(packed: PackedResult): RuleResult {
  if (!packed.fired) return nothingFound;
  const { places, others, ...rest } = packed;
  const findings: Finding[] = [];
  for (let at = 0; at < places.length; at += numbersEach) {
    const [text = 0, start = 0, end = 0, index = 0] = places.subarray(at, at + numbersEach);
    findings.push({ text, start, end, ...(others[index] ?? { kind: '' }) });
  }
  return { ...rest, findings };
}
