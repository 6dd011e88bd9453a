import { type ExecutionResult, parse } from 'graphql';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createRandom, printedSeed, type Random } from '#test/support/random.ts';
import { hasAmbiguousKeys, hasBorrowedKeys } from './ambiguous-keys.ts';
import { chooseFaults, type Faults, faultless } from './bazaar-faults.ts';
import { bazaarNames } from './bazaar-graph.ts';
import { runInWhole, startRun, wholeSchema } from './bazaar-run.ts';
import { idsFor } from './bazaar-world.ts';
import { difference } from './compare.ts';
import { makeOperation, type OperationKind } from './operations.ts';
import { hiveRouter, isBeyondPlanner, ourRouter, readAnswers } from './routers.ts';

/**
 * Random operations over four subgraphs, answered three times: by our router, by graphql-js over the same graph in
 * one schema (the specification's own answer), and by @graphql-hive/router-runtime with the same planner. Ours is
 * always the specification's answer, for every event of a subscription too. Where router-runtime 1.4.23 answers
 * otherwise it is not the specification's:
 * - a list that is selected twice, as through a fragment, is listed twice (`{ people { name } people { email } }`);
 * - null does not rise through more than one place that cannot be null;
 * - an object of which conditions leave nothing is null, and an answer of which they leave nothing has no data;
 * - fields are lost below a fragment on an interface or union, and aliases of __typename with them;
 * - conditions on fragments make operations that it cannot plan or that no subgraph can parse.
 * One difference of ours is known, once in some ten thousands of operations: what the objects of one type are asked for in
 * a place, the planner asks of all that stand there, and where that fails the others lack what came with it.
 * HEDDLE_ORACLE_OPERATIONS sets how many operations each test makes, HEDDLE_TEST_SEED repeats a run.
 */

const seed = printedSeed('router oracle');
const operations = Number(process.env.HEDDLE_ORACLE_OPERATIONS ?? 100);
const timeoutMs = 30_000 + operations * 100;

const kinds: readonly OperationKind[] = ['query', 'query', 'query', 'query', 'mutation', 'subscription'];

const troubles: Readonly<Record<string, (random: Random) => Faults>> = {
  'nothing fails': () => faultless,
  'fields fail or are null': (random) => chooseFaults(random.below(2 ** 30), { field: 0.06, reference: 0 }),
  'entities are gone or refused': (random) =>
    chooseFaults(random.below(2 ** 30), { field: 0, reference: 0.15 }),
  'fields and entities fail': (random) =>
    chooseFaults(random.below(2 ** 30), { field: 0.03, reference: 0.1 }),
  'a subgraph is down': (random) => ({ ...faultless, down: random.pick(bazaarNames) }),
};

/** What our router logged of the operation that ran last. */
const logged: string[] = [];
let ours: ReturnType<typeof ourRouter>;
let hive: Awaited<ReturnType<typeof hiveRouter>>;
beforeAll(async () => {
  ours = ourRouter(pino({ level: 'error' }, { write: (line) => logged.push(line) }));
  hive = await hiveRouter();
});
afterAll(() => ours[Symbol.asyncDispose]());

type Leniency = Parameters<typeof difference>[2];

function differences(
  answers: readonly ExecutionResult[],
  whole: readonly ExecutionResult[],
  leniency: Leniency,
): string | undefined {
  if (answers.length !== whole.length) return `${answers.length} answers, not ${whole.length}`;
  for (const [index, answer] of answers.entries()) {
    const found = difference(answer, whole[index] as ExecutionResult, leniency);
    if (found !== undefined) return `answer ${index}: ${found}`;
  }
  return undefined;
}

describe('the router beside two others', () => {
  it.each(Object.entries(troubles))(
    'answers as the specification says when %s',
    async (name, faultsFor) => {
      const random = createRandom(seed);
      const mayBeGone = name.includes('entities');
      let unplanned = 0;
      let agreed = 0;
      let errors = 0;
      for (let count = 0; count < operations; count++) {
        const { query, variables } = makeOperation(wholeSchema, random.pick(kinds), idsFor, random);
        const faults = faultsFor(random);
        const document = parse(query);
        const whole = await readAnswers(await runInWhole(document, variables, startRun(faults)));
        logged.length = 0;
        const byOurs = await ours.answer(query, variables, startRun(faults));
        errors += whole.flatMap((answer) => answer.errors ?? []).length;
        const wrong = differences(byOurs, whole, { isOrdered: true, mayBeGone });
        if (wrong !== undefined) {
          expect(
            isBeyondPlanner(logged),
            `${query}\n${JSON.stringify({ variables, ...faults })}\n${wrong}\n${logged.join('')}`,
          ).toBe(true);
          unplanned++;
          continue;
        }
        // One name for different fields in one place ends the process of router-runtime, or joins by the wrong key.
        if (hasAmbiguousKeys(document) || hasBorrowedKeys(wholeSchema, document)) continue;
        const byHive = await hive(document, variables, startRun(faults)).catch(() => undefined);
        const leniency = { isOrdered: false, mayBeGone };
        if (byHive !== undefined && differences(byHive, whole, leniency) === undefined) agreed++;
      }
      expect(unplanned).toBeLessThanOrEqual(2 + operations * 0.02);
      // Both routers and the faults took part.
      expect(agreed).toBeGreaterThan(operations * 0.2);
      if (name !== 'nothing fails') expect(errors).toBeGreaterThan(0);
    },
    timeoutMs,
  );

  it.each([
    ['other arguments', 'reviews(first: 1) { id }', 'reviews { stars }'],
    ['other fields', 'x: boss { __typename }', 'x: address { __typename }'],
    [
      'both below other fields',
      'x: friends(first: 1) { y: boss { id } }',
      'x: friends(first: 2) { y: lastOrder { id } }',
    ],
  ])('distinguishes what objects of different types call by one name: %s', async (_, ofBook, ofTool) => {
    const query = `{ reviewed { __typename ... on Book { maker { ${ofBook} } } ... on Tool { maker { ${ofTool} } } } }`;
    const faults = chooseFaults(7, { field: 0.3, reference: 0 });
    for (const run of [() => startRun(faultless), () => startRun(faults)]) {
      const whole = await readAnswers(await runInWhole(parse(query), {}, run()));
      expect(
        differences(await ours.answer(query, {}, run()), whole, { isOrdered: true, mayBeGone: false }),
      ).toBe(undefined);
    }
  });
});
