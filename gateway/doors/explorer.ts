import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
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
  readonly plain: Buffer;
  readonly zipped: Buffer;
}

let page: Promise<Page> | undefined;

async function makePage(): Promise<Page> {
  const plain = Buffer.from(await renderExplorer());
  return { plain, zipped: await promisify(gzip)(plain) };
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

/** Answers with the Explorer; made when it is first asked for and kept. */
export async function sendExplorer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  page ??= makePage();
  page.catch(() => {
    page = undefined;
  });
  const { plain, zipped } = await page;
  const takesGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const body = takesGzip ? zipped : plain;
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': body.length,
    'content-security-policy': contentSecurityPolicy,
    'referrer-policy': 'no-referrer',
    vary: 'accept, accept-encoding',
    ...(takesGzip ? { 'content-encoding': 'gzip' } : {}),
  });
  response.end(body);
}
