import { once } from 'node:events';
import type { WebSocket } from 'ws';
import type { SampleGateway } from './sample-gateway.ts';

/** The outcome of a GraphQL request. */
export async function post(
  { url }: Pick<SampleGateway, 'url'>,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; code: string | undefined; retryAfter: string | null }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
  return {
    status: response.status,
    code: errors?.[0]?.extensions.code,
    retryAfter: response.headers.get('retry-after'),
  };
}

/** The acknowledgement, or the code of the close. */
export async function sendInit(socket: WebSocket, payload?: Record<string, string>): Promise<unknown> {
  const answered = Promise.race([
    once(socket, 'message').then(([data]) => JSON.parse(String(data)).type as string),
    once(socket, 'close').then(([code]) => code as number),
  ]);
  socket.send(JSON.stringify({ type: 'connection_init', payload }));
  return answered;
}
