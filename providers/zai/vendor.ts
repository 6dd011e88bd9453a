import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Z.AI (GLM, outside of China).',
  id: 'zai',
  label: 'Z.AI',
  reference: 'https://docs.z.ai/api-reference/llm/chat-completion',
  baseUrl: 'https://api.z.ai/api/paas/v4',
  basePath: '/api/paas/v4',
  requires: ['secret'],
  environment: { secret: [['ZAI_API_KEY'], ['Z_AI_API_KEY']], baseUrl: ['ZAI_BASE_URL'] },
  pricesId: 'zai',
  load: async () => (await import('../zhipu/zhipu.ts')).createZhipu,
};

export default vendor;
