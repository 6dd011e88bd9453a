import { createAccountTokens, parseServiceAccount } from '#providers/vertex/access-token.ts';
import { isVertexLocation, toVertexHost } from '#providers/vertex/host.ts';
import { callMsMax } from '../diagnosis.ts';
import { type BuildKeyProbe, refusesApiKey } from './probe-form.ts';

const listPath = '/v1beta1/publishers/google/models';

/**
 * The list of Google's AI models at Vertex AI, with an API key or as a service account, whose key is exchanged for a token first: there Google refuses one that it does
 * not know. Null: the location is none. https://cloud.google.com/vertex-ai/docs/reference/rest/v1beta1/publishers.models/list
 */
export const buildVertexProbe: BuildKeyProbe = async ({ baseUrl, region, secret }, fetch) => {
  const isAccount = secret?.startsWith('{') === true;
  const location = isAccount ? (region ?? 'global') : 'global';
  if (!isVertexLocation(location)) return null;
  const url = new URL(listPath, baseUrl ?? `https://${toVertexHost(location)}`).href;
  if (secret === null || secret === '') return { url, headers: {}, hasKey: false };
  if (!isAccount) {
    return { url, headers: { 'x-goog-api-key': secret }, hasKey: true, refusesKey: refusesApiKey };
  }
  const token = await createAccountTokens(parseServiceAccount(secret), (input, init) =>
    fetch(input, { ...init, signal: AbortSignal.timeout(callMsMax) }),
  )();
  return {
    ...{ url, headers: { authorization: `Bearer ${token}` }, hasKey: true },
    refusesKey: ({ status }) => status === 401,
  };
};
