import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Jina AI: embeddings.',
  id: 'jina',
  label: 'Jina AI',
  reference: 'https://api.jina.ai/docs',
  baseUrl: 'https://api.jina.ai/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['JINA_API_KEY'], ['JINA_AI_API_KEY']] },
  pricesId: null,
  load: async () => (await import('./jina.ts')).createJina,
};

export default vendor;
