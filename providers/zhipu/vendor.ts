import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Zhipu AI (BigModel, China).',
  id: 'zhipu',
  label: 'Zhipu AI',
  reference: 'https://docs.bigmodel.cn/api-reference',
  baseUrl: 'https://open.bigmodel.cn/api/paas/v4',
  basePath: '/api/paas/v4',
  requires: ['secret'],
  environment: { secret: [['ZHIPU_API_KEY'], ['ZHIPUAI_API_KEY']], baseUrl: ['ZHIPU_BASE_URL'] },
  pricesId: 'zhipuai',
  load: async () => (await import('./zhipu.ts')).createZhipu,
};

export default vendor;
