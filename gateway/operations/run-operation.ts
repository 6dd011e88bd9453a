import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { timeSpan } from '#core/tracing/span.ts';
import { AddressThrottled, type Client, RateLimited, Unread } from '../auth/client-use.ts';
import type { DocumentSource } from '../document/document-source.ts';
import type { Operation } from '../document/operation.ts';
import type { ReadDocument } from '../document/request-documents.ts';
import { type ClientResult, refusal } from '../errors.ts';
import type { Exchange } from '../http/exchange.ts';
import { type GatewayServices, useOfCaller } from '../http/services.ts';
import type { LoggedRequest } from '../log/refusal-log.ts';
import { type Answer, isOperation, isStream } from '../router.ts';

/**
 * The operation of a document. What holds the process waits for its turn: a new document, and the answer to one that requests the schema. Without a key both count against the address.
 */
export async function prepareInTurn(
  services: Pick<GatewayServices, 'router' | 'turns' | 'clients' | 'documents'>,
  client: Client,
  request: LoggedRequest & { readonly caller: Caller },
  source: DocumentSource,
  operationName: string | null | undefined,
): Promise<Operation | ClientResult> {
  let read: ReadDocument | Promise<ReadDocument>;
  try {
    read = services.documents.read(source, request);
    if (read instanceof Promise) read = await read;
  } catch (error) {
    return refusalOfDocument(error);
  }
  const operation = await prepareText(services, client, request.caller, read.text, operationName);
  if (!isOperation(operation)) return operation;
  services.documents.keep(source, request.caller);
  if (read.isRegistered) operation.isRegistered = true;
  return operation;
}

/** The answer to a document that is not known or not trusted: one of the graph, as clients of persisted queries expect it. */
function refusalOfDocument(error: unknown): ClientResult {
  if (!(error instanceof HeddleError) || error.cause !== undefined) throw error;
  const { code, ...details } = error.extensions;
  return refusal(code, error.message, details);
}

async function prepareText(
  services: Pick<GatewayServices, 'router' | 'turns' | 'clients'>,
  client: Client,
  caller: Caller,
  query: string,
  operationName: string | null | undefined,
): Promise<Operation | ClientResult> {
  const isPrepared = services.router().isPrepared(query, caller);
  if (isPrepared) {
    const operation = services.router().prepare(query, operationName, caller);
    if (!isOperation(operation) || !operation.introspects) return operation;
  }
  const isAnonymous = caller.kind === 'ANONYMOUS';
  const use = useOfCaller(services, client, caller);
  const waitMs = services.clients.waitMs(use);
  if (waitMs > 0 && (isAnonymous || !isPrepared)) {
    const message = 'Too many requests were refused: no new document is read, no schema sent.';
    throw isAnonymous ? new AddressThrottled(message, waitMs, client) : new RateLimited(message, waitMs);
  }
  await timeSpan('queue', () => services.turns.next(use, isAnonymous));
  const begunMs = performance.now();
  try {
    const operation = services.router().prepare(query, operationName, caller);
    if (isAnonymous && isOperation(operation) && operation.introspects) services.clients.weigh(client.use, 1);
    return operation;
  } finally {
    const spentMs = performance.now() - begunMs;
    services.turns.charge(use, isAnonymous, spentMs);
    if (isAnonymous) services.clients.spent(client.use, spentMs);
  }
}

/** True for an answer that counts as a refusal: of the whole request, or of anything to a caller without a key. */
export function isRefused(answer: Answer, caller: Caller): boolean {
  if (isStream(answer) || answer.errors === undefined) return false;
  if (caller.kind === 'ANONYMOUS') return true;
  // Each process that does not know a persisted query yet answers so, once for each of them.
  const isUnknown = answer.errors[0]?.extensions?.code === 'PERSISTED_QUERY_NOT_FOUND';
  return !('data' in answer) && !isUnknown;
}

/** The request of a handler to the graph. */
export interface GraphRequest {
  readonly source: DocumentSource;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

/**
 * Runs an operation for the caller of the exchange, with everything that the policy of the schema demands. `validate` may
 * throw before it runs. `unread` bounds what the client leaves unread: a long answer is held in it until it is sent. Throws
 * RateLimited where that is too much already.
 */
export async function runOperation(
  exchange: Exchange,
  { source, operationName, variables }: GraphRequest,
  validate?: (operation: Operation) => void,
): Promise<{ readonly answer: Answer; readonly unread: Unread }> {
  const { services, client, caller, use, requestId, clientRequestId, signal } = exchange;
  const operation = await prepareInTurn(
    services,
    client,
    { requestId, clientRequestId, clientAddress: client.address, caller },
    source,
    operationName,
  );
  if (isOperation(operation)) validate?.(operation);
  else services.refusals.answered(operation.errors ?? [], exchange.logged);
  const unread = new Unread(services.clients, use);
  unread.refuse();
  const context = { requestId, clientRequestId, clientAddress: client.address, caller, signal };
  const answer = isOperation(operation)
    ? await services.router().run(operation, variables, context)
    : operation;
  if (isRefused(answer, caller)) services.clients.refused(use);
  // While it ran, others may have left more unread; a large answer that is not read is not even written out.
  if (!isOperation(operation) || operation.type !== 'mutation') unread.refuse();
  return { answer, unread };
}
