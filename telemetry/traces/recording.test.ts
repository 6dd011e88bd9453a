import { describe, expect, it, vi } from 'vitest';
import type { DroppedReason } from '#core/observers/trace-observer.ts';
import { activeSpan, inSpan, timeSpan, withSpan } from '#core/tracing/span.ts';
import { readAttributes } from './otlp/exported-attributes.ts';
import { type RecordedSpan, Recording, type RecordingOutput } from './recording.ts';
import { newSpanId, newTraceId } from './trace-ids.ts';

/** A recording whose output is kept. */
function record(
  options: Partial<Pick<RecordingOutput, 'slowMs' | 'admit' | 'hold'>> & {
    readonly isSampled?: boolean;
  } = {},
) {
  const exported: RecordedSpan[] = [];
  const dropped: [DroppedReason, number][] = [];
  let held = 0;
  const output: RecordingOutput = {
    slowMs: 60_000,
    admit: () => true,
    export: (span) => void exported.push(span),
    dropped: (reason, count) => void dropped.push([reason, count]),
    hold: () => {
      held += 1;
      return true;
    },
    release: (count) => {
      held -= count;
    },
    ...options,
  };
  const { isSampled = false } = options;
  const recording = new Recording({ traceId: newTraceId(), isSampled, state: undefined }, output);
  const root = recording.begin('root', { kind: 'SERVER' }, undefined);
  return { root, exported, dropped, names: () => exported.map(({ name }) => name), held: () => held };
}

describe('an operation that is sampled', () => {
  it('is exported span by span, each below its own', () => {
    const { root, names, exported } = record({ isSampled: true });
    const child = root.child('child');
    child.childEnded('grandchild', 5, { code: 'STORE_FAILED' });
    expect(names()).toEqual(['grandchild']);
    child.end();
    child.end();
    root.end();
    expect(names()).toEqual(['grandchild', 'child', 'root']);
    const [grandchild, between, top] = exported;
    expect([grandchild?.code, between?.code]).toEqual(['STORE_FAILED', undefined]);
    expect(grandchild?.parent?.spanId).toBe(between?.spanId);
    expect(between?.parent?.spanId).toBe(top?.spanId);
    expect(new Set(exported.map(({ spanId }) => spanId)).size).toBe(3);
    expect((grandchild?.endMs ?? 0) - (grandchild?.startMs ?? 0)).toBeCloseTo(5, 0);
  });
});

describe('an operation that is not sampled', () => {
  it('is not exported, and nothing of it is held after its end', () => {
    const { root, exported, dropped, held } = record();
    root.child('child').end();
    expect(held()).toBe(1);
    root.end();
    expect([exported, dropped, held()]).toEqual([[], [], 0]);
  });

  it('is exported whole where a part of it has failed', () => {
    const { root, names, held } = record();
    const child = root.child('child');
    child.fail('PROVIDER_ERROR');
    child.end();
    root.child('other').end();
    expect(names()).toEqual([]);
    root.end();
    expect(names()).toEqual(['child', 'other', 'root']);
    expect(held()).toBe(0);
  });

  it('is exported whole where it is slow, of a stream by the time until its first part', () => {
    const slow = record({ slowMs: 0 });
    slow.root.end();
    expect(slow.names()).toEqual(['root']);
    let nowMs = 0;
    using _clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    const stream = record({ slowMs: 30 });
    stream.root.answered();
    nowMs = 40;
    stream.root.end();
    expect(stream.names()).toEqual([]);
  });

  it('is exported when its last span has ended, also where that outlives its first', () => {
    const { root, names } = record();
    const background = root.child('background');
    root.end();
    expect(names()).toEqual([]);
    background.child('attempt').end();
    background.fail('PROVIDER_TIMEOUT');
    background.end();
    expect(names()).toEqual(['root', 'attempt', 'background']);
  });

  it('is counted as dropped where too many have failed; a mistake of the caller is another kind', () => {
    const asked: boolean[] = [];
    const admit = (isCallersFault: boolean) => {
      asked.push(isCallersFault);
      return false;
    };
    for (const code of ['BAD_USER_INPUT', 'PROVIDER_ERROR']) {
      const { root, exported, dropped, held } = record({ admit });
      root.child('child').end();
      root.fail(code);
      root.end();
      expect([exported, dropped, held()]).toEqual([[], [['RATE_LIMITED', 2]], 0]);
    }
    expect(asked).toEqual([true, false]);
  });

  it('leaves out what there is no room for, and counts it where the rest is exported', () => {
    const { root, names, dropped } = record({ hold: () => false });
    root.child('child').end();
    root.fail('INTERNAL');
    root.end();
    expect([names(), dropped]).toEqual([[], [['OPERATION_FULL', 2]]]);
  });
});

describe('a recording', () => {
  it('holds 500 spans; what is below a span that is left out is below its parent for others', () => {
    const { root, exported, dropped } = record({ isSampled: true });
    const parent = root.child('parent');
    for (let at = 0; at < 1_000; at += 1) parent.child('child').end();
    const leftOut = parent.child('left out');
    expect(leftOut.context).toEqual(parent.context);
    leftOut.child('below').end();
    leftOut.end();
    parent.end();
    root.end();
    expect(exported).toHaveLength(500);
    expect(dropped).toEqual([['OPERATION_FULL', 503]]);
  });

  it('has no span of what outlives it, such as a connection that was opened in it', () => {
    const { root, names, dropped } = record({ isSampled: true });
    root.end();
    root.child('late').end();
    root.childEnded('later', 1);
    expect([names(), dropped]).toEqual([['root'], []]);
  });

  it('bounds the attributes, events and links of a span, and makes attributes only of what is exported', () => {
    const { root, exported } = record({ isSampled: true });
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`name${at}`, at]));
    root.set({ text: 'x'.repeat(10_000), none: null, list: Array.from({ length: 200 }, String) });
    root.set(() => many);
    for (let at = 0; at < 100; at += 1) {
      root.event(`event ${at}`);
      root.link({ traceId: newTraceId(), spanId: newSpanId() });
    }
    root.end();
    const [span] = exported as [RecordedSpan];
    expect([span.events?.length, span.eventsLeftOut]).toEqual([32, 68]);
    expect([span.links?.length, span.linksLeftOut]).toEqual([16, 84]);
    const { attributes, leftOut } = readAttributes(span, false);
    expect([Object.keys(attributes).length, leftOut]).toEqual([64, 138]);
    expect((attributes.text as string).length).toBe(1_024);
    expect((attributes.list as string[]).length).toBe(64);
    expect('none' in attributes).toBe(false);
    const unseen = record();
    unseen.root.set(() => {
      throw new Error('it is not exported');
    });
    unseen.root.end();
  });
});

describe('the span that code runs in', () => {
  it('is that of its own operation, over everything that it waits for', async () => {
    const operations = [record({ isSampled: true }), record({ isSampled: true })];
    await Promise.all(
      operations.map(({ root }) =>
        withSpan(root, () =>
          inSpan('work', async (span) => {
            await new Promise((resolve) => setImmediate(resolve));
            expect(activeSpan()).toBe(span);
          }),
        ),
      ),
    );
    for (const { names } of operations) expect(names()).toEqual(['work']);
    expect(activeSpan()).toBeUndefined();
  });

  it('stays that of its caller where work is only timed: what that begins is beside it', async () => {
    const { root, exported } = record({ isSampled: true });
    const timed = withSpan(root, () =>
      timeSpan('work', async (span) => {
        span?.set({ 'heddle.cache.hit': true });
        expect(activeSpan()).toBe(root);
        activeSpan()?.child('beside').end();
        return 'done';
      }),
    );
    await expect(timed).resolves.toBe('done');
    expect(exported.map(({ name, parent }) => [name, parent?.spanId])).toEqual([
      ['beside', exported[0]?.parent?.spanId],
      ['work', exported[0]?.parent?.spanId],
    ]);
    const failing = withSpan(root, () =>
      timeSpan('failing', () =>
        Promise.reject(Object.assign(new Error('private words'), { code: 'NOT_FOUND' })),
      ),
    );
    await expect(failing).rejects.toThrow('private words');
    expect(exported[2]?.code).toBe('NOT_FOUND');
  });

  it('has ended when whoever waits for its work continues', async () => {
    const { root, names } = record({ isSampled: true });
    await withSpan(root, () => inSpan('work', async () => undefined));
    expect(names()).toEqual(['work']);
    await withSpan(root, () =>
      inSpan('thrown', () => {
        throw new Error('at once');
      }).catch(() => undefined),
    );
    expect(names()).toEqual(['work', 'thrown']);
  });

  it('has the code of what is thrown in it, and not its words', async () => {
    const { root, exported } = record({ isSampled: true });
    const failing = withSpan(root, () =>
      inSpan('work', () => Promise.reject(Object.assign(new Error('private words'), { code: 'NOT_FOUND' }))),
    );
    await expect(failing).rejects.toThrow('private words');
    expect(exported[0]?.code).toBe('NOT_FOUND');
    await withSpan(root, () => inSpan('work', () => Promise.reject(new Error('private words')))).catch(
      () => {},
    );
    expect(exported[1]?.code).toBe('INTERNAL');
  });

  it('is none where nothing is traced: the work runs as it is', async () => {
    await expect(inSpan('work', async (span) => span)).resolves.toBeUndefined();
  });
});
