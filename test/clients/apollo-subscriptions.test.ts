import { ApolloClient, gql, HttpLink, InMemoryCache, type TypedDocumentNode } from '@apollo/client';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { echo, newTenant, unique } from '#test/e2e/scenarios/setup.ts';
import { createTestClient } from '#test/support/client.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { type ApolloUsers, apolloUsers, catchRejection, collectEvents, readCodes } from './apollo.ts';

const mesh = findSharedMesh();
let users: ApolloUsers;
beforeAll(async () => {
  users = await apolloUsers(mesh);
});
afterEach(() => users.stop());

interface Event {
  readonly __typename: string;
  readonly completionId: string;
  readonly sequence: number;
  readonly text?: string;
  readonly code?: string;
  readonly completion?: { readonly id: string; readonly text: string; readonly status: string };
}
const stream: TypedDocumentNode<{ completionStream: Event }, Record<string, unknown>> = gql`
  subscription Stream($input: CompletionInput!) {
    completionStream(input: $input) {
      completionId
      sequence
      ... on CompletionStarted { model { id } }
      ... on TextDelta { text }
      ... on CompletionFinished { completion { id text status } }
      ... on CompletionFailed { code completion { id text status } }
    }
  }
`;
const resume: TypedDocumentNode<{ resumeCompletion: Event }, Record<string, unknown>> = gql`
  subscription Resume($id: ID!, $after: Int) {
    resumeCompletion(id: $id, after: $after) {
      completionId
      sequence
      ... on TextDelta { text }
      ... on CompletionFinished { completion { id text status } }
    }
  }
`;

describe('Apollo Client over a WebSocket', () => {
  it('streams a completion over the WebSocket, token by token', async () => {
    const { client } = await newTenant(() => mesh);
    const { apollo } = users.of(client);
    const told = (await collectEvents(apollo, stream, echo('one two three'))).map(
      (data) => data.completionStream,
    );
    expect(told.map(({ sequence }) => sequence)).toEqual(told.map((_, index) => index));
    expect(told.map(({ text = '' }) => text).join('')).toBe('one two three');
    expect(told.at(-1)).toMatchObject({
      __typename: 'CompletionFinished',
      completion: { text: 'one two three', status: 'SUCCEEDED' },
    });
  });

  it('streams a prompt over the WebSocket', async () => {
    const { client } = await newTenant(() => mesh);
    const { apollo } = users.of(client);
    const name = unique('streamed');
    await client.data('mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }', {
      input: { name, version: { model: 'demo/echo', template: 'weave {{what}} and {{what}}' } },
    });
    const query: TypedDocumentNode<{ promptStream: Event }, Record<string, unknown>> = gql`
      subscription Prompt($input: RunPromptInput!) {
        promptStream(input: $input) { sequence ... on TextDelta { text } ... on CompletionFailed { code } }
      }
    `;
    const told = await collectEvents(apollo, query, { input: { name, variables: { what: 'silk' } } });
    expect(told.map(({ promptStream: { text = '' } }) => text).join('')).toBe('weave silk and silk');
  });

  it('continues after a dropped socket with resumeCompletion: no token lost, none doubled, one row', async () => {
    const { client } = await newTenant(() => mesh);
    const text = Array.from({ length: 40 }, (_, n) => `word${n}`).join(' ');
    const first = users.of(client);
    const variables = echo(text, { model: 'demo/slow', onDisconnect: 'KEEP' });
    const seen = await collectEvents(
      first.apollo,
      stream,
      variables,
      ({ completionStream: { sequence } }) => {
        if (sequence === 7) first.socket.terminate();
        return sequence === 7;
      },
    );
    const last = seen.at(-1)?.completionStream;
    const second = users.of(client);
    const rest = await collectEvents(second.apollo, resume, {
      id: last?.completionId ?? '',
      after: last?.sequence,
    });
    const all = [
      ...seen.map(({ completionStream }) => completionStream),
      ...rest.map(({ resumeCompletion }) => resumeCompletion),
    ];
    expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_, index) => index));
    expect(all.map((event) => event.text ?? '').join('')).toBe(text);
    expect(all.at(-1)).toMatchObject({ completion: { text, status: 'SUCCEEDED' } });
    expect(await client.data('{ invocations { edges { node { status } } } }')).toEqual({
      invocations: { edges: [{ node: { status: 'SUCCEEDED' } }] },
    });
  });

  it('is not billed twice when the link itself reconnects, given an idempotency key: the same events again', async () => {
    const { client } = await newTenant(() => mesh);
    const { apollo, socket } = users.of(client);
    const text = Array.from({ length: 30 }, (_, n) => `word${n}`).join(' ');
    const variables = echo(text, {
      model: 'demo/slow',
      onDisconnect: 'KEEP',
      idempotencyKey: unique('retry'),
    });
    let dropped = false;
    const told = await collectEvents(apollo, stream, variables, ({ completionStream: { sequence } }) => {
      if (sequence === 5 && !dropped) {
        dropped = true;
        socket.terminate();
      }
      return false;
    });
    const all = told.map(({ completionStream }) => completionStream);
    expect(new Set(all.map(({ completionId }) => completionId)).size).toBe(1);
    const again = all.findIndex(({ sequence }, index) => index > 0 && sequence === 0);
    expect(again).toBeGreaterThan(5);
    expect(
      all
        .slice(again)
        .map(({ text: word = '' }) => word)
        .join(''),
    ).toBe(text);
    const bySequence = new Map(all.map((event) => [event.sequence, JSON.stringify(event)]));
    for (const event of all) expect(JSON.stringify(event)).toBe(bySequence.get(event.sequence));
    expect(await client.data('{ invocations { edges { node { status } } } }')).toEqual({
      invocations: { edges: [{ node: { status: 'SUCCEEDED' } }] },
    });
  });

  const revoke = (keyId: string) =>
    createTestClient(mesh.url, mesh.adminKey).data(
      'mutation ($id: ID!) { revokeApiKey(id: $id) { revokedAt } }',
      { id: keyId },
    );

  it('ends a stream with UNAUTHENTICATED when its key is revoked meanwhile', async () => {
    const { client, keyId } = await newTenant(() => mesh);
    const { apollo } = users.of(client);
    const text = Array.from({ length: 400 }, (_, n) => `word${n}`).join(' ');
    let revoked: Promise<unknown> | undefined;
    const ended = collectEvents(
      apollo,
      stream,
      echo(text, { model: 'demo/slow' }),
      ({ completionStream }) => {
        if (completionStream.text !== undefined) revoked ??= revoke(keyId);
        return false;
      },
    );
    expect(readCodes(await catchRejection(ended))).toEqual(['UNAUTHENTICATED']);
    await revoked;
  });

  it('hears a stream to its end where its tenant has chosen FINISH, and begins nothing more on the same socket', async () => {
    const { client, keyId, tenantId } = await newTenant(() => mesh);
    await createTestClient(mesh.url, mesh.adminKey).data(
      'mutation ($id: ID!) { updateTenant(id: $id, input: { onRevoke: FINISH }) { id } }',
      { id: tenantId },
    );
    const { apollo } = users.of(client);
    const text = Array.from({ length: 40 }, (_, n) => `word${n}`).join(' ');
    let revoked: Promise<unknown> | undefined;
    const told = await collectEvents(
      apollo,
      stream,
      echo(text, { model: 'demo/slow' }),
      ({ completionStream }) => {
        if (completionStream.text !== undefined) {
          revoked ??= revoke(keyId).then(() => catchRejection(collectEvents(apollo, stream, echo('more'))));
        }
        return false;
      },
    );
    expect(readCodes(await revoked)).toEqual(['UNAUTHENTICATED']);
    expect(told.at(-1)?.completionStream).toMatchObject({ completion: { text, status: 'SUCCEEDED' } });
  });

  it('hears why a subscription is refused, with its code', async () => {
    const { client } = await newTenant(() => mesh);
    const { apollo } = users.of(client);
    expect(
      readCodes(await catchRejection(collectEvents(apollo, stream, echo('x', { model: 'no/such' })))),
    ).toEqual(['NOT_FOUND']);
    expect(
      readCodes(await catchRejection(collectEvents(apollo, resume, { id: 'no-such-completion' }))),
    ).toEqual(['NOT_FOUND']);
    const powerless = users.of((await newTenant(() => mesh, { scopes: ['prompts:write'] })).client);
    expect(readCodes(await catchRejection(collectEvents(powerless.apollo, stream, echo('x'))))).toEqual([
      'FORBIDDEN',
    ]);
  });

  it('gets a failure after the first token as the last event, never by a silent end', async () => {
    const { client } = await newTenant(() => mesh);
    const { apollo } = users.of(client);
    const told = await collectEvents(
      apollo,
      stream,
      echo('some words that break off', { model: 'demo/cut' }),
    );
    expect(told.at(-1)?.completionStream).toMatchObject({
      __typename: 'CompletionFailed',
      code: 'PROVIDER_ERROR',
      completion: { status: 'FAILED' },
    });
  });
});

describe('Apollo Client with its HttpLink alone', () => {
  const made: ApolloClient[] = [];
  afterEach(() => {
    for (const apollo of made.splice(0)) apollo.stop();
  });
  const overHttp = ({ url, key }: { readonly url: string; readonly key: string }): ApolloClient => {
    const apollo = new ApolloClient({
      link: new HttpLink({ uri: `${url}/graphql`, headers: { authorization: `Bearer ${key}` } }),
      cache: new InMemoryCache(),
    });
    made.push(apollo);
    return apollo;
  };

  it('streams a completion to its end', async () => {
    const { client } = await newTenant(() => mesh);
    const told = (await collectEvents(overHttp(client), stream, echo('one two three'))).map(
      (data) => data.completionStream,
    );
    expect(told.map(({ sequence }) => sequence)).toEqual(told.map((_, index) => index));
    expect(told.map(({ text = '' }) => text).join('')).toBe('one two three');
    expect(told.at(-1)).toMatchObject({
      __typename: 'CompletionFinished',
      completion: { text: 'one two three', status: 'SUCCEEDED' },
    });
  });

  it('cancels the run when it unsubscribes', async () => {
    const { client } = await newTenant(() => mesh);
    const text = Array.from({ length: 200 }, (_, n) => `word${n}`).join(' ');
    const variables = echo(text, { model: 'demo/slow' });
    const isText = ({ completionStream }: { completionStream: Event }) => completionStream.text !== undefined;
    expect(await collectEvents(overHttp(client), stream, variables, isText)).not.toHaveLength(0);
    await vi.waitFor(
      async () =>
        expect(await client.data('{ invocations { edges { node { status } } } }')).toEqual({
          invocations: { edges: [{ node: { status: 'CANCELLED' } }] },
        }),
      { timeout: 60_000, interval: 50 },
    );
  });

  it('hears why a subscription is refused, with its code', async () => {
    const { client } = await newTenant(() => mesh);
    expect(
      readCodes(
        await catchRejection(collectEvents(overHttp(client), stream, echo('x', { model: 'no/such' }))),
      ),
    ).toEqual(['NOT_FOUND']);
    const stranger = overHttp({ url: client.url, key: 'hd_nobody_0123456789012345678901234567890123456789' });
    expect(readCodes(await catchRejection(collectEvents(stranger, stream, echo('x'))))).toEqual([
      'UNAUTHENTICATED',
    ]);
  });
});
