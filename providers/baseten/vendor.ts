import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Baseten Model APIs.',
  id: 'baseten',
  label: 'Baseten',
  reference: 'https://docs.baseten.co/reference/inference-api/chat-completions',
  baseUrl: 'https://inference.baseten.co/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['BASETEN_API_KEY']] },
  pricesId: 'baseten',
  load: async () => (await import('../openai-compatible/openai-compatible.ts')).createChatCompatible,
};

export default vendor;
