import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'OpenRouter.',
  id: 'openrouter',
  label: 'OpenRouter',
  reference: 'https://openrouter.ai/docs/api-reference/overview',
  baseUrl: 'https://openrouter.ai/api/v1',
  basePath: '/api/v1',
  requires: ['secret'],
  environment: { secret: [['OPENROUTER_API_KEY']] },
  pricesId: 'openrouter',
  load: async () => (await import('../openai-compatible/openai-compatible.ts')).createCompatible,
};

export default vendor;
