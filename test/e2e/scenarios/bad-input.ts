import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { admin, echo, type MeshOf, newTenant } from './setup.ts';

/** What is wrong gets its code and leaves nothing behind. */
export function badInputScenarios(mesh: MeshOf): void {
  const complete = 'mutation ($input: CompletionInput!) { complete(input: $input) { text } }';

  describe('bad input', () => {
    it.each([
      ['a malformed document', '{ models(', {}, 'BAD_USER_INPUT'],
      ['an unknown field', '{ weather }', {}, 'BAD_USER_INPUT'],
      ['a wrong variable', complete, { input: { model: 7 } }, 'BAD_USER_INPUT'],
      ['an unknown model', complete, echo('x', { model: 'nobody/nothing' }), 'NOT_FOUND'],
      [
        'an unknown prompt',
        'mutation { runPrompt(input: { name: "nobody", variables: {} }) { text } }',
        {},
        'NOT_FOUND',
      ],
      [
        'a provider URL that is none',
        'mutation { createProvider(input: { id: "bad", kind: VLLM, baseUrl: "not a url" }) { id } }',
        {},
        'BAD_USER_INPUT',
      ],
      ['no messages', complete, echo('x', { messages: [] }), 'BAD_USER_INPUT'],
      ['a temperature that is none', complete, echo('x', { temperature: -1 }), 'BAD_USER_INPUT'],
      ['too large a page', '{ invocations(first: 500) { edges { node { id } } } }', {}, 'BAD_USER_INPUT'],
      [
        'a cursor that is none',
        '{ invocations(after: "???") { edges { node { id } } } }',
        {},
        'BAD_USER_INPUT',
      ],
      [
        'a document too deep',
        `{ me { ${'tenant { apps { '.repeat(20)} id ${'} }'.repeat(20)} } }`,
        {},
        'GRAPH_COST_EXCEEDED',
      ],
      [
        'a document too broad',
        `{ ${Array.from({ length: 200 }, (_, n) => `a${n}: me { kind }`).join(' ')} }`,
        {},
        'GRAPH_COST_EXCEEDED',
      ],
    ])('answers %s with its code', async (_what, query, variables, code) => {
      const answer = await admin(mesh).send(query, variables);
      expect(answer.errors?.[0]).toMatchObject({ extensions: { code } });
      expect(JSON.stringify(answer)).not.toMatch(/node_modules|\.ts:\d+/);
    });

    it('leaves no row behind for a call that never reached a provider', async () => {
      const { client } = await newTenant(mesh);
      await client.send(complete, echo('x', { model: 'nobody/nothing' }));
      await client.send(complete, echo('x', { messages: [] }));
      expect(await client.data('{ invocations { edges { node { id } } } }')).toEqual({
        invocations: { edges: [] },
      });
    });

    it('refuses an oversized body, and continues', async () => {
      const response = await fetch(`${mesh().url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ __typename }', variables: { filler: 'x'.repeat(2_000_000) } }),
      }).catch(() => undefined);
      if (response !== undefined) {
        expect(response.status).toBe(413);
        expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
      }
      expect(await admin(mesh).data('{ __typename }')).toEqual({ __typename: 'Query' });
    });

    it('closes a WebSocket that never authenticates, and one with a wrong key', async () => {
      const silent = new WebSocket(`${mesh().url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
      const refused = new WebSocket(`${mesh().url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
      refused.on('open', () =>
        refused.send(
          JSON.stringify({ type: 'connection_init', payload: { authorization: 'Bearer hd_no_no' } }),
        ),
      );
      const code = (socket: WebSocket) => new Promise((closed) => socket.on('close', closed));
      expect(await Promise.all([code(silent), code(refused)])).toEqual([4408, 4401]);
    });

    it('reports the request id of every answer', async () => {
      const response = await fetch(`${mesh().url}/graphql?query={__typename}`);
      expect(response.headers.get('x-request-id')).toMatch(/^[\w-]{8,}$/);
    });

    it('is live and ready', async () => {
      for (const path of ['/health/live', '/health/ready']) {
        expect((await fetch(`${mesh().url}${path}`)).status).toBe(200);
      }
    });
  });
}
