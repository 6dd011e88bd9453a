import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const examples: readonly {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}[] = [
  {
    query: `# Invoke a model. Put your API key into the headers below; Ctrl-Enter runs the operation.
mutation Complete($input: CompletionInput!) {
  complete(input: $input) {
    text
    finishReason
    usage { inputTokens outputTokens }
    cost
    model { id }
  }
}`,
    variables: { input: { model: 'demo/echo', messages: [{ role: 'USER', content: 'Hello, Heddle!' }] } },
  },
  {
    query: `# The same, token by token.
subscription CompletionStream($input: CompletionInput!) {
  completionStream(input: $input) {
    __typename
    sequence
    ... on TextDelta { text }
    ... on CompletionFinished { completion { id finishReason cost } }
    ... on CompletionFailed { code message }
  }
}`,
    variables: { input: { model: 'demo/echo', messages: [{ role: 'USER', content: 'Count to five.' }] } },
  },
  {
    query: `# Run a published prompt with its variables.
mutation RunPrompt($input: RunPromptInput!) {
  runPrompt(input: $input) {
    text
    promptVersion { number prompt { name } }
    usage { totalTokens }
  }
}`,
    variables: { input: { name: 'greeting', variables: { name: 'Ada' } } },
  },
  {
    query: `# A key for an app. The secret is shown this once.
mutation CreateApiKey($input: CreateApiKeyInput!) {
  createApiKey(input: $input) {
    secret
    key { id hint scopes }
  }
}`,
    variables: { input: { appId: 'default', label: 'my first key', scopes: ['inference:invoke'] } },
  },
  {
    query: `# What was used, by model and day.
query Usage($from: DateTime!, $to: DateTime!) {
  usage(from: $from, to: $to, interval: DAY, by: [MODEL]) {
    start
    keys
    requests
    inputTokens
    outputTokens
    cost
  }
}`,
    variables: { from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z' },
  },
];

/** The operations that the Explorer opens with. */
export const exampleOperations = examples;

const icon =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M3 1v14M8 1v14M13 1v14M1 5h14M1 11h14" ' +
      'stroke="#0a7ea4" stroke-width="1.6"/></svg>',
  );

/** The Explorer's page: GraphiQL with everything it needs inside. */
export async function renderExplorer(): Promise<string> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const headers = JSON.stringify({ authorization: 'Bearer ' }, null, 2);
  return renderGraphiQL({
    title: 'Heddle Explorer',
    favicon: icon,
    endpoint: '/graphql',
    subscriptionsProtocol: 'GRAPHQL_SSE',
    headers,
    defaultHeaders: headers,
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: 'headers',
    isHeadersEditorEnabled: true,
    defaultTabs: examples.map(({ query, variables }) => ({
      query,
      headers,
      variables: variables === undefined ? null : JSON.stringify(variables, null, 2),
    })),
  });
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
