import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { LimitWindow } from '#core/graph-enums.generated.ts';
import { withRedis } from '#test/support/processes/with-redis.ts';
import { fc } from '#test/support/properties.ts';
import { FakeLedger } from './fake-ledger.ts';
import { createMemoryQuota } from './memory.ts';
import type { Quota, QuotaAmounts, QuotaLimit, ReservationDecision } from './quota.ts';
import { createRedisQuota } from './redis.ts';
import { limitOn } from './suite/calls.ts';
import { calendarEndMs } from './windows.ts';

const minuteMs = 60_000;

type Step =
  | { readonly kind: 'RESERVE'; readonly tokens: bigint; readonly others: readonly bigint[] }
  | { readonly kind: 'SETTLE' | 'RELEASE'; readonly call: number; readonly tokens: bigint };

const amount = fc.bigInt({ min: 0n, max: 40n });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('RESERVE' as const),
    tokens: amount,
    others: fc.array(amount, { maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constantFrom('SETTLE' as const, 'RELEASE' as const),
    call: fc.nat(5),
    tokens: amount,
  }),
);
const limits: fc.Arbitrary<readonly QuotaLimit[]> = fc
  .uniqueArray(
    fc.record({
      subject: fc.constantFrom('key:a', 'app:a', 'tenant:t'),
      window: fc.constantFrom<LimitWindow>('MINUTE', 'HOUR', 'DAY', 'MONTH'),
      limit: fc.option(fc.bigInt({ min: 1n, max: 120n })),
    }),
    { minLength: 1, maxLength: 4, selector: ({ subject, window }) => `${subject} ${window}` },
  )
  .map((all) => all.map(({ subject, window, limit }) => limitOn(subject, 'TOKENS', limit, window)));

/** What is left, with the times that are the same on every clock. */
function describeLeft({ left }: ReservationDecision, nowMs: number) {
  return left.map(({ limit, remaining, resetsAtMs }) => ({
    limit,
    remaining,
    resets:
      limit.window === 'DAY' || limit.window === 'MONTH'
        ? resetsAtMs === calendarEndMs(limit.window, nowMs)
        : resetsAtMs !== null,
  }));
}

class Meters {
  readonly quota: Quota;
  readonly ledger: FakeLedger;
  readonly partition = randomUUID();

  constructor(open: (ledger: FakeLedger) => Quota) {
    this.ledger = new FakeLedger();
    this.quota = open(this.ledger);
  }

  reserve(
    id: string,
    amounts: QuotaAmounts,
    on: readonly QuotaLimit[],
    together: readonly bigint[] = [],
  ): Promise<ReservationDecision> {
    return this.quota.reserve({
      id,
      partition: this.partition,
      scopes: [],
      amounts,
      together: together.map((TOKENS, at) => ({ id: `${id}.${at}`, amounts: { TOKENS } })),
      limits: on,
      ttlMs: minuteMs,
    });
  }

  async run(on: readonly QuotaLimit[], steps: readonly Step[]) {
    const described: unknown[] = [];
    for (const [at, step] of steps.entries()) {
      if (step.kind === 'RESERVE') {
        const decision = await this.reserve(String(at), { TOKENS: step.tokens }, on, step.others);
        described.push(decision.granted, describeLeft(decision, Date.now()));
      } else if (step.kind === 'RELEASE') await this.quota.release(this.partition, String(step.call));
      else await this.quota.settle(this.partition, String(step.call), { TOKENS: step.tokens });
    }
    return described;
  }
}

function leftSuite(name: string, open: (ledger: FakeLedger) => Quota): void {
  describe(`what is left, ${name}`, () => {
    it('is the largest amount that each limit admits next, after every grant and refusal', async () => {
      await fc.assert(
        fc.asyncProperty(limits, fc.array(step, { maxLength: 6 }), amount, async (on, steps, last) => {
          const meters = new Meters(open);
          await meters.run(on, steps);
          const { left } = await meters.reserve('last', { TOKENS: last }, on);
          expect(left.map(({ limit }) => limit)).toEqual(on.filter(({ limit }) => limit !== null));
          for (const [at, { limit, remaining }] of left.entries()) {
            const beyond = await meters.reserve(`b${at}`, { TOKENS: remaining + 1n }, [limit]);
            expect(beyond.granted).toBe(false);
            const within = await meters.reserve(`w${at}`, { TOKENS: remaining }, [limit]);
            expect(within).toMatchObject({ granted: true, left: [{ remaining: 0n }] });
            await meters.quota.release(meters.partition, `w${at}`);
          }
        }),
        { numRuns: 40 },
      );
    });

    it('resets when the newest use has left a sliding window, at the end of a calendar window, never by calls in flight', async () => {
      const meters = new Meters(open);
      const on = [
        limitOn('key:a', 'REQUESTS', 5n, 'MINUTE'),
        limitOn('key:a', 'TOKENS', 50n, 'MONTH'),
        limitOn('key:a', 'CONCURRENCY', 2n, 'INFLIGHT'),
        limitOn('key:a', 'COST', null, 'DAY'),
      ];
      const amounts = { REQUESTS: 1n, TOKENS: 20n, CONCURRENCY: 1n };
      await meters.reserve('1', amounts, on);
      const second = await meters.reserve('2', amounts, on);
      if (!second.granted) throw new Error('It was refused.');
      const expected = [
        { limit: on[0], remaining: 3n, resetsAtMs: second.atMs + minuteMs },
        { limit: on[1], remaining: 10n, resetsAtMs: calendarEndMs('MONTH', second.atMs) },
        { limit: on[2], remaining: 0n, resetsAtMs: null },
      ];
      expect(second.left).toEqual(expected);
      const third = await meters.reserve('3', amounts, on);
      expect(third).toMatchObject({ granted: false, left: expected });
    });

    it('is all of a limit that nothing was used of, and of a call that is larger than it', async () => {
      const meters = new Meters(open);
      const on = [limitOn('key:a', 'TOKENS', 5n, 'HOUR'), limitOn('key:a', 'TOKENS', 9n, 'DAY')];
      expect((await meters.reserve('1', { TOKENS: 7n }, on)).left).toEqual([
        { limit: on[0], remaining: 5n, resetsAtMs: null },
        { limit: on[1], remaining: 9n, resetsAtMs: null },
      ]);
    });
  });
}

leftSuite('memory', (history) => createMemoryQuota({ history }));

withRedis(
  'redis: what is left',
  (redis) => {
    const open = (ledger: FakeLedger) => createRedisQuota(redis().commands, ledger);
    leftSuite('redis', open);

    it('is the same in memory and in Redis, after every call of random ones', async () => {
      await fc.assert(
        fc.asyncProperty(limits, fc.array(step, { minLength: 1, maxLength: 10 }), async (on, steps) => {
          const memory = new Meters((history) => createMemoryQuota({ history }));
          expect(await new Meters(open).run(on, steps)).toEqual(await memory.run(on, steps));
        }),
        { numRuns: 60 },
      );
    });
  },
  'heddle-gateway',
);
