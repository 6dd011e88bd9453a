import {
  ApolloClient,
  ApolloLink,
  CombinedGraphQLErrors,
  HttpLink,
  InMemoryCache,
  type TypedDocumentNode,
} from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { createTestClient, type TestClient } from '#test/support/client.ts';
import type { MeshAddress } from '#test/support/mesh.ts';

export interface ApolloUser {
  readonly apollo: ApolloClient;
  readonly socket: Client;
}

/** Makes Apollo clients of one mesh, and stops them all. */
export interface ApolloUsers {
  of(client: Pick<TestClient, 'url' | 'key'>): ApolloUser;
  stop(): Promise<void>;
}

/** Which types each interface stands for, asked of the graph as Apollo's documentation says. */
async function readPossibleTypes({ url, adminKey }: MeshAddress): Promise<Record<string, string[]>> {
  const { __schema } = await createTestClient(url, adminKey).data<{
    __schema: { types: { name: string; possibleTypes: { name: string }[] | null }[] };
  }>('{ __schema { types { name possibleTypes { name } } } }');
  return Object.fromEntries(
    __schema.types.flatMap(({ name, possibleTypes }) =>
      possibleTypes === null ? [] : [[name, possibleTypes.map((type) => type.name)]],
    ),
  );
}

/** Apollo Client as its documentation sets it up: HTTP for queries and mutations, a WebSocket for subscriptions. */
export async function apolloUsers(mesh: MeshAddress): Promise<ApolloUsers> {
  const possibleTypes = await readPossibleTypes(mesh);
  const made: ApolloUser[] = [];
  return {
    of({ url, key }) {
      const authorization = `Bearer ${key}`;
      const socket = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization },
        retryWait: async () => {},
      });
      const http = new HttpLink({ uri: `${url}/graphql`, headers: key === '' ? {} : { authorization } });
      const apollo = new ApolloClient({
        link: ApolloLink.split(
          ({ operationType }) => operationType === 'subscription',
          new GraphQLWsLink(socket),
          http,
        ),
        cache: new InMemoryCache({
          possibleTypes,
          typePolicies: {
            Query: { fields: { invocations: relayStylePagination(['filter']) } },
            Route: { keyFields: ['alias'] },
          },
        }),
      });
      made.push({ apollo, socket });
      return { apollo, socket };
    },
    async stop() {
      for (const { apollo, socket } of made.splice(0)) {
        apollo.stop();
        await socket.dispose();
      }
    },
  };
}

/** What a subscription tells until it ends, or until `until` says so. */
export function collectEvents<T>(
  apollo: ApolloClient,
  query: TypedDocumentNode<T, Record<string, unknown>>,
  variables: Record<string, unknown>,
  until: (event: T) => boolean = () => false,
): Promise<T[]> {
  return new Promise((resolve, reject) => {
    const seen: T[] = [];
    const subscription = apollo.subscribe({ query, variables, fetchPolicy: 'no-cache' }).subscribe({
      next: ({ data, error }) => {
        if (error) return reject(error);
        seen.push(data as T);
        if (!until(data as T)) return;
        subscription.unsubscribe();
        resolve(seen);
      },
      error: reject,
      complete: () => resolve(seen),
    });
  });
}

/** What a promise is rejected with. */
export const catchRejection = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** The codes of what Apollo Client calls GraphQL errors; fails for any other error. */
export function readCodes(error: unknown): readonly unknown[] {
  if (!CombinedGraphQLErrors.is(error)) throw new Error(`not GraphQL errors: ${String(error)}`);
  return error.errors.map(({ extensions }) => extensions?.code);
}
