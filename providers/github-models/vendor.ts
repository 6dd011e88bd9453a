import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'GitHub Models.',
  id: 'github-models',
  label: 'GitHub Models',
  reference: 'https://docs.github.com/en/rest/models/inference',
  baseUrl: 'https://models.github.ai/inference',
  basePath: '/inference',
  requires: ['secret'],
  environment: { secret: [['GITHUB_MODELS_TOKEN']] },
  pricesId: null,
  load: async () => (await import('../openai-compatible/openai-compatible.ts')).createCompatible,
};

export default vendor;
