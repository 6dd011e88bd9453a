import { hash } from 'node:crypto';
import {
  ApolloClient,
  CombinedGraphQLErrors,
  gql,
  HttpLink,
  InMemoryCache,
  type TypedDocumentNode,
} from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { admin, echo, newTenant, unique } from '#test/e2e/scenarios/setup.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { type ApolloUsers, apolloUsers, catchRejection, readCodes } from './apollo.ts';

const mesh = findSharedMesh();
let users: ApolloUsers;
beforeAll(async () => {
  users = await apolloUsers(mesh);
});
afterEach(() => users.stop());

interface Page {
  readonly edges: readonly { readonly node: { readonly id: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}
const complete: TypedDocumentNode<{ complete: { id: string; text: string } }, Record<string, unknown>> = gql`
  mutation Complete($input: CompletionInput!) {
    complete(input: $input) {
      id
      text
      finishReason
      usage { inputTokens outputTokens totalTokens }
      invocation { id status tenant { id name } app { id name } model { id provider { id } } }
    }
  }
`;

describe('Apollo Client over HTTP', () => {
  it('runs a mutation and keeps what comes back in its normalised cache', async () => {
    const { client, tenantId, appId } = await newTenant(() => mesh);
    const { apollo } = users.of(client);
    const { data } = await apollo.mutate({ mutation: complete, variables: echo('Hello, loom') });
    expect(data?.complete).toMatchObject({
      __typename: 'Completion',
      text: 'Hello, loom',
      invocation: {
        status: 'SUCCEEDED',
        tenant: { id: tenantId },
        app: { id: appId },
        model: { id: 'demo/echo', provider: { id: 'demo' } },
      },
    });
    const id = data?.complete.id;
    const cache = apollo.cache.extract() as Record<string, unknown>;
    expect(Object.keys(cache)).toEqual(
      expect.arrayContaining([
        `Completion:${id}`,
        `Invocation:invocation:${id}`,
        `Tenant:${tenantId}`,
        `App:${appId}`,
        'Model:demo/echo',
        'Provider:demo',
      ]),
    );
  });

  it('pages through the ledger without a row twice or missing while rows are being added', async () => {
    const { client } = await newTenant(() => mesh);
    const { apollo } = users.of(client);
    const add = async (text: string) =>
      (await apollo.mutate({ mutation: complete, variables: echo(text) })).data?.complete.id ?? '';
    const before: string[] = [];
    for (let n = 0; n < 23; n += 1) before.push(await add(`row ${n}`));
    const query: TypedDocumentNode<{ invocations: Page }, { after?: string | null }> = gql`
      query Ledger($after: String) {
        invocations(first: 5, after: $after) {
          edges { node { id status cost model { id } } cursor }
          pageInfo { hasNextPage endCursor }
        }
      }
    `;
    const ledger = apollo.watchQuery({ query, variables: {} });
    const watching = ledger.subscribe({});
    await vi.waitFor(() => expect(ledger.getCurrentResult().loading).toBe(false));
    let pages = 1;
    let last = apollo.readQuery({ query })?.invocations.pageInfo;
    while (last?.hasNextPage) {
      await Promise.all([add('meanwhile'), add('meanwhile')]);
      last = (await ledger.fetchMore({ variables: { after: last.endCursor } })).data?.invocations.pageInfo;
      pages += 1;
    }
    watching.unsubscribe();
    expect(pages).toBe(5);
    const shown = apollo
      .readQuery({ query })
      ?.invocations.edges.map(({ node }) => node.id.replace('invocation:', ''));
    expect(shown).toEqual([...before].reverse());
  });

  it('pages through a list inside a list, and meets what is added at its end', async () => {
    const { client } = await newTenant(() => mesh);
    const { apollo } = users.of(client);
    const name = unique('paged');
    const { createPrompt } = await client.data<{ createPrompt: { id: string } }>(
      'mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }',
      { input: { name, version: { model: 'demo/echo', template: 'one' } } },
    );
    const publish = () =>
      client.data(
        'mutation ($id: ID!) { publishPromptVersion(promptId: $id, input: { model: "demo/echo", template: "more" }) { number } }',
        { id: createPrompt.id },
      );
    for (let n = 2; n <= 6; n += 1) await publish();
    interface Versions {
      readonly prompt: {
        readonly versions: { readonly edges: { node: { number: number } }[]; pageInfo: Page['pageInfo'] };
      };
    }
    const query: TypedDocumentNode<Versions, { name: string; after?: string | null }> = gql`
      query Versions($name: String!, $after: String) {
        prompt(name: $name) {
          id
          versions(first: 4, after: $after) {
            edges { node { id number } }
            pageInfo { hasNextPage endCursor }
          }
        }
      }
    `;
    const seen: number[] = [];
    let after: string | null = null;
    for (let more = true; more; ) {
      const answer: ApolloClient.QueryResult<Versions> = await apollo.query({
        query,
        variables: { name, after },
        fetchPolicy: 'no-cache',
      });
      const page = answer.data?.prompt.versions;
      seen.push(...(page?.edges ?? []).map(({ node }) => node.number));
      if (seen.length === 4) await publish();
      after = page?.pageInfo.endCursor ?? null;
      more = page?.pageInfo.hasNextPage ?? false;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining([1, 2, 3, 4, 5, 6]));
  });

  it('joins fifty rows with their models, prompts, tenants and apps in one answer', async () => {
    const { client } = await newTenant(() => mesh);
    const name = unique('joined');
    await client.data('mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }', {
      input: { name, version: { model: 'demo/echo', template: '{{n}}' } },
    });
    await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        client.data('mutation ($input: RunPromptInput!) { runPrompt(input: $input) { id } }', {
          input: { name, variables: { n } },
        }),
      ),
    );
    const { apollo } = users.of(client);
    const { data } = await apollo.query<{ invocations: { edges: { node: unknown }[] } }>({
      query: gql`
        query Joined {
          invocations(first: 50) {
            edges {
              node {
                ...Row
              }
            }
          }
        }
        fragment Row on Invocation {
          id
          model { id name provider { id kind health { circuit } } }
          promptVersion { id number prompt { id name tenant { id name } } }
          tenant { id plan { id name } }
          app { id name tenant { id name } }
        }
      `,
    });
    expect(data?.invocations.edges).toHaveLength(50);
    for (const { node } of data?.invocations.edges ?? []) {
      expect(node).toMatchObject({
        model: { id: 'demo/echo', name: 'echo', provider: { id: 'demo', kind: 'DEMO' } },
        promptVersion: { number: 1, prompt: { name } },
        app: { name: 'app' },
      });
    }
  });

  it('gets only what @include and @skip leave, under the aliases it used', async () => {
    const { apollo } = users.of(admin(() => mesh));
    const query = gql`
      query Some($withModel: Boolean!, $withoutMe: Boolean!) {
        who: me @skip(if: $withoutMe) { kind }
        echo: model(id: "demo/echo") @include(if: $withModel) { id ...Named @include(if: $withModel) }
        slow: model(id: "demo/slow") { id what: name provider @skip(if: $withModel) { id } }
      }
      fragment Named on Model { label: name }
    `;
    const get = async (variables: { withModel: boolean; withoutMe: boolean }) =>
      JSON.parse(JSON.stringify((await apollo.query({ query, variables })).data));
    expect(await get({ withModel: true, withoutMe: true })).toEqual({
      echo: { __typename: 'Model', id: 'demo/echo', label: 'echo' },
      slow: { __typename: 'Model', id: 'demo/slow', what: 'slow' },
    });
    expect(await get({ withModel: false, withoutMe: false })).toEqual({
      who: { __typename: 'Caller', kind: 'API_KEY' },
      slow: {
        __typename: 'Model',
        id: 'demo/slow',
        what: 'slow',
        provider: { __typename: 'Provider', id: 'demo' },
      },
    });
  });

  it('surfaces errors as CombinedGraphQLErrors with the code of the catalog, whatever the HTTP status', async () => {
    const { client } = await newTenant(() => mesh, { scopes: ['inference:invoke'] });
    const { apollo } = users.of(client);
    const mutate = (mutation: TypedDocumentNode, variables: Record<string, unknown> = {}) =>
      catchRejection(apollo.mutate({ mutation, variables }));
    expect(readCodes(await mutate(complete, echo('x', { model: 'no/such' })))).toEqual(['NOT_FOUND']);
    expect(readCodes(await mutate(complete, { input: { model: 'demo/echo' } }))).toEqual(['BAD_USER_INPUT']);
    expect(readCodes(await mutate(gql`mutation { createApp(input: { name: "x" }) { id } }`))).toEqual([
      'FORBIDDEN',
    ]);
    expect(readCodes(await catchRejection(apollo.query({ query: gql`{ weather }` })))).toEqual([
      'BAD_USER_INPUT',
    ]);
    const stranger = users.of({ url: mesh.url, key: '' }).apollo;
    expect(readCodes(await catchRejection(stranger.query({ query: gql`{ me { kind } }` })))).toEqual([
      'UNAUTHENTICATED',
    ]);
  });

  it('gets what it may see beside the error of what it may not', async () => {
    const { client, tenantId } = await newTenant(() => mesh, { scopes: [] });
    const { apollo } = users.of(client);
    const { data, error } = await apollo.query({
      query: gql`query Mixed { me { tenant { id } } completion(id: "none") { text } }`,
      errorPolicy: 'all',
    });
    expect(data).toMatchObject({ me: { tenant: { id: tenantId } }, completion: null });
    expect(readCodes(error)).toEqual(['FORBIDDEN']);
    expect(CombinedGraphQLErrors.is(error) && error.errors[0]?.path).toEqual(['completion']);
  });

  it('sends the query once with its hash, then the hash alone, by POST and by GET', async () => {
    const { client } = await newTenant(() => mesh);
    for (const useGETForHashedQueries of [false, true]) {
      const persisted = new PersistedQueryLink({
        sha256: (text) => hash('sha256', text, 'hex'),
        useGETForHashedQueries,
      });
      const sent: string[] = [];
      const http = new HttpLink({
        uri: `${client.url}/graphql`,
        headers: { authorization: `Bearer ${client.key}` },
        fetch: (url, init) => {
          sent.push(`${init?.method} ${String(init?.body ?? url).includes('kind') ? 'text' : 'hash'}`);
          return fetch(url, init);
        },
      });
      const apollo = new ApolloClient({ link: persisted.concat(http), cache: new InMemoryCache() });
      const query = useGETForHashedQueries ? gql`{ me { kind scopes } }` : gql`{ me { kind } }`;
      for (let n = 0; n < 2; n++) {
        const { data } = await apollo.query({ query, fetchPolicy: 'network-only' });
        expect(data).toMatchObject({ me: { kind: 'API_KEY' } });
      }
      const first = useGETForHashedQueries ? 'GET hash' : 'POST hash';
      expect(sent).toEqual([first, 'POST text', first]);
      apollo.stop();
    }
  });
});
