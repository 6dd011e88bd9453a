import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'OVHcloud AI Endpoints.',
  id: 'ovhcloud',
  label: 'OVHcloud AI Endpoints',
  reference: 'https://www.ovhcloud.com/en/public-cloud/ai-endpoints/catalog/',
  baseUrl: 'https://oai.endpoints.kepler.ai.cloud.ovh.net/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['OVH_AI_ENDPOINTS_ACCESS_TOKEN'], ['OVHCLOUD_API_KEY']] },
  pricesId: 'ovhcloud',
  load: async () => (await import('../openai-compatible/openai-compatible.ts')).createCompatible,
};

export default vendor;
