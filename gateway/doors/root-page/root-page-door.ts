import { createHash } from 'node:crypto';
import type { Exposure } from '../../auth/exposure.ts';
import { prefersPage } from '../../http/media-type.ts';
import { sendText, sendValue } from '../../http/send.ts';
import type { Door } from '../door.ts';

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}' +
  'code{font-size:.95em}';
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

function pageWith(explorer: Exposure): string {
  const link =
    explorer === 'off'
      ? ''
      : `<li><a href="/graphql">Explorer</a>: GraphiQL with examples${explorer === 'on' ? '' : ' (requires an API key as password)'}</li>`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Heddle</title><style>${style}</style></head>
<body>
<h1>Heddle</h1>
<p>A federated GraphQL mesh for AI. AI models are called with mutations, tokens come by subscriptions.</p>
<ul>
<li>Graph: <code>POST /graphql</code> with <code>authorization: Bearer &lt;API key&gt;</code>; subscriptions by WebSocket, server-sent events or multipart</li>
${link}
<li>Health: <a href="/health/live">/health/live</a>, <a href="/health/ready">/health/ready</a></li>
<li>Documentation: <code>docs/</code> beside the sources; <code>docs/frontend.md</code> has clients in several languages</li>
</ul>
</body>
</html>
`;
}

/** What this is and where things are, as a page or as JSON. */
export const rootPageDoor: Door = {
  name: 'root-page',
  paths: [{ methods: ['GET', 'HEAD'], pattern: '/', access: 'unlimited' }],
  isCrossOrigin: false,
  challenge: 'Bearer',
  handle({ request, response, services: { exposures } }) {
    response.setHeader('vary', 'accept');
    if (prefersPage(request.headers.accept)) {
      response.setHeader('content-security-policy', policy);
      sendText(response, 'text/html; charset=utf-8', pageWith(exposures.explorer));
      return;
    }
    sendValue(response, {
      name: 'Heddle',
      graph: '/graphql',
      explorer: exposures.explorer === 'off' ? null : '/graphql',
      health: { live: '/health/live', ready: '/health/ready' },
    });
  },
  writeError({ response }, { error }) {
    sendValue(response, { errors: [error] });
  },
};
