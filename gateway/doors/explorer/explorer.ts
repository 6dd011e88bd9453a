import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorCode, HeddleError } from '#core/errors.ts';
import type { Client } from '../../auth/client-use.ts';
import { isExposed } from '../../auth/exposure.ts';
import { presentFailure } from '../../errors.ts';
import { acceptedEncoding, compress, type Encoding } from '../../http/compression.ts';
import { credentialsOf, type Mesh, refuseRateLimited } from '../../http/door.ts';
import { setRetryAfter } from '../../http/retry-after.ts';
import type { LoggedRequest } from '../../log/refusal-log.ts';
import { exampleOperations } from './explorer-examples.ts';
import { explorerScript } from './explorer-script.ts';

const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 20 20"><path d="M3 1v14M8 1v14M13 1v14M1 5h14M1 11h14" ' +
  'stroke="#0a7ea4" stroke-width="1.6"/></svg>';

/** Where the page starts GraphiQL: everything before it is loaded by then. */
const start = 'YogaGraphiQL.renderYogaGraphiQL(';

/**
 * A focused tab of GraphiQL takes on a stale offset of its drag animation: it jumps away under the pointer, and the
 * first click on a tab is lost.
 */
const style = '<style>.graphiql-tab { transform: none !important }</style>';

/** The Explorer's page: GraphiQL with everything it needs inside. */
async function renderExplorer(): Promise<string> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const page = renderGraphiQL({
    title: 'Heddle\u00a0Explorer',
    favicon: `data:image/svg+xml,${encodeURIComponent(icon)}`,
    logo: icon,
    endpoint: '/graphql',
    subscriptionsProtocol: 'GRAPHQL_SSE',
    method: 'POST',
    defaultQuery: '',
    defaultHeaders: JSON.stringify({ authorization: 'Bearer ' }, null, 2),
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: 'headers',
    isHeadersEditorEnabled: true,
  });
  const at = page.lastIndexOf(start);
  if (at < 0) throw new Error('The page of the Explorer is not as it was: where does GraphiQL start?');
  const scripted = page.slice(0, at) + explorerScript(exampleOperations) + page.slice(at);
  return scripted.replace('<body', () => `${style}<body`);
}

interface Page {
  readonly etag: string;
  /** Compressed once for all who ask. */
  body(encoding: Encoding): Promise<Buffer>;
}

let page: Promise<Page> | undefined;

async function makePage(): Promise<Page> {
  const plain = Buffer.from(await renderExplorer());
  const bodies = new Map<Encoding, Promise<Buffer>>();
  return {
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    body(encoding) {
      const body = bodies.get(encoding) ?? compress(encoding, plain);
      bodies.set(encoding, body);
      return body;
    },
  };
}

/** Nothing may be loaded from elsewhere, whatever the page says; its scripts and workers are written into it. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  'worker-src blob:',
  "style-src 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** What one page of several megabytes counts against its address, in refused requests. */
const pageWeight = 4;

/** The key that a browser asks its user for: the password, or the name where that is empty. */
function keyInBasic(authorization: string): string | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  if (colon === -1) return undefined;
  return text.slice(colon + 1) || text.slice(0, colon) || undefined;
}

/** Throws HeddleError where the Explorer is not open to whom asks for it. */
async function admit(mesh: Mesh, request: IncomingMessage, client: Client, requestId: string): Promise<void> {
  const { explorer } = mesh.exposures;
  if (explorer === 'off') throw new HeddleError('NOT_FOUND', 'The Explorer is turned off here.');
  const given = credentialsOf(request);
  const key = explorer === 'on' ? undefined : keyInBasic(given.authorization ?? '');
  const credentials = key === undefined ? given : { apiKey: key };
  refuseRateLimited(mesh, client, credentials);
  if (explorer === 'on') return;
  const caller = await mesh.callers.identify(credentials, { requestId, clientAddress: client.address });
  if (!isExposed(explorer, caller)) {
    throw new HeddleError('UNAUTHENTICATED', 'The Explorer requires an API key, as the password.');
  }
}

const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  NOT_FOUND: 404,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  OVERLOADED: 503,
};

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** Answers a browser with the Explorer, or says why not; made when it is first asked for and kept. */
export async function serveExplorer(
  mesh: Mesh,
  request: IncomingMessage,
  response: ServerResponse,
  asked: LoggedRequest,
): Promise<void> {
  const client = mesh.clients.clientOf(request);
  try {
    await admit(mesh, request, client, asked.requestId);
    await sendPage(mesh, client, request, response);
  } catch (error) {
    mesh.refusals.thrown(error, asked);
    const result = presentFailure(error, { requestId: asked.requestId, log: mesh.log });
    const [first] = result.errors ?? [];
    const status = statuses[first?.extensions?.code as ErrorCode] ?? 500;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (status === 401)
      response.setHeader('www-authenticate', 'Basic realm="Heddle Explorer", charset="UTF-8"');
    if (status < 429) mesh.clients.refused(client.use);
    setRetryAfter(response, result);
    sendText(response, status, `${first?.message}\n`);
  }
}

async function sendPage(
  mesh: Mesh,
  client: Client,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  page ??= makePage();
  page.catch(() => {
    page = undefined;
  });
  const { etag, body } = await page;
  const { explorer } = mesh.exposures;
  response.setHeader('vary', 'accept, accept-encoding');
  const encoding = acceptedEncoding(request.headers['accept-encoding']);
  if (encoding === undefined) {
    sendText(response, 406, 'The Explorer has several megabytes: accept-encoding must allow br or gzip.\n');
    return;
  }
  response.setHeader('cache-control', explorer === 'on' ? 'public, max-age=600' : 'private, no-cache');
  response.setHeader('etag', etag);
  response.setHeader('content-security-policy', contentSecurityPolicy);
  if (request.headers['if-none-match']?.includes(etag)) {
    response.writeHead(304).end();
    return;
  }
  mesh.clients.weigh(client.use, pageWeight);
  const bytes = await body(encoding);
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-encoding': encoding,
    'content-length': bytes.length,
  });
  response.end(bytes);
}
