import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Scaleway Generative APIs.',
  id: 'scaleway',
  label: 'Scaleway',
  reference: 'https://www.scaleway.com/en/docs/generative-apis/',
  baseUrl: 'https://api.scaleway.ai/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['SCALEWAY_API_KEY'], ['SCW_SECRET_KEY']] },
  pricesId: null,
  load: async () => (await import('../openai-compatible/openai-compatible.ts')).createCompatible,
};

export default vendor;
