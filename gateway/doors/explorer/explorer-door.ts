import type { Exchange } from '../../http/exchange.ts';
import { KeptFile } from '../../http/kept-file.ts';
import { prefersPage } from '../../http/media-type.ts';
import { sendText } from '../../http/send.ts';
import type { Door } from '../door.ts';
import { pageAccess, readPageCredentials } from '../page-access.ts';
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
const style =
  '<style>.graphiql-tab { transform: none !important } ' +
  '#session { position: fixed; right: 1rem; bottom: 1rem; z-index: 9; padding: .25rem .5rem; ' +
  'font: .8rem system-ui, sans-serif; background: #fff; color: #333; border: 1px solid #8884; border-radius: .25rem }</style>';

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
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: 'variables',
    isHeadersEditorEnabled: true,
  });
  const at = page.lastIndexOf(start);
  if (at < 0) throw new Error('The page of the Explorer is not as it was: where does GraphiQL start?');
  const scripted = page.slice(0, at) + explorerScript(exampleOperations) + page.slice(at);
  return scripted.replace('<body', () => `${style}<body`);
}

const page = new KeptFile('The Explorer', async () => Buffer.from(await renderExplorer()));

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

/** The Explorer for browsers that open the address of the graph; it is made when it is first requested, and kept. */
export const explorerDoor: Door = {
  name: 'explorer',
  paths: [
    {
      methods: ['GET'],
      pattern: '/graphql',
      access: pageAccess,
      when: { text: 'accept: text/html', holds: ({ headers }) => prefersPage(headers.accept) },
    },
  ],
  isCrossOrigin: true,
  challenge: 'Basic realm="Heddle Explorer", charset="UTF-8"',
  readCredentials: readPageCredentials,
  acceptsSession: 'page',
  handle: sendPage,
  writeError({ response }, { error }) {
    sendText(response, 'text/plain; charset=utf-8', `${error.message}\n`);
  },
};

async function sendPage(exchange: Exchange): Promise<void> {
  const isPublic = exchange.services.exposures.explorer === 'on';
  exchange.response.setHeader('content-security-policy', contentSecurityPolicy);
  await page.send(exchange, {
    contentType: 'text/html; charset=utf-8',
    cacheControl: isPublic ? 'public, max-age=600' : 'private, no-cache',
    vary: 'accept',
  });
}
