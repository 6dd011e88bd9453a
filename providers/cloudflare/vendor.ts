import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Cloudflare Workers AI. Requires baseUrl, which names the account.',
  id: 'cloudflare',
  label: 'Cloudflare Workers AI',
  reference: 'https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/',
  baseUrl: null,
  basePath: '/ai/v1',
  requires: ['secret', 'baseUrl'],
  environment: {
    secret: [['CLOUDFLARE_API_TOKEN'], ['CLOUDFLARE_API_KEY']],
    baseUrl: ['CLOUDFLARE_BASE_URL'],
    account: ['CLOUDFLARE_ACCOUNT_ID'],
  },
  accountUrl: 'https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1',
  ownAddress: {
    host: /^api\.cloudflare\.com$/,
    path: /^\/client\/v4\/accounts\/[0-9a-f]{32}\/ai\/v1$/,
    form: 'https://api.cloudflare.com/client/v4/accounts/<id of 32 hexadecimal digits>/ai/v1',
  },
  pricesId: 'cloudflare',
  load: async () => (await import('./cloudflare.ts')).createCloudflare,
};

export default vendor;
