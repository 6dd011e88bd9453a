import { createHash } from 'node:crypto';
import { type Exchange, readCredentials } from '../../http/exchange.ts';
import { prefersPage } from '../../http/media-type.ts';
import { BadRequest } from '../../http/problem.ts';
import { acceptedEncoding, compress, type Encoding, sendText } from '../../http/send.ts';
import type { Door } from '../door.ts';
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
  /** Compressed once for all requests. */
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

/** Nothing may be loaded from elsewhere, whatever the page states; its scripts and workers are written into it. */
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

/** The key that a browser requests from its user: the password, or the name where that is empty. */
function keyInBasic(authorization: string): string | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  if (colon === -1) return undefined;
  return text.slice(colon + 1) || text.slice(0, colon) || undefined;
}

/** The Explorer for browsers that open the address of the graph; it is made when it is first requested, and kept. */
export const explorerDoor: Door = {
  name: 'explorer',
  paths: [
    {
      methods: ['GET'],
      pattern: '/graphql',
      access: ({ explorer }) => accessBy[explorer],
      when: { text: 'accept: text/html', holds: ({ headers }) => prefersPage(headers.accept) },
    },
  ],
  isCrossOrigin: true,
  challenge: 'Basic realm="Heddle Explorer", charset="UTF-8"',
  readCredentials(request) {
    const given = readCredentials(request);
    const key = keyInBasic(given.authorization ?? '');
    return key === undefined ? given : { apiKey: key };
  },
  handle: sendPage,
  writeError({ response }, { error }) {
    sendText(response, 'text/plain; charset=utf-8', `${error.message}\n`);
  },
};

const accessBy = { on: 'public', authenticated: 'required', off: 'off' } as const;

async function sendPage({ services, client, request, response }: Exchange): Promise<void> {
  page ??= makePage();
  // Any error: each request that waits for the page receives it.
  page.catch(() => {
    page = undefined;
  });
  const { etag, body } = await page;
  response.setHeader('vary', 'accept, accept-encoding');
  const encoding = acceptedEncoding(request.headers['accept-encoding']);
  if (encoding === undefined) {
    throw new BadRequest(406, 'The Explorer has several megabytes: accept-encoding must allow br or gzip.');
  }
  const isUnchanged = request.headers['if-none-match']?.includes(etag) === true;
  if (!isUnchanged) services.clients.weigh(client.use, pageWeight);
  const bytes = isUnchanged ? undefined : await body(encoding);
  const isPublic = services.exposures.explorer === 'on';
  response.setHeader('cache-control', isPublic ? 'public, max-age=600' : 'private, no-cache');
  response.setHeader('etag', etag);
  response.setHeader('content-security-policy', contentSecurityPolicy);
  if (bytes === undefined) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-encoding': encoding,
    'content-length': bytes.length,
  });
  response.end(bytes);
}
