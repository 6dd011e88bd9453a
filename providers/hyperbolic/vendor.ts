import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Hyperbolic.',
  id: 'hyperbolic',
  label: 'Hyperbolic',
  reference: 'https://docs.hyperbolic.xyz/docs/rest-api',
  baseUrl: 'https://api.hyperbolic.xyz/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['HYPERBOLIC_API_KEY']] },
  pricesId: null,
  load: async () => (await import('../openai-compatible/openai-compatible.ts')).createChatCompatible,
};

export default vendor;
