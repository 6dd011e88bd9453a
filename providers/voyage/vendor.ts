import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Voyage AI: embeddings.',
  id: 'voyage',
  label: 'Voyage AI',
  reference: 'https://docs.voyageai.com/reference/embeddings-api',
  baseUrl: 'https://api.voyageai.com/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['VOYAGE_API_KEY']] },
  pricesId: 'voyageai',
  offersModel: (name) => !name.includes('rerank'),
  load: async () => (await import('./voyage.ts')).createVoyage,
};

export default vendor;
