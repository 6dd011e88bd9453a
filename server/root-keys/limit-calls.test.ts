import { expect, it } from 'vitest';
import { limitCalls } from './limit-calls.ts';

/** A fetch whose calls end when the test ends them. */
function createHeldFetch() {
  const held: { readonly url: string; end(): void; fail(): void }[] = [];
  const fetch: typeof globalThis.fetch = (url) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const fail = () => reject(new TypeError('lost'));
    held.push({ url: String(url), end: () => resolve(new Response()), fail });
    return promise;
  };
  return { held, fetch };
}

it('lets further calls wait for their turn, in their order, whether those before succeed or fail', async () => {
  const { held, fetch } = createHeldFetch();
  const limited = limitCalls(fetch, 2);
  const calls = ['a', 'b', 'c', 'd'].map((url) =>
    limited(url).then(
      () => 'good',
      () => 'failed',
    ),
  );
  expect(held.map(({ url }) => url)).toEqual(['a', 'b']);
  held[0]?.fail();
  await calls[0];
  await expect.poll(() => held.map(({ url }) => url)).toEqual(['a', 'b', 'c']);
  held[1]?.end();
  await expect.poll(() => held.map(({ url }) => url)).toEqual(['a', 'b', 'c', 'd']);
  for (const one of held) one.end();
  expect(await Promise.all(calls)).toEqual(['failed', 'good', 'good', 'good']);
});

it('lets no call wait longer than its signal does, and frees its turn for the next', async () => {
  const { held, fetch } = createHeldFetch();
  const limited = limitCalls(fetch, 1);
  const first = limited('a');
  const late = new AbortController();
  const waiting = limited('b', { signal: late.signal });
  const next = limited('c');
  late.abort(new Error('late'));
  await expect(waiting).rejects.toThrow('late');
  await expect(limited('d', { signal: late.signal })).rejects.toThrow('late');
  held[0]?.end();
  await first;
  await expect.poll(() => held.map(({ url }) => url)).toEqual(['a', 'c']);
  held[1]?.end();
  await next;
  const again = limited('e');
  expect(held).toHaveLength(3);
  held[2]?.end();
  await again;
});
