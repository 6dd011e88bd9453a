import { AwsV4Signer } from 'aws4fetch';
import { isBedrockRegion, parseKeyPair } from '#providers/bedrock/credentials.ts';
import type { BuildKeyProbe } from './probe-form.ts';

/** What a key pair is refused with that is known, and lacks the right to the list. */
const accessDenied = /^AccessDeniedException\b/;

/**
 * ListFoundationModels of Amazon Bedrock, with a bearer key or signed by version 4. Null: no region is set, without which nothing can be called.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html
 */
export const buildBedrockProbe: BuildKeyProbe = async ({ baseUrl, region, secret }) => {
  if (!isBedrockRegion(region)) return null;
  const base = baseUrl ?? `https://bedrock-runtime.${region}.amazonaws.com`;
  // The list is at the address beside that of the calls.
  const url = `${base.replace('//bedrock-runtime.', '//bedrock.').replace(/\/$/, '')}/foundation-models`;
  if (secret === null || secret === '') return { url, headers: {}, hasKey: false };
  const pair = parseKeyPair(secret);
  if (pair === null) return { url, headers: { authorization: `Bearer ${secret}` }, hasKey: true };
  const signer = new AwsV4Signer({ method: 'GET', url, region, service: 'bedrock', ...pair });
  const signed = await signer.sign();
  return {
    ...{ url, headers: Object.fromEntries(signed.headers), hasKey: true },
    refusesKey: ({ status, headers }) =>
      status === 401 || (status === 403 && !accessDenied.test(headers.get('x-amzn-errortype') ?? '')),
  };
};
