import { describe, expect, it } from 'vitest';
import { outcome, setup } from '#test/support/setups/routing.ts';
import { type CallOutcome, createHealthRegistry } from './health.ts';

describe('health of a provider', () => {
  it('sums up the last calls of its models', () => {
    const { call, health } = setup('PRIORITY', []);
    expect(health.provider('a')).toMatchObject({ circuit: 'CLOSED', successRate: null, checkedAtMs: null });
    for (let at = 1; at <= 20; at++) call(at % 2 ? 'a/x' : 'a/y', true, at * 10);
    call('a/x', false, 1);
    expect(health.provider('a')).toMatchObject({
      latencyMsP50: 100,
      latencyMsP95: 190,
      timeToFirstTokenMsP50: 50,
      checkedAtMs: 0,
    });
    expect(health.provider('a').successRate).toBeCloseTo(20 / 21);
  });

  it('logs each change of a circuit as a warning: model, provider, state and failures, and nothing else', () => {
    let nowMs = 0;
    const warnings: unknown[][] = [];
    const warn = (...entry: unknown[]) => void warnings.push(entry);
    const health = createHealthRegistry({ now: () => nowMs, log: { warn } });
    const call = (result: CallOutcome['result']) => health.begin('a/x', 'a')?.(outcome(result, 1));
    for (let failure = 0; failure < 5; failure++) call('FAILED');
    nowMs += 5_000;
    call('SUCCEEDED');
    const about = { event: 'circuit_changed', modelId: 'a/x', providerId: 'a' };
    expect(warnings).toEqual([
      [{ ...about, circuit: 'OPEN', failures: 5 }, 'a circuit changed'],
      [{ ...about, circuit: 'HALF_OPEN', failures: 5 }, 'a circuit changed'],
      [{ ...about, circuit: 'CLOSED', failures: 0 }, 'a circuit changed'],
    ]);
  });

  it('is closed to all calls by failures of the provider only, and to none by refused credentials', () => {
    const health = createHealthRegistry({ now: () => 0 });
    for (let call = 0; call < 20; call++) health.begin('a/x', 'a')?.(outcome('REFUSED', 1));
    expect(health.provider('a')).toMatchObject({ circuit: 'CLOSED', successRate: 0 });
    for (let call = 0; call < 20; call++) health.begin('b/x', 'b')?.(null);
    expect(health.provider('b')).toMatchObject({ circuit: 'CLOSED', successRate: null });
  });
});
