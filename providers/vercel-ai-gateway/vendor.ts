import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Vercel AI Gateway.',
  id: 'vercel-ai-gateway',
  label: 'Vercel AI Gateway',
  reference: 'https://vercel.com/docs/ai-gateway/sdks-and-apis/openai-chat-completions',
  baseUrl: 'https://ai-gateway.vercel.sh/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['AI_GATEWAY_API_KEY']] },
  pricesId: null,
  load: async () => (await import('./vercel-ai-gateway.ts')).createVercelGateway,
};

export default vendor;
