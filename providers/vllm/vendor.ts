import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'vLLM. Requires baseUrl.',
  id: 'vllm',
  label: 'vLLM',
  reference: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
  baseUrl: null,
  basePath: '/v1',
  requires: ['baseUrl'],
  environment: { secret: [['VLLM_API_KEY']], baseUrl: ['VLLM_BASE_URL'] },
  pricesId: null,
  isFree: true,
  load: async () => (await import('../openai-compatible/openai-compatible.ts')).createCompatible,
};

export default vendor;
