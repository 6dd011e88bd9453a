import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Snowflake Cortex. Requires baseUrl, which names the account.',
  id: 'snowflake',
  label: 'Snowflake Cortex',
  reference: 'https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api',
  baseUrl: null,
  basePath: '/api/v2/cortex/v1',
  requires: ['secret', 'baseUrl'],
  environment: {
    secret: [['SNOWFLAKE_CORTEX_PAT'], ['SNOWFLAKE_PAT']],
    baseUrl: ['SNOWFLAKE_BASE_URL'],
    account: ['SNOWFLAKE_ACCOUNT'],
  },
  accountUrl: 'https://{account}.snowflakecomputing.com/api/v2/cortex/v1',
  ownAddress: {
    host: /(?:^|\.)snowflakecomputing\.com$/,
    path: /^\/api\/v2\/cortex\/v1$/,
    form: 'https://<account>.snowflakecomputing.com/api/v2/cortex/v1',
  },
  pricesId: null,
  load: async () => (await import('./snowflake.ts')).createSnowflake,
};

export default vendor;
