import type { Vendor } from '../vendor.ts';
import { demoModels } from './models.ts';

const vendor: Vendor = {
  description: 'The built-in demo provider: deterministic, without AI and without cost.',
  id: 'demo',
  label: 'Demo (in process, no AI)',
  reference: null,
  baseUrl: null,
  basePath: '',
  requires: [],
  environment: {},
  pricesId: null,
  isFree: true,
  models: demoModels,
  load: async () => {
    const { createDemoProvider } = await import('./demo-provider.ts');
    return () => createDemoProvider();
  },
};

export default vendor;
