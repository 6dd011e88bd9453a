import { createHash } from 'node:crypto';
import type { Exposure } from '../../auth/exposure.ts';
import { clientSetups } from './client-setups.ts';
import { keyForm, keyScript } from './key-form.ts';

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}' +
  'code,pre{font-size:.9em}pre{overflow:auto;padding:.75rem;border:1px solid #8884;border-radius:.25rem}';

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The page loads nothing, and calls this origin alone. */
export const rootPagePolicy = [
  "default-src 'none'",
  `style-src ${hash(style)}`,
  `script-src ${hash(keyScript)}`,
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const escapeHtml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const setups = clientSetups
  .map(
    ({ client, place, lines }) =>
      `<details><summary>${client}</summary>\n<p>${escapeHtml(place)}:</p>\n<pre>${escapeHtml(lines)}</pre>\n</details>`,
  )
  .join('\n');

/** What this is, where things are, and how clients are set up. */
export function renderRootPage(explorer: Exposure): string {
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
<li>OpenAI's API: <code>/v1</code>; Anthropic's: <code>/v1/messages</code></li>
<li>Prompts: <code>POST /prompts/{name}</code>, described at <code>/prompts/openapi.json</code></li>
<li>Health: <a href="/health/live">/health/live</a>, <a href="/health/ready">/health/ready</a></li>
<li>Documentation: <code>docs/</code> beside the sources; <code>docs/frontend.md</code> and <code>docs/clients.md</code> have clients</li>
</ul>
<h2>Test a key</h2>
${keyForm}
<h2>Set up a client</h2>
<p>The key is in the variable <code>HEDDLE_KEY</code>; in place of <code>demo/echo</code> name an AI model as <code>/v1/models</code> lists it.</p>
${setups}
<script>${keyScript}</script>
</body>
</html>
`;
}
