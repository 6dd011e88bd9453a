import { describe, expect, it } from 'vitest';
import { anonymousCaller } from '#core/caller.ts';
import { answer, invoker, sampleRouters } from '#test/support/gateways/sample-router.ts';
import {
  createSampleMesh,
  delta,
  finished,
  type SampleMesh,
  SampleSource,
  sampleCaller,
  started,
} from '#test/support/gateways/sample-subgraphs.ts';
import type { ClientResult } from './errors.ts';
import { isStream } from './router.ts';

const { start } = sampleRouters();

describe('subscriptions', () => {
  const query = `subscription { completionStream(input: { model: "m1", text: "x" }) { sequence
    ... on CompletionStarted { model { name } } ... on TextDelta { text }
    ... on CompletionFinished { completion { model { name } tenant { name } } } } }`;

  async function open(mesh: SampleMesh, caller = invoker, text = query) {
    const events = await answer(start(mesh), text, caller);
    if (!isStream(events)) throw new Error(JSON.stringify(events));
    return events;
  }

  it('joins what an event needs from other subgraphs', async () => {
    const mesh = createSampleMesh();
    const source = new SampleSource([started(0), delta(1, 'he'), delta(2, 'llo'), finished(3)]);
    source.end();
    mesh.source = source;
    const seen: unknown[] = [];
    for await (const event of await open(mesh)) seen.push(event.data?.completionStream);
    expect(seen).toEqual([
      { sequence: 0, model: { name: 'Model m1' } },
      { sequence: 1, text: 'he' },
      { sequence: 2, text: 'llo' },
      { sequence: 3, completion: { model: { name: 'Model m2' }, tenant: { name: 'Tenant t1' } } },
    ]);
  });

  it('needs no type name where no field depends on it, and returns it under any alias', async () => {
    for (const [fields, event] of [
      ['sequence', { sequence: 1 }],
      ['t: __typename sequence', { t: 'TextDelta', sequence: 1 }],
      ['... on CompletionEvent { s: sequence } __typename', { s: 1, __typename: 'TextDelta' }],
    ] as const) {
      const mesh = createSampleMesh();
      mesh.source = new SampleSource([delta(1, 'x')]);
      const text = `subscription { completionStream(input: { model: "m", text: "t" }) { ${fields} } }`;
      const events = await open(mesh, invoker, text);
      expect(await events.next()).toEqual({ done: false, value: { data: { completionStream: event } } });
      await events.return?.();
    }
  });

  it('keeps an error to the event it belongs to', async () => {
    const mesh = createSampleMesh();
    const source = new SampleSource([{ ...started(0), model: { id: 'gone' } }, delta(1, 'on')]);
    source.end();
    mesh.source = source;
    const events: ClientResult[] = [];
    for await (const event of await open(mesh)) events.push(event);
    expect(events.map((event) => event.errors?.length)).toEqual([1, undefined]);
  });

  it('reads one event at a time, when it is requested', async () => {
    const mesh = createSampleMesh();
    const source = new SampleSource(Array.from({ length: 100 }, (_, n) => delta(n, 'x')));
    mesh.source = source;
    const events = await open(mesh);
    await events.next();
    await events.next();
    expect(source.pulled).toBe(2);
    await events.return?.();
  });

  it('reaches the source at once when the reader leaves while it waits', async () => {
    const mesh = createSampleMesh();
    const source = new SampleSource();
    mesh.source = source;
    const events = await open(mesh);
    const waiting = events.next();
    await events.return?.();
    await source.returned;
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(mesh.calls.at(-1)?.request.signal?.aborted).toBe(true);
  });

  it('refuses before the source is called', async () => {
    const mesh = createSampleMesh();
    for (const caller of [anonymousCaller, sampleCaller('models:write')]) {
      const result = await answer(start(mesh), query, caller);
      expect(isStream(result)).toBe(false);
    }
    expect(mesh.calls).toEqual([]);
  });

  it('nulls a refused field in each event that has it', async () => {
    const mesh = createSampleMesh();
    mesh.source = new SampleSource([delta(0, 'x'), started(1)]);
    const text = query.replace('model { name } }', 'model { name price } }');
    const events = await open(mesh, invoker, text);
    expect(await events.next()).toMatchObject({ value: { data: { completionStream: { text: 'x' } } } });
    expect(await events.next()).toMatchObject({
      value: {
        data: { completionStream: { model: { name: 'Model m1', price: null } } },
        errors: [{ path: ['completionStream', 'model', 'price'], extensions: { code: 'FORBIDDEN' } }],
      },
    });
    await events.return?.();
  });

  it('ends with a masked error when the source fails', async () => {
    const mesh = createSampleMesh();
    mesh.source = (async function* () {
      yield delta(0, 'x');
      throw new Error('the password is hunter2');
    })();
    const seen: ClientResult[] = [];
    for await (const event of await open(mesh)) seen.push(event);
    expect(seen[1]?.errors?.[0]?.extensions).toEqual({ code: 'INTERNAL', requestId: 'r1' });
    expect(JSON.stringify(seen)).not.toContain('hunter2');
    expect(seen).toHaveLength(2);
  });
});
