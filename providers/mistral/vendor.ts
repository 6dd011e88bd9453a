import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Mistral AI.',
  id: 'mistral',
  label: 'Mistral AI',
  reference: 'https://docs.mistral.ai/api/',
  baseUrl: 'https://api.mistral.ai/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['MISTRAL_API_KEY']], baseUrl: ['MISTRAL_BASE_URL'] },
  pricesId: 'mistral',
  load: async () => (await import('./mistral.ts')).createMistralProvider,
};

export default vendor;
