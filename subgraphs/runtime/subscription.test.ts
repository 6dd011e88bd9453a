import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { anonymousCaller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { listCodes, startGraph } from '#test/support/gateways/small-graph.ts';

describe('subscriptions', () => {
  const sdl = `
    type Query { a: Int }
    type Subscription { ticks: Int @authenticated endless: Int fails: Int broken: Int }
  `;
  const events: string[] = [];
  const graph = startGraph(sdl, {
    Subscription: {
      ticks: {
        subscribe: async function* () {
          for (const ticks of [1, 2, 3]) yield { ticks };
        },
      },
      endless: {
        subscribe: async function* (_root, _args, { signal }) {
          try {
            yield { endless: 1 };
            if (!signal.aborted) await once(signal, 'abort');
          } finally {
            events.push('ended');
          }
        },
      },
      fails: {
        subscribe: async function* () {
          yield { fails: 1 };
          throw new HeddleError('PROVIDER_ERROR', 'It broke.');
        },
      },
      broken: {
        subscribe: async function* () {
          yield { broken: 'no number' };
          yield { broken: 2 };
        },
      },
    },
  });

  it('stream to their end', async () => {
    const results = await Array.fromAsync(await graph.stream('subscription { ticks }'));
    expect(JSON.parse(JSON.stringify(results))).toEqual([1, 2, 3].map((ticks) => ({ data: { ticks } })));
  });

  it('are refused as one result', async () => {
    expect(listCodes(await graph.run('subscription { ticks }', anonymousCaller))).toEqual([
      'UNAUTHENTICATED',
    ]);
  });

  it('end at once when the reader leaves while the source waits', async () => {
    const stream = await graph.stream('subscription { endless }');
    await stream.next();
    const pending = stream.next();
    await stream.return(undefined);
    expect(events).toEqual(['ended']);
    expect(await pending).toEqual({ value: undefined, done: true });
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  it('end a failing source with a result that states why', async () => {
    const results = await Array.fromAsync(await graph.stream('subscription { fails }'));
    expect(results).toMatchObject([
      { data: { fails: 1 } },
      { errors: [{ extensions: { code: 'PROVIDER_ERROR' } }] },
    ]);
  });

  it('continue after an event that could not be resolved, masked', async () => {
    const results = await Array.fromAsync(await graph.stream('subscription { broken }'));
    expect(results).toMatchObject([
      { errors: [{ extensions: { code: 'INTERNAL' } }] },
      { data: { broken: 2 } },
    ]);
  });
});
