import { type Finding, nothingFound, type RuleResult } from '../guardrail.ts';

type Fired = Extract<RuleResult, { readonly fired: true }>;

/** A result as threads send it: tens of thousands of findings are a copy of bytes, where objects would be read one by one. */
export type PackedResult =
  | { readonly fired: false }
  | (Omit<Fired, 'findings'> & {
      /** Four numbers for each finding: its text, start, end, and what else it states as an index of `others`. */
      readonly places: Uint32Array<ArrayBuffer>;
      readonly others: readonly Other[];
    });

type Other = Pick<Finding, 'kind' | 'replacement'>;

const numbersEach = 4;

/** What `unpackResult` makes an equal result of. */
export function packResult(result: RuleResult): PackedResult {
  if (!result.fired) return result;
  const { findings, ...rest } = result;
  const places = new Uint32Array(findings.length * numbersEach);
  const others = new Others();
  let at = 0;
  for (const finding of findings) {
    places[at] = finding.text;
    places[at + 1] = finding.start;
    places[at + 2] = finding.end;
    places[at + 3] = others.add(finding);
    at += numbersEach;
  }
  return { ...rest, places, others: others.all };
}

/** What findings state beside their places, each once. */
class Others {
  readonly all: Other[] = [];
  readonly #indexes = new Map<string, number>();
  #last: Other | undefined;
  #lastIndex = 0;

  /** The index in `all`. Findings that follow each other are mostly of one kind. */
  add({ kind, replacement }: Other): number {
    if (this.#last?.kind === kind && this.#last.replacement === replacement) return this.#lastIndex;
    const key = `${kind} ${replacement ?? ''} ${replacement !== undefined}`;
    const known = this.#indexes.get(key);
    const other = replacement === undefined ? { kind } : { kind, replacement };
    this.#lastIndex = known ?? this.all.push(other) - 1;
    this.#indexes.set(key, this.#lastIndex);
    this.#last = other;
    return this.#lastIndex;
  }
}

/** The result that was packed. */
export function unpackResult(packed: PackedResult): RuleResult {
  if (!packed.fired) return nothingFound;
  const { places, others, ...rest } = packed;
  const findings: Finding[] = [];
  for (let at = 0; at < places.length; at += numbersEach) {
    const { kind, replacement } = others[places[at + 3] as number] as Other;
    const place = {
      text: places[at] as number,
      start: places[at + 1] as number,
      end: places[at + 2] as number,
      kind,
    };
    findings.push(replacement === undefined ? place : { ...place, replacement });
  }
  return { ...rest, findings };
}
