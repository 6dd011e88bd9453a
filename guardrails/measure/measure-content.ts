import type { JsonSchemas } from '#core/json-schema/json-schema.ts';
import { findRule } from '../rules.ts';
import { type ContentSet, type LabelledLook, userLook } from './content.ts';
import { contentSets } from './content-sets.ts';
import { drawHarmless } from './harmless.ts';
import { prepareRule, ruleContext } from './measure.ts';
import { drawFrom } from './random.ts';

/** What a rule decided over the looks of one kind. */
export interface ContentResult {
  readonly rule: string;
  readonly kind: string;
  /** How many looks of each sort. */
  readonly looks: number;
  /** Looks at what has to be found, at which it fired. */
  readonly found: number;
  /** Looks at what resembles it, at which it fired. */
  readonly wrong: number;
  /** Harmless texts at which it fired; null: it did not look at them. */
  readonly alarms: number | null;
}

/** A look at which a rule decided wrongly. */
export interface WrongLook {
  readonly rule: string;
  readonly kind: string;
  readonly sort: 'missed' | 'wrong' | 'alarm';
  readonly text: string;
}

/** What was measured; equal for equal sizes and seeds. */
export interface ContentMeasurement {
  readonly results: readonly ContentResult[];
  readonly harmlessTexts: number;
  readonly wrongLooks: readonly WrongLook[];
}

/** Looks with each rule at its own set, and at the harmless texts. */
export async function measureContent(
  looksPerKind: number,
  harmlessCount: number,
  seed: number,
  jsonSchemas: Pick<JsonSchemas, 'check'>,
  sets: readonly ContentSet[] = contentSets,
): Promise<ContentMeasurement> {
  const harmless = drawHarmless(harmlessCount, seed).map(userLook);
  const results: ContentResult[] = [];
  const wrongLooks: WrongLook[] = [];
  for (const set of sets) {
    await findRule(set.rule)?.load?.();
    const alarmsByOptions = new Map<string, number>();
    for (const kind of set.kinds) {
      const options = set.options?.(kind) ?? {};
      const rule = prepareRule(set.rule, options, { jsonSchemas });
      /** How many fire; those that do, or do not, are noted as wrong. */
      const countFired = async (looks: readonly LabelledLook[], sort: WrongLook['sort']) => {
        let fired = 0;
        for (const { texts, callTexts = [] } of looks) {
          const result = await rule.check(texts, { ...ruleContext, callTexts: () => callTexts });
          if (result.fired) fired += 1;
          if (result.fired === (sort === 'missed')) continue;
          wrongLooks.push({ rule: set.rule, kind, sort, text: texts.map(({ text }) => text).join('\n') });
        }
        return fired;
      };
      const draw = drawFrom(seed);
      const make = (from: ContentSet['makeFound']) =>
        Array.from({ length: looksPerKind }, () => from(kind, draw));
      const found = await countFired(make(set.makeFound), 'missed');
      const wrong = await countFired(make(set.makePassed), 'wrong');
      const key = JSON.stringify(options);
      if (set.looksAtHarmless === true && !alarmsByOptions.has(key)) {
        alarmsByOptions.set(key, await countFired(harmless, 'alarm'));
      }
      const alarms = alarmsByOptions.get(key) ?? null;
      results.push({ rule: set.rule, kind, looks: looksPerKind, found, wrong, alarms });
    }
  }
  return { results, harmlessTexts: harmless.length, wrongLooks };
}
