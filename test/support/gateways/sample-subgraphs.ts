import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, GraphQLError, getOperationAST, parse, print, subscribe } from 'graphql';
import { type ArchivedCaller, anonymousCaller, type Caller } from '#core/caller.ts';
import type { SubgraphName } from '#core/subgraph-names.ts';
import type { SubgraphExecutor, SubgraphRequest } from '#transport/executor.ts';
import { sampleSdls } from './sample-graph.ts';

/** What a sample subgraph was asked, in order. */
export interface SampleCall {
  readonly subgraph: SubgraphName;
  readonly query: string;
  readonly request: SubgraphRequest;
}

/** A source of events that tests feed by hand and that tells when its reader has gone. */
export class SampleSource implements AsyncIterableIterator<unknown> {
  pulled = 0;
  readonly returned: Promise<void>;
  #markReturned: () => void = () => undefined;
  readonly #events: unknown[] = [];
  #waiting: ((result: IteratorResult<unknown>) => void) | undefined;
  #ended = false;

  constructor(events: readonly unknown[] = []) {
    this.#events.push(...events);
    this.returned = new Promise((resolve) => {
      this.#markReturned = resolve;
    });
  }

  push(event: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#events.push(event);
    else waiting({ done: false, value: event });
  }

  end(): void {
    this.#ended = true;
    this.#waiting?.({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<unknown>> {
    this.pulled++;
    if (this.#events.length > 0) return Promise.resolve({ done: false, value: this.#events.shift() });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  return(): Promise<IteratorResult<unknown>> {
    this.#markReturned();
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

/** The three small subgraphs in this process; `calls` tells what reached them, `callers` is who holds which key hash. */
export interface SampleMesh {
  readonly executors: Readonly<Record<'models' | 'tenants' | 'inference', SubgraphExecutor>> &
    Partial<Readonly<Record<'prompts' | 'usage', SubgraphExecutor>>>;
  /** The graph of the subgraphs; absent: the sample graph. */
  readonly supergraphSdl?: string;
  readonly calls: SampleCall[];
  readonly callers: Map<string, Caller | ArchivedCaller>;
  /** The trusted documents: their texts by tenant (empty for the mesh) and name. */
  readonly documents: Map<string, string>;
  /** What completionStream reads from; replace it before subscribing. */
  source: AsyncIterable<unknown>;
}

export const started = (sequence: number) => ({
  __typename: 'CompletionStarted',
  completionId: 'c1',
  sequence,
  model: { id: 'm1' },
});
export const delta = (sequence: number, text: string) => ({
  __typename: 'TextDelta',
  completionId: 'c1',
  sequence,
  text,
});
export const finished = (sequence: number) => ({
  __typename: 'CompletionFinished',
  completionId: 'c1',
  sequence,
  completion: { id: 'c1', text: 'done', model: { id: 'm2' }, tenant: { id: 't1' } },
});

const models = new Map(
  ['m1', 'm2'].map((id) => [id, { id, name: `Model ${id}`, price: '1.50', wholesalePrice: '0.50' }]),
);

export function createSampleMesh(): SampleMesh {
  const calls: SampleCall[] = [];
  const callers = new Map<string, Caller | ArchivedCaller>();
  const documents = new Map<string, string>();
  const mesh: { source: AsyncIterable<unknown> } = { source: new SampleSource() };
  const toReference = (found: object | undefined, __typename: string) => found && { __typename, ...found };
  const resolvers = {
    models: {
      Model: {
        __resolveReference: ({ id }: { id: string }) => models.get(id) ?? null,
        replacedBy: ({ id }: { id: string }) => (id === 'm1' ? models.get('m2') : null),
      },
      Query: {
        models: (_: unknown, { first }: { first: number }) => ({
          edges: [...models.values()].slice(0, first).map((node) => ({ node })),
        }),
        model: (_: unknown, { id }: { id: string }) => toReference(models.get(id), 'Model'),
        motd: () => 'hello',
        broken: () => {
          throw new Error('the password is hunter2');
        },
      },
      Mutation: {
        createModel: (_: unknown, { input }: { input: { name: string } }) => ({
          id: 'm9',
          name: input.name,
          price: '0',
          wholesalePrice: '0',
        }),
        retireModel: () => {
          throw new GraphQLError('There is no such model.', { extensions: { code: 'NOT_FOUND' } });
        },
      },
    },
    tenants: {
      Named: { __resolveType: ({ kind }: { kind: string }) => kind },
      Tenant: {
        __resolveReference: ({ id }: { id: string }) => ({ id, name: `Tenant ${id}`, secret: 's3cret' }),
      },
      App: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `App ${id}` }) },
      Query: {
        me: (_: unknown, __: unknown, { caller }: SubgraphRequest) => ({
          scopes: caller.scopes,
          tenant: caller.tenantId && {
            id: caller.tenantId,
            name: `Tenant ${caller.tenantId}`,
            secret: 's3cret',
          },
        }),
        named: () => [
          { kind: 'Tenant', id: 't1', name: 'Tenant t1' },
          { kind: 'App', id: 'a1', name: 'App a1' },
        ],
        _trustedDocument: (_: unknown, { tenantId, name }: { tenantId: string | null; name: string }) =>
          documents.get(`${tenantId ?? ''} ${name}`) ?? documents.get(` ${name}`) ?? null,
        _caller: (_: unknown, { keyHash }: { keyHash: string }) => callers.get(keyHash) ?? null,
      },
      Mutation: {
        _startSession: () => ({
          cookie: 'c'.repeat(43),
          expiresAtMs: 2_000_000_000_000,
          lifetimeSeconds: 60,
        }),
        _beginSignIn: () => null,
        _beginInvitation: (_: unknown, { invitationSecret }: { invitationSecret: string }) =>
          invitationSecret === 'unknown' ? null : { url: '/auth/session', state: 's' },
        _acceptInvitation: () => ({ tenantId: 'tenant-1' }),
        _finishSignIn: () => ({
          cookie: 'c'.repeat(43),
          expiresAtMs: 0,
          lifetimeSeconds: 60,
          returnPath: '/',
        }),
        _endSession: () => null,
      },
    },
    inference: {
      CompletionEvent: { __resolveType: ({ __typename }: { __typename: string }) => __typename },
      Query: {
        completion: (_: unknown, { id }: { id: string }) => ({
          id,
          text: `text of ${id}`,
          model: { id: id === 'orphan' ? 'gone' : 'm1' },
          tenant: { id: 't1' },
        }),
      },
      Mutation: {
        complete: (_: unknown, { input }: { input: { model: string; text: string } }) => ({
          id: 'c1',
          text: input.text,
          model: { id: input.model },
          tenant: { id: 't1' },
        }),
      },
      Subscription: {
        completionStream: { subscribe: () => mesh.source, resolve: (event: unknown) => event },
      },
    },
  };

  const createExecutor = (name: keyof typeof sampleSdls): SubgraphExecutor => {
    const schema = buildSubgraphSchema([{ typeDefs: parse(sampleSdls[name]), resolvers: resolvers[name] }]);
    return {
      async execute(request) {
        calls.push({ subgraph: name, query: print(request.document), request });
        const args = {
          schema,
          document: request.document,
          variableValues: request.variables ?? {},
          operationName: request.operationName,
          contextValue: request,
        };
        const operation = getOperationAST(request.document, request.operationName);
        return operation?.operation === 'subscription' ? subscribe(args) : execute(args);
      },
    };
  };
  return Object.assign(mesh, {
    calls,
    callers,
    documents,
    executors: {
      models: createExecutor('models'),
      tenants: createExecutor('tenants'),
      inference: createExecutor('inference'),
    },
  });
}

/** A caller with these scopes. */
export function sampleCaller(...scopes: string[]): Caller {
  return { ...anonymousCaller, kind: 'API_KEY', tenantId: 't1', keyId: 'k1', scopes };
}
