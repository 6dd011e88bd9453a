import { describe, expect, it } from 'vitest';
import type { CircuitState } from '#core/graph-enums.generated.ts';
import { Circuit } from './circuit.ts';

function setup() {
  let nowMs = 0;
  const changes: [CircuitState, number][] = [];
  const circuit = new Circuit(
    () => nowMs,
    (state, failures) => changes.push([state, failures]),
  );
  const enter = () => {
    const pass = circuit.enter();
    if (pass === null) throw new Error('The circuit lets no call through.');
    return pass;
  };
  const call = (succeeded: boolean | null) => circuit.leave(enter(), succeeded);
  return {
    circuit,
    changes,
    enter,
    call,
    advance: (ms: number) => {
      nowMs += ms;
    },
    open: () => {
      for (let failure = 0; failure < 5; failure++) call(false);
    },
  };
}

describe('a circuit', () => {
  it('opens after five failures in a row, for five seconds', () => {
    const { circuit, call, advance, open } = setup();
    for (let failure = 0; failure < 4; failure++) call(false);
    call(true);
    for (let failure = 0; failure < 4; failure++) call(false);
    expect(circuit.state).toBe('CLOSED');
    call(true);
    open();
    expect(circuit).toMatchObject({ state: 'OPEN', waitMs: 5_000 });
    expect(circuit.enter()).toBeNull();
    advance(4_999);
    expect(circuit.enter()).toBeNull();
    advance(1);
    expect(circuit).toMatchObject({ state: 'HALF_OPEN', waitMs: 0 });
  });

  it('stays open twice as long after each failed trial, up to 15 s, and 5 s again after it has closed', () => {
    const { circuit, call, advance, open } = setup();
    open();
    for (const [openMs, next] of [
      [5_000, 10_000],
      [10_000, 15_000],
      [15_000, 15_000],
      [15_000, 15_000],
    ] as const) {
      advance(openMs - 1);
      expect(circuit.enter()).toBeNull();
      advance(1);
      call(false);
      expect(circuit).toMatchObject({ state: 'OPEN', waitMs: next });
    }
    advance(15_000);
    call(true);
    expect(circuit.state).toBe('CLOSED');
    open();
    expect(circuit.waitMs).toBe(5_000);
  });

  it.each([5, 20, 200])(
    'is not kept open by the failures of %d calls that began before it opened',
    (calls) => {
      const { circuit, enter, advance } = setup();
      const passes = Array.from({ length: calls }, enter);
      for (const pass of passes) {
        circuit.leave(pass, false);
        advance(10);
      }
      advance(5_000);
      expect(circuit.state).toBe('HALF_OPEN');
      circuit.leave(enter(), false);
      expect(circuit.waitMs).toBe(10_000);
    },
  );

  it('is not opened again by failures of calls that began before it last opened', () => {
    const { circuit, enter, call, advance, open } = setup();
    const early = Array.from({ length: 10 }, enter);
    open();
    advance(5_000);
    call(true);
    for (const pass of early) circuit.leave(pass, false);
    expect(circuit).toMatchObject({ state: 'CLOSED', failures: 0 });
  });

  it('lets one trial through at a time, and another when that has ended, however it ended', () => {
    const { circuit, enter, advance, open } = setup();
    open();
    advance(5_000);
    for (const end of [null, null, false] as const) {
      const trial = enter();
      for (let other = 0; other < 20; other++) expect(circuit.enter()).toBeNull();
      expect(circuit.waitMs).toBeGreaterThan(0);
      circuit.leave(trial, end);
    }
    advance(10_000);
    circuit.leave(enter(), true);
    expect(circuit.enter()).not.toBeNull();
    expect(circuit.enter()).not.toBeNull();
  });

  it('lets another trial begin 30 s after one that has not ended, whose end counts all the same', () => {
    const { circuit, enter, advance, open } = setup();
    open();
    advance(5_000);
    const slow = enter();
    advance(29_999);
    expect(circuit.enter()).toBeNull();
    advance(1);
    const other = enter();
    expect(circuit.enter()).toBeNull();
    circuit.leave(slow, null);
    expect(circuit.enter()).toBeNull();
    circuit.leave(other, false);
    expect(circuit.waitMs).toBe(10_000);
    circuit.leave(slow, true);
    expect(circuit.state).toBe('CLOSED');
  });

  it('closes when a call that began before it opened succeeds after all', () => {
    const { circuit, enter, open } = setup();
    const early = enter();
    open();
    circuit.leave(early, true);
    expect(circuit.state).toBe('CLOSED');
  });

  it('reports each change once', () => {
    const { changes, call, advance, open } = setup();
    open();
    advance(5_000);
    call(false);
    advance(10_000);
    call(true);
    call(true);
    expect(changes).toEqual([
      ['OPEN', 5],
      ['HALF_OPEN', 5],
      ['OPEN', 6],
      ['HALF_OPEN', 6],
      ['CLOSED', 0],
    ]);
  });
});
