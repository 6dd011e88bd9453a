import type { Caller } from '#core/caller.ts';
import { type Client, RateLimited } from '../auth/client-use.ts';
import type { Operation } from '../document/operation.ts';
import type { ClientResult } from '../errors.ts';
import { type Answer, isOperation, isStream } from '../router.ts';
import { type GatewayServices, useOfCaller } from './services.ts';

/**
 * The operation of a document. What holds the process waits for its turn, since the event loop accepts one connection in
 * each: a new document, and the answer to one that asks for the schema. Without a key both count against the address.
 */
export async function prepareOperation(
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
  const waitMs = services.clients.waitMs(useOfCaller(services, client, caller));
  if (waitMs > 0 && (isAnonymous || !isPrepared)) {
    throw new RateLimited('Too many requests were refused: no new document is read, no schema sent.', waitMs);
  }
  await services.turns.next(isAnonymous);
  const begunMs = performance.now();
  try {
    const operation = services.router().prepare(query, operationName, caller);
    if (isAnonymous && isOperation(operation) && operation.introspects) services.clients.weigh(client.use, 1);
    return operation;
  } finally {
    if (isAnonymous) services.clients.spent(client.use, performance.now() - begunMs);
  }
}

/** True for an answer that counts as a refusal: of the whole request, or of anything to a caller without a key. */
export function isRefused(answer: Answer, caller: Caller): boolean {
  return (
    !isStream(answer) && answer.errors !== undefined && (!('data' in answer) || caller.kind === 'ANONYMOUS')
  );
}
