import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Google Vertex AI.',
  id: 'vertex',
  label: 'Google Vertex AI',
  reference: 'https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest',
  baseUrl: null,
  basePath: '',
  requires: ['secret'],
  environment: {
    secret: [['GOOGLE_VERTEX_API_KEY'], ['GOOGLE_VERTEX_CREDENTIALS']],
    baseUrl: ['GOOGLE_VERTEX_BASE_URL'],
    region: ['GOOGLE_VERTEX_LOCATION', 'GOOGLE_CLOUD_LOCATION'],
  },
  pricesId: 'google',
  isRegional: true,
  signsRequests: true,
  load: async () => (await import('./vertex.ts')).createVertex,
};

export default vendor;
