import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Inference.net.',
  id: 'inference-net',
  label: 'Inference.net',
  reference: 'https://docs.inference.net/api/api-quickstart',
  baseUrl: 'https://api.inference.net/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['INFERENCE_API_KEY']] },
  pricesId: null,
  load: async () => (await import('../openai-compatible/openai-compatible.ts')).createCompatible,
};

export default vendor;
