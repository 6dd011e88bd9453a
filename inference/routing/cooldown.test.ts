import { describe, expect, it } from 'vitest';
import { ProviderFailure } from '#providers/provider.ts';
import { Cooldown } from './cooldown.ts';

function setup() {
  const clock = { nowMs: 1_000_000 };
  const cooldown = new Cooldown(() => clock.nowMs);
  const waitMs = (model: string) => {
    const rest = cooldown.rest(model);
    return rest === null ? null : rest.untilMs - clock.nowMs;
  };
  return { clock, cooldown, waitMs };
}

const failure = (
  code: ProviderFailure['code'],
  options: Partial<ConstructorParameters<typeof ProviderFailure>[2]> = {},
) => new ProviderFailure(code, 'Refused.', { retryable: false, ...options });
const limited = (retryAfterMs: number | null = null) =>
  failure('PROVIDER_RATE_LIMITED', { retryable: true, retryAfterMs });
const noCredit = failure('PROVIDER_RATE_LIMITED');
const badKey = failure('PROVIDER_AUTH', { status: 401 });
const forbidden = failure('PROVIDER_AUTH', { status: 403 });

describe('the cooldown of a credential', () => {
  it.each([
    ['a bad key', badKey, 30_000, 30_000],
    ['an account without credit', noCredit, 30_000, 30_000],
    ['a forbidden model', forbidden, 30_000, null],
    ['a rate limit without a time', limited(), 1_000, null],
    ['a rate limit with a time', limited(7_000), 7_000, null],
    ['a rate limit with a time of days', limited(10 * 86_400_000), 86_400_000, null],
  ])('%s: of the model that was called, and of the others', (_, refusal, own, others) => {
    const { cooldown, waitMs } = setup();
    cooldown.refuse('a', refusal, cooldown.asOf);
    expect([waitMs('a'), waitMs('b')]).toEqual([own, others]);
  });

  it.each([
    [limited(), false],
    [limited(7_000), true],
    [badKey, true],
    [forbidden, true],
  ])('lets only others go first after a limit without a time, and is strict otherwise', (refusal, strict) => {
    const { cooldown } = setup();
    cooldown.refuse('a', refusal, cooldown.asOf);
    expect(cooldown.rest('a')?.strict).toBe(strict);
  });

  it('doubles with each further refusal, up to its bound', () => {
    for (const [refusal, times] of [
      [badKey, [30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]],
      [limited(), [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]],
    ] as const) {
      const { clock, cooldown, waitMs } = setup();
      for (const ms of times) {
        cooldown.refuse('a', refusal, cooldown.asOf);
        expect(waitMs('a')).toBe(ms);
        clock.nowMs += ms;
        expect(waitMs('a')).toBeNull();
      }
    }
  });

  it('counts the refusals of calls that were in flight together once', () => {
    const { clock, cooldown, waitMs } = setup();
    const { asOf } = cooldown;
    for (let call = 0; call < 10; call++) cooldown.refuse('a', limited(), asOf);
    expect(waitMs('a')).toBe(1_000);
    clock.nowMs += 1_000;
    cooldown.refuse('a', limited(), cooldown.asOf);
    expect(waitMs('a')).toBe(2_000);
  });

  it('is not lengthened by a refusal without a time of a call that was in flight together with the refused one', () => {
    for (const refusal of [limited(), badKey]) {
      const { clock, cooldown, waitMs } = setup();
      const { asOf } = cooldown;
      cooldown.refuse('a', refusal, asOf);
      const restMs = waitMs('a') ?? 0;
      clock.nowMs += 700;
      cooldown.refuse('a', refusal, asOf);
      expect(waitMs('a')).toBe(restMs - 700);
    }
  });

  it('lasts as long as the longest time that calls in flight together were given', () => {
    const { cooldown, waitMs } = setup();
    const { asOf } = cooldown;
    for (const ms of [3_000, 9_000, 5_000]) cooldown.refuse('a', limited(ms), asOf);
    expect(waitMs('a')).toBe(9_000);
    expect(cooldown.rest('a')?.refusals).toBe(1);
  });

  it('lasts until both are over, where the credential and the model are refused', () => {
    for (const [forModel, expected] of [
      [40_000, 40_000],
      [10_000, 30_000],
    ] as const) {
      const { cooldown, waitMs } = setup();
      cooldown.refuse('a', limited(forModel), cooldown.asOf);
      cooldown.refuse('a', badKey, cooldown.asOf);
      expect(waitMs('a')).toBe(expected);
    }
  });

  it('ends with an answer to a call that began after the refusal, not to one before', () => {
    const { cooldown, waitMs } = setup();
    const before = cooldown.asOf;
    cooldown.refuse('a', limited(), before);
    cooldown.refuse('a', badKey, cooldown.asOf);
    cooldown.accept('a', before);
    expect(waitMs('a')).toBe(30_000);
    cooldown.accept('b', cooldown.asOf);
    expect(waitMs('a')).toBe(1_000);
    cooldown.accept('a', cooldown.asOf);
    expect(waitMs('a')).toBeNull();
  });
});
