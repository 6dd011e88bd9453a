import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'MiniMax.',
  id: 'minimax',
  label: 'MiniMax',
  reference: 'https://platform.minimax.io/docs/api-reference/text-openai-api',
  baseUrl: 'https://api.minimax.io/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['MINIMAX_API_KEY']], baseUrl: ['MINIMAX_BASE_URL'] },
  pricesId: 'minimax',
  load: async () => (await import('./minimax.ts')).createMinimax,
};

export default vendor;
