import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Cohere.',
  id: 'cohere',
  label: 'Cohere',
  reference: 'https://docs.cohere.com/reference/chat',
  baseUrl: 'https://api.cohere.com/v2',
  basePath: '/v2',
  requires: ['secret'],
  environment: { secret: [['COHERE_API_KEY'], ['CO_API_KEY']], baseUrl: ['COHERE_BASE_URL'] },
  pricesId: 'cohere',
  load: async () => (await import('./cohere.ts')).createCohereProvider,
};

export default vendor;
