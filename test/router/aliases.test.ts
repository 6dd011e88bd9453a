import { isDeepStrictEqual } from 'node:util';
import { parse } from 'graphql';
import pino from 'pino';
import { afterAll, describe, expect, it } from 'vitest';
import { createRandom, printedSeed } from '#test/support/random.ts';
import { addAliases } from './aliases.ts';
import { faultless } from './bazaar-faults.ts';
import { runInWhole, startRun, wholeSchema } from './bazaar-run.ts';
import { idsFor } from './bazaar-world.ts';
import { joinGraphs, startJoinGraph } from './join-graphs.ts';
import { makeOperation } from './operations.ts';
import { isBeyondPlanner, ourRouter, readAnswers } from './routers.ts';

/**
 * Aliases change the keys of an answer and nothing else (GraphQL spec, section 6.3). HEDDLE_ALIAS_OPERATIONS sets how
 * many operations are given aliases, HEDDLE_TEST_SEED repeats a run.
 */
const seed = printedSeed('router aliases');
const operations = Number(process.env.HEDDLE_ALIAS_OPERATIONS ?? 600);
const timeoutMs = 30_000 + operations * 100;

const logged: string[] = [];
const bazaar = ourRouter(pino({ level: 'error' }, { write: (line) => logged.push(line) }));
afterAll(() => bazaar[Symbol.asyncDispose]());

describe('aliases', () => {
  it(
    'leave every value of a random operation as it is',
    async () => {
      const random = createRandom(seed);
      let changed = 0;
      let unplanned = 0;
      let same = 0;
      for (let count = 0; count < operations; count++) {
        const { query, variables } = makeOperation(wholeSchema, 'query', idsFor, random);
        const twins = random.chance(0.3);
        const { aliased, plain, restore } = addAliases(wholeSchema, query, random, { twins });
        const [answer] = await bazaar.answer(aliased, variables, startRun(faultless));
        const whole = async (document: string) =>
          (await readAnswers(await runInWhole(parse(document), variables, startRun(faultless))))[0]?.data;
        if (isBeyondPlanner(logged)) {
          // So is the operation without aliases.
          logged.length = 0;
          await bazaar.answer(plain, variables, startRun(faultless));
          expect(twins || isBeyondPlanner(logged), `${plain}\n${aliased}`).toBe(true);
          unplanned++;
          logged.length = 0;
          continue;
        }
        const about = `${aliased}\n${JSON.stringify(variables)}`;
        const expected = await whole(aliased);
        expect(answer?.data, about).toEqual(expected);
        // Fields that an alias merges may be null together, as graphql-js has it too.
        if (isDeepStrictEqual(restore(expected, variables), await whole(plain))) same++;
        if (aliased !== plain) changed++;
      }
      expect(unplanned).toBeLessThanOrEqual(2 + operations * 0.02);
      expect(same).toBeGreaterThan(operations * 0.9);
      expect(changed).toBeGreaterThan(operations * 0.8);
    },
    timeoutMs,
  );

  describe.each(Object.entries(joinGraphs))('where %s', (_, graph) => {
    const router = startJoinGraph(graph);
    afterAll(() => router[Symbol.asyncDispose]());

    it.each(graph.operations)(
      'leave every value of $query as it is',
      async ({ query, data }) => {
        expect(await router.answer(query)).toEqual({ data });
        const random = createRandom(seed);
        for (let count = 0; count < operations / 10; count++) {
          const { aliased, plain, restore } = addAliases(router.schema, query, random, { twins: true });
          const answer = await router.answer(aliased);
          expect(answer.errors, aliased).toBeUndefined();
          const wanted = (await router.answer(plain)).data;
          expect(restore(answer.data), aliased).toEqual(wanted);
        }
      },
      timeoutMs,
    );
  });
});
