/**
 * The server of a chat page: it keeps the API key, and makes a page token for each user.
 *   HEDDLE_KEY=hd_… node examples/chat/server.js
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const heddleUrl = process.env.HEDDLE_URL ?? 'http://127.0.0.1:4000';
const model = process.env.MODEL ?? 'demo/echo';
const page = readFileSync(new URL('./index.html', import.meta.url));
const script = readFileSync(new URL('./chat.js', import.meta.url));

const createToken =
  'mutation ($input: PageTokenInput!) { createPageToken(input: $input) { token expiresAt } }';

/** A token for one user: it calls one model, for a quarter of an hour, and reads this user's calls alone. */
async function makeToken(endUserId) {
  const response = await fetch(`${heddleUrl}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${process.env.HEDDLE_KEY}` },
    body: JSON.stringify({
      query: createToken,
      variables: { input: { endUserId, models: [model], expiresInSeconds: 900 } },
    }),
  });
  const { data, errors } = await response.json();
  if (errors !== undefined) throw new Error(errors[0].extensions.code);
  return data.createPageToken.token;
}

const server = createServer(async (request, response) => {
  try {
    if (request.method === 'GET' && request.url === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(page);
    } else if (request.method === 'GET' && request.url === '/chat.js') {
      response.setHeader('content-type', 'text/javascript; charset=utf-8').end(script);
    } else if (request.method === 'POST' && request.url === '/token') {
      // Your own sign-in decides here who the user is.
      const token = await makeToken('ada');
      response.setHeader('content-type', 'application/json').setHeader('cache-control', 'no-store');
      response.end(JSON.stringify({ token, model, url: heddleUrl }));
    } else {
      response.writeHead(404).end();
    }
  } catch (error) {
    console.error(error);
    response.writeHead(502, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: 'The server of this page could not get a token; see its log.' }));
  }
});
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(`Chat is at http://127.0.0.1:${server.address().port}/`);
});
