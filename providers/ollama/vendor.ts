import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Ollama.',
  id: 'ollama',
  label: 'Ollama',
  reference: 'https://docs.ollama.com/api/openai-compatibility',
  baseUrl: 'http://127.0.0.1:11434/v1',
  basePath: '/v1',
  requires: [],
  environment: { baseUrl: ['OLLAMA_BASE_URL'] },
  pricesId: null,
  isFree: true,
  load: async () => (await import('../openai-compatible/openai-compatible.ts')).createCompatible,
};

export default vendor;
