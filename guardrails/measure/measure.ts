import type { Finding, PreparedRule, RuleContext, RuleServices } from '../guardrail.ts';
import { findRule } from '../rules.ts';
import { guardedText } from './guarded-text.ts';
import { drawHarmless } from './harmless.ts';
import type { LabelledSet } from './labelled.ts';
import { drawFrom } from './random.ts';
import { labelledSets } from './sets.ts';

/** What one kind of a rule found among the texts of its set and the harmless ones. */
export interface KindResult {
  readonly rule: string;
  readonly kind: string;
  readonly texts: number;
  /** Of those texts, the ones whose value was found at its place. */
  readonly found: number;
  /** Findings of this kind where nothing of it stands. */
  readonly wrong: number;
}

/** What was measured; equal for equal sizes and seeds. */
export interface Measurement {
  readonly kinds: readonly KindResult[];
  readonly harmlessTexts: number;
  /** Harmless texts in which a rule of the default set found something, with what it found first. */
  readonly falseAlarms: readonly { readonly kind: string; readonly found: string; readonly text: string }[];
}

/** The rules of the default set. */
export const defaultRules: readonly string[] = ['secrets', 'pii'];

/** A call without tenant, end user and texts. */
export const ruleContext: RuleContext = {
  tenantId: null,
  allowedRegions: null,
  endUserId: null,
  callTexts: () => [],
  signal: new AbortController().signal,
};

/** The rule of a name. Throws where there is none, and over options that it does not know. */
export function prepareRule(name: string, options: unknown, services: RuleServices = {}): PreparedRule {
  const rule = findRule(name);
  if (rule === undefined) throw new Error(`There is no rule ${name}.`);
  return rule.prepare(options, services);
}

/** What a rule finds in one text. */
export async function findIn(rule: PreparedRule, text: string): Promise<readonly Finding[]> {
  const result = await rule.check([guardedText(text)], ruleContext);
  return result.fired ? result.findings : [];
}

/** Looks with each rule at its own set, and at the harmless texts. */
export async function measure(
  textsPerKind: number,
  harmlessCount: number,
  seed: number,
): Promise<Measurement> {
  const harmless = drawHarmless(harmlessCount, seed);
  const kinds: KindResult[] = [];
  const alarms = new Map<string, Measurement['falseAlarms'][number]>();
  for (const set of labelledSets) {
    const rule = prepareRule(set.rule, set.options ?? {});
    const wrong = new Map<string, number>();
    const count = (finding: Finding) => wrong.set(finding.kind, (wrong.get(finding.kind) ?? 0) + 1);
    for (const text of harmless) {
      const findings = await findIn(rule, text);
      for (const finding of findings) count(finding);
      const [first] = findings;
      if (first === undefined || set.options !== undefined || !defaultRules.includes(set.rule)) continue;
      alarms.set(text, { kind: first.kind, found: text.slice(first.start, first.end), text });
    }
    const found = await findLabelled(set, rule, textsPerKind, seed, count);
    kinds.push(
      ...set.kinds.map((kind) => ({
        rule: set.rule,
        kind,
        texts: textsPerKind,
        found: found.get(kind) ?? 0,
        wrong: wrong.get(kind) ?? 0,
      })),
    );
  }
  return { kinds, harmlessTexts: harmless.length, falseAlarms: [...alarms.values()] };
}

async function findLabelled(
  set: LabelledSet,
  rule: PreparedRule,
  textsPerKind: number,
  seed: number,
  countWrong: (finding: Finding) => void,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  const draw = drawFrom(seed);
  for (const kind of set.kinds) {
    let right = 0;
    for (let number = 0; number < textsPerKind; number += 1) {
      const { text, value } = set.make(kind, draw);
      const findings = await findIn(rule, text);
      const isRight = (finding: Finding) =>
        finding.kind === kind && text.slice(finding.start, finding.end) === value;
      if (findings.some(isRight)) right += 1;
      for (const finding of findings) if (!isRight(finding)) countWrong(finding);
    }
    found.set(kind, right);
  }
  return found;
}

/** The share of what is there that was found. */
export function recall({ found, texts }: KindResult): number {
  return found / texts;
}

/** The share of what was found that is there; 1 where nothing was found. */
export function precision({ found, wrong }: KindResult): number {
  return found + wrong === 0 ? 1 : found / (found + wrong);
}
