import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { HeddleError } from '#core/errors.ts';
import type { Exchange } from '../../http/exchange.ts';
import { KeptFile } from '../../http/kept-file.ts';
import { sendText } from '../../http/send.ts';
import type { Door } from '../door.ts';
import { pageAccess, readPageCredentials } from '../page-access.ts';
import { promptDocsPage, promptDocsPolicy } from './prompt-docs-page.ts';

/** The files of the viewer that the page loads; no other file of its package is served. */
const files: Readonly<Record<string, { readonly contentType: string; readonly file: KeptFile }>> = {
  'swagger-ui-bundle.js': {
    contentType: 'text/javascript; charset=utf-8',
    file: new KeptFile('The viewer', () =>
      readFile(createRequire(import.meta.url).resolve('swagger-ui-dist/swagger-ui-bundle.js')),
    ),
  },
  'swagger-ui.css': {
    contentType: 'text/css; charset=utf-8',
    file: new KeptFile('The style of the viewer', () =>
      readFile(createRequire(import.meta.url).resolve('swagger-ui-dist/swagger-ui.css')),
    ),
  },
};

const pagePath = '/prompts/docs';

/** A page for people that shows the prompts of a key, as /prompts/openapi.json describes them, and runs them. */
export const promptDocsDoor: Door = {
  name: 'prompt-docs',
  paths: [
    { methods: ['GET', 'HEAD'], pattern: pagePath, access: pageAccess },
    { methods: ['GET', 'HEAD'], pattern: `${pagePath}/{file}`, access: pageAccess },
  ],
  isCrossOrigin: true,
  challenge: 'Basic realm="Heddle prompts", charset="UTF-8"',
  readCredentials: readPageCredentials,
  acceptsSession: 'page',
  handle: (exchange) => (exchange.pattern === pagePath ? sendPage(exchange) : sendFile(exchange)),
  writeError({ response }, { error }) {
    sendText(response, 'text/plain; charset=utf-8', `${error.message}\n`);
  },
};

function sendPage({ response, services }: Exchange): void {
  response.setHeader('content-security-policy', promptDocsPolicy);
  response.setHeader('cache-control', readCacheControl(services));
  sendText(response, 'text/html; charset=utf-8', promptDocsPage);
}

async function sendFile(exchange: Exchange): Promise<void> {
  const name = exchange.params.file ?? '';
  const found = Object.hasOwn(files, name) ? files[name] : undefined;
  if (found === undefined) throw new HeddleError('NOT_FOUND', 'The viewer has no file of this name.');
  const { contentType, file } = found;
  await file.send(exchange, { contentType, cacheControl: readCacheControl(exchange.services) });
}

function readCacheControl({ exposures }: Exchange['services']): string {
  return exposures.explorer === 'on' ? 'public, max-age=600' : 'private, no-cache';
}
