import { type Doc, int32, isDoc, isNumeric, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { compileFilter } from '../../query/compile.ts';
import { toExactLong } from '../../query/operands.ts';
import { parseFilter } from '../../query/parse.ts';
import type { ExpressionVariables } from '../expression.ts';
import { PAUSE } from '../pause.ts';
import type { Stage } from '../stream.ts';

export function compileMatch(spec: Value, vars: ExpressionVariables): Stage {
  if (!isDoc(spec)) throw new CommandError(15959, 'the match filter must be an expression in an object');
  const matches = compileFilter(parseFilter(spec), { vars });
  return function* (input) {
    for (const doc of input) if (doc === PAUSE || matches(doc)) yield doc;
  };
}

/** The operand of $limit and $skip. */
export function parseCount(spec: Value, stage: '$limit' | '$skip'): number {
  const long = isNumeric(spec) ? toExactLong(spec) : undefined;
  const least = stage === '$limit' ? 1n : 0n;
  if (long !== undefined && long >= least) return Number(long);
  if (stage === '$limit' && long === 0n) throw new CommandError(15958, 'the limit must be positive');
  throw new CommandError(
    stage === '$limit' ? 5107201 : 5107200,
    `invalid argument to ${stage} stage: Expected a ${least === 1n ? 'positive' : 'non-negative'} number in: ${stage}`,
  );
}

export function limitStage(limit: number): Stage {
  return function* (input) {
    let left = limit;
    for (const doc of input) {
      yield doc;
      if (doc !== PAUSE && --left === 0) return;
    }
  };
}

export function skipStage(skip: number): Stage {
  return function* (input) {
    let left = skip;
    for (const doc of input) {
      if (doc === PAUSE || left === 0) yield doc;
      else left--;
    }
  };
}

/** `$count`: nothing at all for an empty input. */
export function compileCount(spec: Value): Stage {
  if (typeof spec !== 'string') throw new CommandError(40156, 'the count field must be a non-empty string');
  if (spec === '') throw new CommandError(40156, 'the count field must be a non-empty string');
  if (spec.startsWith('$')) throw new CommandError(40158, 'the count field cannot be a $-prefixed path');
  if (spec.includes('.')) throw new CommandError(40160, "the count field cannot contain '.'");
  return function* (input) {
    let count = 0;
    for (const doc of input) {
      if (doc === PAUSE) yield PAUSE;
      else count++;
    }
    const result: Doc = new Map<string, Value>([[spec, count < 2 ** 31 ? int32(count) : BigInt(count)]]);
    if (count > 0) yield result;
  };
}
