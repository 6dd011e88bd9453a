import { isDeepStrictEqual } from 'node:util';
import { cacheScopes } from '#core/cache-scope.ts';
import { type DirectiveArguments, type DirectivesByName, directiveUsages } from '../directive-usages.ts';
import type { SchemaFinding, SchemaRule } from './findings.ts';

/** Of what kind a change of a directive is, and in a word what it does. */
interface Classified {
  readonly rule: SchemaRule;
  readonly what: string;
}

/** How the change of one use of a directive is classified; undefined stands where it was not, or is no more. */
type Classify = (before: DirectiveArguments | undefined, after: DirectiveArguments | undefined) => Classified;

const loosened: Classified = { rule: 'loosened', what: 'LOOSENED' };
const tightened: Classified = { rule: 'breaking', what: 'TIGHTENED' };
const dangerous: Classified = { rule: 'dangerous', what: 'CHANGED' };
const harmless: Classified = { rule: 'policy', what: 'CHANGED' };

const toTexts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);
const lacks = (set: unknown, subset: unknown) => toTexts(subset).some((one) => !toTexts(set).includes(one));

/** What is drawn on fewer meters, or by less, is money or capacity that no limit counts any more. */
const quota: Classify = (before, after) => {
  if (after === undefined) return loosened;
  if (before === undefined) return tightened;
  const weighsLess = Number(after.weight) < Number(before.weight);
  if (lacks(after.meters, before.meters) || weighsLess) return loosened;
  const weighsMore = Number(after.weight) > Number(before.weight);
  return lacks(before.meters, after.meters) || weighsMore ? tightened : harmless;
};

const rankScope = (scope: unknown) => (cacheScopes as readonly unknown[]).indexOf(scope);

/** The callers that share an answer, and the required similarity of questions, concern privacy; how long it is kept does not. */
const cache: Classify = (before, after) => {
  if (after === undefined) return dangerous;
  const sharedBefore = before === undefined ? rankScope('CALLER') : rankScope(before.scope);
  if (rankScope(after.scope) > sharedBefore || rankScope(after.scope) === -1) return loosened;
  const matchBefore = before === undefined ? 'EXACT' : before.match;
  return after.match !== matchBefore && after.match !== 'EXACT' ? loosened : dangerous;
};

/** Texts at a stage that is left out pass by the policies of tenants; at a further one calls may be refused. */
const guarded: Classify = (before, after) => {
  if (after === undefined || lacks(after.stages, before?.stages)) return loosened;
  return lacks(before?.stages, after.stages) ? dangerous : harmless;
};

/** Without it no record states who did what; a renamed action is missed by whoever looks for its name. */
const audited: Classify = (before, after) =>
  after === undefined ? loosened : before === undefined ? harmless : dangerous;

/** Operations of today may be refused as too large, or larger ones admitted. */
const cost: Classify = (before, after) => {
  const weight = (of: DirectiveArguments | undefined) => (of === undefined ? undefined : Number(of.weight));
  const [from, to] = [weight(before), weight(after)];
  const raised = to !== undefined && (from === undefined || to > from);
  return { rule: 'dangerous', what: raised ? 'RAISED' : 'LOWERED' };
};

const requiresSlicing = (of: DirectiveArguments | undefined) =>
  of !== undefined && of.requireOneSlicingArgument !== false && toTexts(of.slicingArguments).length > 0;

/** A list that must be sliced refuses whoever does not slice it; otherwise it is a matter of cost. */
const listSize: Classify = (before, after) =>
  requiresSlicing(after) && !requiresSlicing(before) ? tightened : dangerous;

/** What was hidden from clients is shown; what is hidden from them is missing in the API, which is compared apart. */
const inaccessible: Classify = (_before, after) => (after === undefined ? loosened : harmless);

const classifiers: Readonly<Record<string, Classify>> = {
  quota,
  cache,
  audited,
  guarded,
  cost,
  listSize,
  inaccessible,
};

/** Compared with what they demand of a caller as a whole (demands.ts), or with the API (check.ts). */
const comparedElsewhere = new Set(['authenticated', 'requiresScopes', 'policy', 'deprecated', 'specifiedBy']);

const whatToDoByRule: Readonly<Partial<Record<SchemaRule, string>>> = {
  loosened: 'Restore the directive, or approve the change if it is meant.',
  breaking: 'Leave the directive as it is, put the stricter one on a new field, and deprecate this one.',
  dangerous: 'Inform the owners of the clients that may notice.',
  policy: 'Nothing has to be done.',
};

/** Every change of a directive on an element that is in both schemas, classified by what it does. */
export function findPolicyChanges(baselineSdl: string, currentSdl: string): readonly SchemaFinding[] {
  const current = directiveUsages(currentSdl);
  return [...directiveUsages(baselineSdl)].flatMap(([where, before]) => {
    const after = current.get(where);
    return after === undefined ? [] : changesAt(where, before, after);
  });
}

function changesAt(
  where: string,
  before: DirectivesByName,
  after: DirectivesByName,
): readonly SchemaFinding[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].flatMap((name) => {
    if (comparedElsewhere.has(name)) return [];
    const [was, is] = [before.get(name) ?? [], after.get(name) ?? []];
    const count = Math.max(was.length, is.length);
    return Array.from({ length: count }, (_, index) => index).flatMap((index) => {
      const [from, to] = [was[index], is[index]];
      if (isDeepStrictEqual(from, to)) return [];
      const { rule, what } = classifiers[name]?.(from, to) ?? dangerous;
      return [
        {
          rule,
          where,
          problem: `${name.toUpperCase()}_${what}: it had ${written(name, from)}, and now has ${written(name, to)}`,
          whatToDo: whatToDoByRule[rule] ?? '',
        },
      ];
    });
  });
}

/** The directive as it is written in the SDL, all its arguments named. */
function written(name: string, args: DirectiveArguments | undefined): string {
  if (args === undefined) return `no @${name}`;
  const pairs = Object.entries(args).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return pairs.length === 0 ? `@${name}` : `@${name}(${pairs.join(', ')})`;
}
