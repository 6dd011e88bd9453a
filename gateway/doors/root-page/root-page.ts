import { createHash } from 'node:crypto';
import type { Exposure } from '../../auth/exposure.ts';
import { clientSetups, exampleOrigin } from './client-setups.ts';
import { keyForm, keyScript } from './key-form.ts';

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}' +
  'code,pre{font-size:.9em}pre{overflow:auto;padding:.75rem;border:1px solid #8884;border-radius:.25rem;user-select:all}';

/** The AI model in the lines of client-setups.ts. */
const exampleModel = 'demo/echo';

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

/** The text of a page, with what Markdown marks as code. */
const renderText = (text: string) => escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');

const setups = clientSetups
  .map(({ client, place, lines, note }) =>
    [
      `<details><summary>${client}</summary>`,
      `<p>${renderText(place)}:</p>`,
      `<pre>${escapeHtml(lines)}</pre>`,
      ...(note === undefined ? [] : [`<p>${renderText(note)}</p>`]),
      '</details>',
    ].join('\n'),
  )
  .join('\n');

const renderExplorer = (explorer: Exposure) =>
  explorer === 'off'
    ? ''
    : `<li><a href="/graphql">Explorer</a>: GraphiQL with examples${explorer === 'on' ? '' : ' (requires an API key as password)'}</li>`;

const renderPromptDocs = (explorer: Exposure) =>
  explorer === 'off' ? '' : ', shown at <a href="/prompts/docs">/prompts/docs</a>';

/** What this is, where things are, and how clients are set up to call `origin`, which needs no escaping. */
export function renderRootPage(explorer: Exposure, origin: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Heddle</title><style>${style}</style></head>
<body data-origin="${origin}" data-model="${exampleModel}">
<h1>Heddle</h1>
<p>A federated GraphQL mesh for AI. AI models are called with mutations, tokens come by subscriptions.</p>
<ul>
<li>Graph: <code>POST /graphql</code> with <code>authorization: Bearer &lt;API key&gt;</code>; subscriptions by WebSocket, server-sent events or multipart</li>
${renderExplorer(explorer)}
<li>OpenAI SDKs: base URL <code>${origin}/v1</code>; Anthropic SDKs: base URL <code>${origin}</code></li>
<li>Prompts: <code>POST /prompts/{name}</code>, described at <code>/prompts/openapi.json</code>${renderPromptDocs(explorer)}</li>
<li>Health: <a href="/health/live">/health/live</a>, <a href="/health/ready">/health/ready</a></li>
<li>Documentation: <code>docs/</code> beside the sources; <code>docs/frontend.md</code> and <code>docs/clients.md</code> have clients</li>
</ul>
<h2>Test a key</h2>
<p>The form lists what the key may call. The key is sent to this gateway alone, and not stored.</p>
${keyForm}
<h2>Set up a client</h2>
<p>The key is in the variable <code>HEDDLE_KEY</code>; in place of <code>${exampleModel}</code> name an AI model as <code>/v1/models</code> lists it.</p>
${setups.replaceAll(exampleOrigin, origin)}
<script>${keyScript}</script>
</body>
</html>
`;
}
