const createToken =
  'mutation ($input: PageTokenInput!) { createPageToken(input: $input) { token expiresAt } }';

/** Answers POST /token of the page with a token of its user. The API key stays in this process. */
export function servePageTokens({ url, key, model }) {
  return async (request, response) => {
    response.setHeader('content-type', 'application/json').setHeader('cache-control', 'no-store');
    if (request.method !== 'POST') return response.writeHead(405).end('{}');
    try {
      // Your own sign-in decides here who the user is.
      const input = { endUserId: 'ada', models: [model], expiresInSeconds: 900 };
      const answer = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ query: createToken, variables: { input } }),
      });
      const { data, errors } = await answer.json();
      if (errors !== undefined) throw new Error(errors[0].extensions.code);
      response.end(JSON.stringify({ token: data.createPageToken.token, model, url }));
    } catch (error) {
      console.error(error);
      response.writeHead(502);
      response.end(JSON.stringify({ error: 'The server of this page could not get a token; see its log.' }));
    }
  };
}
