import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'NVIDIA NIM: the API catalog, or a NIM of your own behind baseUrl.',
  id: 'nvidia',
  label: 'NVIDIA NIM',
  reference: 'https://docs.api.nvidia.com/nim/reference/llm-apis',
  baseUrl: 'https://integrate.api.nvidia.com/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['NVIDIA_API_KEY'], ['NVIDIA_NIM_API_KEY']], baseUrl: ['NVIDIA_BASE_URL'] },
  pricesId: null,
  load: async () => (await import('./nvidia.ts')).createNvidia,
};

export default vendor;
