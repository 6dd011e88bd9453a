import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Nebius Token Factory.',
  id: 'nebius',
  label: 'Nebius Token Factory',
  reference: 'https://docs.tokenfactory.nebius.com/api-reference/inference/create-chat-completion',
  baseUrl: 'https://api.tokenfactory.nebius.com/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['NEBIUS_API_KEY']] },
  pricesId: null,
  load: async () => (await import('../openai-compatible/openai-compatible.ts')).createCompatible,
};

export default vendor;
