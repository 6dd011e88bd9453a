import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'xAI.',
  id: 'xai',
  label: 'xAI',
  reference: 'https://docs.x.ai/docs/api-reference',
  baseUrl: 'https://api.x.ai/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['XAI_API_KEY']], baseUrl: ['XAI_BASE_URL'] },
  pricesId: 'x-ai',
  load: async () => (await import('./xai.ts')).createXaiProvider,
};

export default vendor;
