import { readFileSync } from 'node:fs';
import { findProvider } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import { demoModels } from '../demo/models.ts';
import { requestWires } from '../testing/request-wires.ts';
import { usageWires } from '../testing/usage-wires.ts';
import { providerKinds, readEnvironmentProviders } from './environment.ts';
import { generateRegistry, readVendors } from './generate.ts';
import { vendors } from './vendors.generated.ts';

describe('provider vendors', () => {
  it('has an id of its own and a base URL or the need of one for every kind', () => {
    const ids = providerKinds.map((kind) => vendors[kind].id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const kind of providerKinds) {
      const { baseUrl, requires } = vendors[kind];
      if (baseUrl !== null) expect(URL.canParse(baseUrl)).toBe(true);
      else expect(requires.includes('baseUrl') || ['DEMO', 'VERTEX', 'BEDROCK'].includes(kind)).toBe(true);
    }
  });

  it('registers the providers whose variables are set, and no others', () => {
    expect(readEnvironmentProviders({})).toEqual([]);
    expect(
      readEnvironmentProviders({
        OPENAI_API_KEY: ' sk-1 ',
        CO_API_KEY: 'co-1',
        GEMINI_API_KEY: '',
        PATH: '/bin',
      }),
    ).toEqual([
      { id: 'cohere', kind: 'COHERE', baseUrl: null, region: null, secret: 'co-1' },
      { id: 'openai', kind: 'OPENAI', baseUrl: null, region: null, secret: 'sk-1' },
    ]);
    expect(readEnvironmentProviders({ OLLAMA_BASE_URL: 'http://127.0.0.1:11434' })).toMatchObject([
      { id: 'ollama', baseUrl: 'http://127.0.0.1:11434', secret: null },
    ]);
  });

  it('registers nothing that lacks a part: an endpoint, a region, the other half of a key', () => {
    expect(readEnvironmentProviders({ AZURE_OPENAI_API_KEY: 'k' })).toEqual([]);
    expect(readEnvironmentProviders({ OPENAI_BASE_URL: 'http://127.0.0.1' })).toEqual([]);
    expect(readEnvironmentProviders({ AWS_ACCESS_KEY_ID: 'AKIA', AWS_REGION: 'eu-central-1' })).toEqual([]);
    const pair = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 's' };
    expect(readEnvironmentProviders(pair)).toEqual([]);
    expect(readEnvironmentProviders({ ...pair, AWS_REGION: 'eu-central-1' })).toMatchObject([
      { secret: 'AKIA:s' },
    ]);
    expect(
      readEnvironmentProviders({ ...pair, AWS_SESSION_TOKEN: 't', AWS_REGION: 'eu-central-1' }),
    ).toMatchObject([{ id: 'bedrock', region: 'eu-central-1', secret: 'AKIA:s:t' }]);
    const azure = { AZURE_OPENAI_API_KEY: 'k', AZURE_OPENAI_ENDPOINT: 'https://x.openai.azure.com' };
    expect(readEnvironmentProviders(azure)).toMatchObject([
      { id: 'azure', baseUrl: 'https://x.openai.azure.com' },
    ]);
  });

  it('shares no variable between two kinds: a key goes to its own vendor alone', () => {
    const read = Object.values(vendors).flatMap(({ environment }) => [
      ...new Set(Object.values(environment).flat(2)),
    ]);
    expect(read.filter((name, at) => read.indexOf(name) !== at)).toEqual([]);
  });

  it('holds in the registry what the vendor states of itself', async () => {
    for (const { load, ...facts } of Object.values(vendors)) expect(await load()).toMatchObject(facts);
  });

  it('offers the demo models that the docs promise', () => {
    const names = demoModels.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['echo', 'slow', 'flaky', 'embed']));
    for (const { description } of demoModels) expect(description).toMatch(/demo/i);
  });

  it('names catalogs of prices that exist', async () => {
    for (const { load } of Object.values(vendors)) {
      const { pricesId } = await load();
      if (pricesId !== null) expect(findProvider({ providerId: pricesId })?.models.length).toBeGreaterThan(0);
    }
  });

  it('lists every demo model in docs/providers.md', () => {
    const text = readFileSync(new URL('../../docs/providers.md', import.meta.url), 'utf8');
    for (const { name } of demoModels) expect(text).toContain(`| \`demo/${name}\` |`);
  });
});

describe('what is generated from the vendors', () => {
  it('is what is committed: registry, enum and table of the docs', async () => {
    for (const { path, text } of generateRegistry(await readVendors())) {
      expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'), path).toBe(text);
    }
  });

  it('has a new vendor in each', async () => {
    const vendor = {
      ...(await vendors.GROQ.load()),
      description: 'A new one.',
      id: 'new-one',
      label: 'New One',
    };
    const files = generateRegistry([{ folder: 'new-one', kind: 'NEW_ONE', vendor }]);
    const [registry, sdl, otherSdl, docs] = files.map(({ text }) => text);
    expect(registry).toContain("  NEW_ONE: {\n    id: 'new-one',\n");
    // In pieces: in one it would be read as an import of this test.
    const imported = ['import(', "'../new-one/vendor.ts')"].join('');
    expect(registry).toContain(`load: async () => (await ${imported}).default,`);
    for (const one of [sdl, otherSdl]) {
      expect(one).toContain('enum ProviderKind {\n  "A new one."\n  NEW_ONE\n}\n');
    }
    expect(docs).toContain(
      '| `NEW_ONE` | `new-one` | [New One](https://console.groq.com/docs/api-reference) | key | `GROQ_API_KEY` |',
    );
    expect(docs).not.toContain('| `OPENAI` |');
  });
});

describe.each(providerKinds)('the vendor of kind %s', (kind) => {
  const { id, baseUrl, basePath, requires, environment } = vendors[kind];

  it('is described in a sentence and has a lower-case id', async () => {
    const { label, description, reference } = await vendors[kind].load();
    if (kind !== 'DEMO') expect(reference).toMatch(/^https:\/\//);
    expect(description).toMatch(/^[A-Za-z].*\.$/);
    expect(label).not.toBe('');
    expect(id).toMatch(/^[a-z0-9-]+$/);
  });

  it('is reached over TLS, or in this machine, at an address that ends in its usual path', () => {
    if (baseUrl === null) return;
    expect(baseUrl).toMatch(/^(https:\/\/|http:\/\/127\.0\.0\.1:)/);
    expect(baseUrl.endsWith(basePath)).toBe(true);
    expect(baseUrl.endsWith('/')).toBe(false);
  });

  it('can be registered by its variables, as far as it needs any', () => {
    const { secret = [], baseUrl: urls = [], region = [] } = environment;
    const given = { secret: secret.flat(), baseUrl: urls, region };
    for (const need of requires) expect(given[need], need).not.toEqual([]);
    for (const name of [...secret.flat(), ...urls, ...region]) expect(name).toMatch(/^[A-Z][A-Z0-9_]+$/);
  });

  it('makes providers by what it loads', async () => {
    const vendor = await vendors[kind].load();
    expect(await vendor.load()).toBeTypeOf('function');
  });
});

describe('the tables of wires', () => {
  it.each([
    // Perplexity takes no tools; its requests are in chat-request.test.ts. JINA, VOYAGE and AZURE_CONTENT_SAFETY have no chat.
    ['requests', requestWires, ['AZURE_CONTENT_SAFETY', 'DEMO', 'JINA', 'PERPLEXITY', 'VOYAGE']],
    // Vertex sends Gemini's and Anthropic's wires, which are there under their own kinds.
    ['usage', usageWires, ['AZURE_CONTENT_SAFETY', 'DEMO', 'JINA', 'VERTEX', 'VOYAGE']],
  ])('of %s have every kind but those with a reason', (_, wires, missing) => {
    const kinds = new Set<string>(wires.map(({ kind }) => kind));
    expect(providerKinds.filter((kind) => !kinds.has(kind))).toEqual(missing);
  });
});
