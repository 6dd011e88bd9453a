import { createHash } from 'node:crypto';

const style =
  'body{font:16px/1.5 system-ui,sans-serif;margin:0}form{max-width:1460px;margin:0 auto;padding:1rem 20px}' +
  'input{width:24rem;max-width:100%}';

/** Loads the document with the key of the form, and shows it. The key stays in this page: it is sent to this origin alone, and not stored. */
const script = `
const form = document.getElementById('open');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const state = document.getElementById('state');
  const key = document.getElementById('key').value.trim();
  state.textContent = 'Loading …';
  try {
    const headers = { authorization: 'Bearer ' + key };
    const response = await fetch('/prompts/openapi.json', { headers, cache: 'no-store' });
    const spec = await response.json();
    if (!response.ok) {
      state.textContent = 'The key was refused: ' + spec.error.message;
      return;
    }
    const count = Object.keys(spec.paths).length;
    state.textContent = count === 0 ? 'This key may run no prompt.' : '';
    const viewer = SwaggerUIBundle({
      dom_id: '#prompts',
      spec,
      validatorUrl: null,
      defaultModelsExpandDepth: 0,
      onComplete: () => viewer.preauthorizeApiKey('bearer', key),
    });
  } catch {
    // Any error: the reader of the page is the one who can act on it.
    state.textContent = 'The mesh was not reached.';
  }
});
`;

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The page loads the files of the viewer, and calls this origin alone. */
export const promptDocsPolicy = [
  "default-src 'none'",
  `script-src 'self' ${hash(script)}`,
  `style-src 'self' ${hash(style)}`,
  'img-src data:',
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** The page that shows the prompts of a key. */
export const promptDocsPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Prompts</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/prompts/docs/swagger-ui.css"><style>${style}</style></head>
<body>
<form id="open">
<label>API key <input id="key" type="password" autocomplete="off" spellcheck="false" required></label>
<button>Show the prompts</button>
<output id="state"></output>
</form>
<div id="prompts"></div>
<script src="/prompts/docs/swagger-ui-bundle.js"></script>
<script>${script}</script>
</body>
</html>
`;
