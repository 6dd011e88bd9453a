import { readFileSync } from 'node:fs';
import { findProvider } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import { demoModels, providerKinds, providersOf, providerVendors } from './provider-vendors.ts';

describe('provider vendors', () => {
  it('has an id of its own and a base URL or the need of one for every kind', () => {
    const ids = providerKinds.map((kind) => providerVendors[kind].id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const kind of providerKinds) {
      const { baseUrl, requires } = providerVendors[kind];
      if (baseUrl !== null) expect(URL.canParse(baseUrl)).toBe(true);
      else expect(requires.includes('baseUrl') || ['DEMO', 'VERTEX', 'BEDROCK'].includes(kind)).toBe(true);
    }
  });

  it('registers the providers whose variables are set, and no others', () => {
    expect(providersOf({})).toEqual([]);
    expect(
      providersOf({ OPENAI_API_KEY: ' sk-1 ', CO_API_KEY: 'co-1', GEMINI_API_KEY: '', PATH: '/bin' }),
    ).toEqual([
      { id: 'openai', kind: 'OPENAI', baseUrl: null, region: null, secret: 'sk-1' },
      { id: 'cohere', kind: 'COHERE', baseUrl: null, region: null, secret: 'co-1' },
    ]);
    expect(providersOf({ OLLAMA_BASE_URL: 'http://127.0.0.1:11434' })).toMatchObject([
      { id: 'ollama', baseUrl: 'http://127.0.0.1:11434', secret: null },
    ]);
  });

  it('registers nothing that lacks a part: an endpoint, a region, the other half of a key', () => {
    expect(providersOf({ AZURE_OPENAI_API_KEY: 'k' })).toEqual([]);
    expect(providersOf({ OPENAI_BASE_URL: 'http://127.0.0.1' })).toEqual([]);
    expect(providersOf({ AWS_ACCESS_KEY_ID: 'AKIA', AWS_REGION: 'eu-central-1' })).toEqual([]);
    const pair = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 's' };
    expect(providersOf(pair)).toEqual([]);
    expect(providersOf({ ...pair, AWS_REGION: 'eu-central-1' })).toMatchObject([{ secret: 'AKIA:s' }]);
    expect(providersOf({ ...pair, AWS_SESSION_TOKEN: 't', AWS_REGION: 'eu-central-1' })).toMatchObject([
      { id: 'bedrock', region: 'eu-central-1', secret: 'AKIA:s:t' },
    ]);
    const azure = { AZURE_OPENAI_API_KEY: 'k', AZURE_OPENAI_ENDPOINT: 'https://x.openai.azure.com' };
    expect(providersOf(azure)).toMatchObject([{ id: 'azure', baseUrl: 'https://x.openai.azure.com' }]);
  });

  it('offers the demo models that the doors promise', () => {
    const names = demoModels.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['echo', 'slow', 'flaky', 'embed']));
    for (const { description } of demoModels) expect(description).toMatch(/demo/i);
  });

  it('names catalogues of prices that exist', () => {
    for (const { pricesId } of Object.values(providerVendors)) {
      if (pricesId !== null) expect(findProvider({ providerId: pricesId })?.models.length).toBeGreaterThan(0);
    }
  });

  it('is told to people in docs/providers.md: every kind, variable and base URL, and every demo model', () => {
    const text = readFileSync(new URL('../../docs/providers.md', import.meta.url), 'utf8');
    const lines = text.split('\n');
    for (const kind of providerKinds) {
      const row = lines.find((line) => line.startsWith(`| \`${kind}\` |`));
      const { id, label, baseUrl, environment } = providerVendors[kind];
      const { secret = [], baseUrl: urls = [], region = [] } = environment;
      for (const word of [`\`${id}\``, label, baseUrl ?? '', ...secret.flat(), ...urls, ...region]) {
        expect(row, kind).toContain(word);
      }
    }
    for (const { name } of demoModels) expect(text).toContain(`| \`demo/${name}\` |`);
  });
});
